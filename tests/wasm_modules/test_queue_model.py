"""The queue against queue_model.py: random calls, cancels and time."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from queue_model import Model, ModelItem, ModelSettings, Waiter
from queue_session import Pending, Session

from interlock.queue.v1.queue_pb2 import Item

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))

SETTINGS = st.builds(
    ModelSettings,
    capacity_bytes=st.sampled_from([1 << 20, 400, 1000]),
    max_items=st.sampled_from([0, 2, 8]),
    overflow=st.integers(1, 3),
    lease_ms=st.just(20),
    max_deliveries=st.sampled_from([0, 0, 1, 2]),
    dedupe_window_ms=st.sampled_from([0, 30]),
)
ITEMS = st.lists(
    st.builds(
        ModelItem,
        data=st.sampled_from([b"", b"a", b"item", b"x" * 60]),
        id=st.sampled_from(["", "", "a", "b", "c"]),
        delay_ms=st.sampled_from([0, 0, 0, 10, 20]),
    ),
    min_size=1,
    max_size=6,
)
WAITS = st.sampled_from([0, 0, 0, 10, 30])
LEASES = st.sampled_from([0, 10, 20, 40])
DELAYS = st.sampled_from([0, 0, 10, 20])
RARELY = st.sampled_from([False, False, False, True])
SOME = st.lists(st.integers(0, 30), max_size=4, unique=True)
"""Places in the list of receipts given so far, counted from the newest."""
SOME_OR_NONE: st.SearchStrategy[list[int]] = st.one_of(st.just([]), SOME)


class QueueAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.calls: list[tuple[Pending, Waiter]] = []
        self.receipts: list[tuple[int, ModelItem, int]] = []
        """Receipt, item and the attempt it was given for."""
        self.made_calls = 0

    @initialize(chosen=SETTINGS, streams=st.sampled_from([0, 0, 1, 2]))
    def begin(self, chosen: ModelSettings, streams: int) -> None:
        self.model = Model(chosen)
        self.most_streams = streams  # they take all that comes, and hide what else could happen
        self.session.ask(
            "Configure",
            capacity_bytes=chosen.capacity_bytes,
            max_items=chosen.max_items,
            overflow=chosen.overflow,
            lease_ms=chosen.lease_ms,
            max_deliveries=chosen.max_deliveries,
            dedupe_window_ms=chosen.dedupe_window_ms,
        )

    @rule(items=ITEMS, wait_ms=st.sampled_from([0, 10, 30]))
    def push(self, items: list[ModelItem], wait_ms: int) -> None:
        sent = [Item(data=item.data, id=item.id, delay_ms=item.delay_ms) for item in items]
        fresh = [ModelItem(item.data, item.id, item.delay_ms) for item in items]
        pending = self.session.start("Push", items=sent, wait_ms=wait_ms)
        self.made(pending, self.model.push(fresh, wait_ms))

    @rule(most=st.integers(0, 5), wait_ms=WAITS, lease_ms=LEASES, dead=RARELY, some=SOME_OR_NONE)
    def pop(self, most: int, wait_ms: int, lease_ms: int, dead: bool, some: list[int]) -> None:
        receipts, items, _ = self.pick(some)
        pending = self.session.start(
            "Pop", max_items=most, wait_ms=wait_ms, lease_ms=lease_ms, dead_letters=dead, ack=receipts
        )
        self.made(pending, self.model.pop(most, wait_ms, lease_ms, dead, items))

    @precondition(lambda self: len(self.model.streams) < self.most_streams)
    @rule(credit=st.integers(1, 4), lease_ms=LEASES)
    def subscribe(self, credit: int, lease_ms: int) -> None:
        pending = self.session.start("Subscribe", credit=credit, lease_ms=lease_ms)
        self.made(pending, self.model.subscribe(credit, lease_ms))

    @rule(items=ITEMS, most=st.integers(1, 5), lease_ms=LEASES)
    def push_and_pop(self, items: list[ModelItem], most: int, lease_ms: int) -> None:
        self.push(items, wait_ms=10)
        self.pop(most, wait_ms=0, lease_ms=lease_ms, dead=False, some=[])

    @precondition(lambda self: self.receipts)
    @rule(how=st.sampled_from(["Ack", "Nack", "Extend"]), some=SOME.filter(bool), ms=DELAYS)
    def settle(self, how: str, some: list[int], ms: int) -> None:
        receipts, items, unknown = self.pick(some)
        if how == "Ack":
            reply = self.session.ask("Ack", receipts=receipts)
            self.model.ack(items)
            known = reply.acked
        elif how == "Nack":
            reply = self.session.ask("Nack", receipts=receipts, delay_ms=ms)
            self.model.nack(items, ms)
            known = reply.nacked
        else:
            reply = self.session.ask("Extend", receipts=receipts, lease_ms=ms)
            self.model.extend(items, ms)
            known = reply.extended
        assert (known, list(reply.unknown)) == (len(items), unknown)

    @precondition(lambda self: self.made_calls % 6 == 5)
    @rule(dead=st.sampled_from([False, True]))
    def purge(self, dead: bool) -> None:
        assert self.session.ask("Purge", dead_letters=dead).purged == self.model.purge(dead)

    @precondition(lambda self: self.made_calls > 30)
    @rule()
    def close(self) -> None:
        self.session.ask("Close")
        self.model.close()

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 100))
    def cancel(self, which: int) -> None:
        pending, waiter = self.calls[which % len(self.calls)]
        pending.cancel()
        self.model.cancel(waiter)

    @rule(ms=st.sampled_from([1, 9, 10, 10, 20, 30]))
    def advance(self, ms: int) -> None:
        self.session.advance(ms)
        self.model.advance(ms)

    @invariant()
    def same_answers(self) -> None:
        for pending, waiter in self.calls:
            self.compare(pending, waiter)
        self.calls = [pair for pair in self.calls if pair[1].outcome is None]

    @invariant()
    def same_stats(self) -> None:
        stats = self.session.stats()
        assert {name: getattr(stats, name) for name in self.model.stats()} == self.model.stats()

    def teardown(self) -> None:
        self.session.close()

    # Between module and model

    def made(self, pending: Pending, waiter: Waiter) -> None:
        self.calls.append((pending, waiter))
        self.made_calls += 1

    def pick(self, some: list[int]) -> tuple[list[int], list[ModelItem], list[int]]:
        """Receipts, the items of those in force, and the others; some were never given."""
        receipts: list[int] = []
        items: list[ModelItem] = []
        unknown: list[int] = []
        for place in some:
            if place >= len(self.receipts):
                receipts.append(place)
                unknown.append(place)
                continue
            receipt, item, attempt = self.receipts[-1 - place]
            in_force = item.state == "leased" and item.attempts == attempt and item in self.model.items
            receipts.append(receipt)
            if in_force:
                items.append(item)
            else:
                unknown.append(receipt)
        return receipts, items, unknown

    def compare(self, pending: Pending, waiter: Waiter) -> None:
        assert pending.done == (waiter.outcome is not None)
        if waiter.outcome == "CLOSED":
            assert pending.reason == "CLOSED"
        if waiter.kind == "push":
            if waiter.outcome == "done":
                got = (pending.reply.accepted, pending.reply.duplicates, pending.reply.first_sequence)
                assert got == (waiter.accepted, waiter.duplicates, waiter.first_sequence)
            return
        messages = [message for message in pending.messages if message.items]
        assert len(messages) == len(waiter.batches)
        for message, batch in zip(messages, waiter.batches, strict=True):
            self.compare_batch(message.items, batch, bool(waiter.lease_ms))

    def compare_batch(self, got: Any, want: list[tuple[ModelItem, int]], leased: bool) -> None:
        assert [(i.data, i.id, i.sequence, i.attempt) for i in got] == [
            (item.data, item.id, item.sequence, attempt) for item, attempt in want
        ]
        given = {receipt for receipt, _, _ in self.receipts}
        for delivery, (item, attempt) in zip(got, want, strict=True):
            assert bool(delivery.receipt) == leased
            if leased and delivery.receipt not in given:
                self.receipts.append((delivery.receipt, item, attempt))


TestQueueAgainstModel = QueueAgainstModel.TestCase
TestQueueAgainstModel.settings = settings(
    max_examples=1000 if SOAK else 150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

"""Load on a queue: producers push items that nobody else pushes, consumers take and settle them."""

from __future__ import annotations

import itertools
import threading
from random import Random
from typing import Any

from interlock.queue.v1 import queue_pb2 as pb
from tests.kills.caller import Operation
from tests.kills.items_ledger import ItemsLedger
from tests.kills.load import Ask, Violation, must

_SERVICE = "/interlock.queue.v1.QueueService/"
PRODUCERS = 2
LONG_MS = 86_400_000
"""A lease that no test outlives: its item is its holder's alone, through every restart."""
SHORT_MS = 40
"""A lease that its holder never settles: the item comes back by itself."""
WAIT_MS = 50
SETTLE_TRIES = 200
"""Of WAIT_MS, for short leases to end."""
BATCH = 4096
CREDIT = 4
MOST = 300
"""Items in the queue; a producer that finds more takes some away."""


class Items:
    """Two producers and two consumers. What is true of every answer is in the ledger."""

    workers = PRODUCERS + 2

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._serial = itertools.count()
        self._ledger = ItemsLedger()
        self._holds: list[dict[int, int]] = [{} for _ in range(self.workers)]
        """By worker: sequences by receipt."""

    @property
    def acknowledged(self) -> int:
        """Pushes and acks that are known to be there."""
        return self._ledger.settled

    def next(self, worker: int, chance: Random) -> Operation:
        """Push, or take and settle."""
        with self._lock:
            identity = f"{self._name}-{next(self._serial)}"
            if worker < PRODUCERS:
                full = self._ledger.there > MOST
                return self._pop(identity, 0, MOST // 10) if full else self._push(identity, chance)
            holds = self._holds[worker]
            if holds and chance.random() < 0.6:
                receipts = chance.sample(sorted(holds), chance.randint(1, len(holds)))
                return self._settle(worker, identity, receipts, chance.random() < 0.8)
            return self._pop(identity, chance.choice((LONG_MS, LONG_MS, SHORT_MS, 0)), chance.randint(1, 4))

    def _push(self, identity: str, chance: Random) -> Operation:
        data = [f"{identity}/{n}".encode() for n in range(chance.randint(1, 3))]
        self._ledger.offer(data)
        request = pb.PushRequest(instance=self._name, items=[pb.Item(data=one) for one in data])
        abandoned = chance.random() < 0.2
        note = {"data": data}
        return Operation(_SERVICE + "Push", request, pb.PushResponse, identity, abandoned, note=note)

    def _pop(self, identity: str, lease_ms: int, count: int) -> Operation:
        request = pb.PopRequest(instance=self._name, max_items=count, wait_ms=WAIT_MS, lease_ms=lease_ms)
        note = {"gone": self._ledger.gone, "lease": lease_ms}
        abandoned = lease_ms == SHORT_MS
        return Operation(_SERVICE + "Pop", request, pb.PopResponse, identity, abandoned, note=note)

    def _settle(self, worker: int, identity: str, receipts: list[int], ack: bool) -> Operation:
        sequences = [self._holds[worker].pop(receipt) for receipt in receipts]
        note = {"sequences": sequences}
        if ack:
            request = pb.AckRequest(instance=self._name, receipts=receipts)
            return Operation(_SERVICE + "Ack", request, pb.AckResponse, identity, note=note)
        self._ledger.return_all(sequences)
        back = pb.NackRequest(instance=self._name, receipts=receipts)
        return Operation(_SERVICE + "Nack", back, pb.NackResponse, identity, note=note)

    def answered(self, worker: int, operation: Operation, reply: Any) -> None:
        """Note an answer."""
        with self._lock:
            if isinstance(reply, pb.PushResponse):
                self._ledger.pushed(operation.note["data"], reply)
            elif isinstance(reply, pb.PopResponse):
                self._popped(worker, operation, reply)
            elif isinstance(reply, pb.AckResponse):
                must(not reply.unknown, f"leases in force are unknown to Ack: {list(reply.unknown)}")
                self._ledger.acked(operation.note["sequences"])
            else:
                must(not reply.unknown, f"leases in force are unknown to Nack: {list(reply.unknown)}")

    def _popped(self, worker: int, operation: Operation, reply: pb.PopResponse) -> None:
        lease_ms = operation.note["lease"]
        for item in reply.items:
            if lease_ms == SHORT_MS:
                self._ledger.lent(item, operation.note["gone"])
            else:
                self._ledger.delivered(item, held=lease_ms == LONG_MS, gone=not lease_ms)
            if lease_ms == LONG_MS:
                self._holds[worker][item.receipt] = item.sequence

    def refused(self, worker: int, operation: Operation, reason: str) -> None:
        """Nothing here can be refused."""
        raise Violation(f"{operation.method} was refused: {reason}")

    def listen(self) -> Operation:
        """Subscribe. What comes goes back by itself: its lease is short, and ends with the stream."""
        request = pb.SubscribeRequest(instance=self._name, credit=CREDIT, lease_ms=SHORT_MS)
        return Operation(_SERVICE + "Subscribe", request, pb.SubscribeResponse)

    def heard(self, operation: Operation, message: Any) -> None:
        """Note items that are there, or were while the stream was open."""
        with self._lock:
            for item in message.items:
                self._ledger.lent(item, 0)

    def inspect(self, ask: Ask) -> None:
        """Nobody reads a queue here; what is taken is not a read."""

    def verify(self, ask: Ask) -> None:
        """Take all there is, compare it, and give it back."""
        found: dict[int, pb.Delivery] = {}
        held = sum(map(len, self._holds))
        for _ in range(SETTLE_TRIES):
            taken = ask(self._pop(f"{self._name}-{next(self._serial)}", LONG_MS, BATCH))
            for item in taken.items:
                must(item.sequence not in found, f"item {item.sequence} is there twice")
                self._ledger.delivered(item, held=False, gone=False)
                found[item.sequence] = item
            stats = ask(Operation(_SERVICE + "Stats", pb.StatsRequest(instance=self._name), pb.StatsResponse))
            if stats.leased <= held + len(found) and not stats.depth:
                break
        must(stats.leased == held + len(found), f"{stats.leased} leases, of which {held} are known")
        self._check_leases(ask)
        self._ledger.compare(found.keys() | {s for holds in self._holds for s in holds.values()})
        self._give_back(ask, [item.receipt for item in found.values()])

    def _check_leases(self, ask: Ask) -> None:
        receipts = [receipt for holds in self._holds for receipt in holds]
        if receipts:
            request = pb.ExtendRequest(instance=self._name, receipts=receipts, lease_ms=LONG_MS)
            identity = f"{self._name}-{next(self._serial)}"
            reply = ask(Operation(_SERVICE + "Extend", request, pb.ExtendResponse, identity))
            must(not reply.unknown, f"leases are lost: {list(reply.unknown)[:5]}")

    def _give_back(self, ask: Ask, receipts: list[int]) -> None:
        for start in range(0, len(receipts), BATCH):
            request = pb.NackRequest(instance=self._name, receipts=receipts[start : start + BATCH])
            identity = f"{self._name}-{next(self._serial)}"
            reply = ask(Operation(_SERVICE + "Nack", request, pb.NackResponse, identity))
            must(not reply.unknown, f"leases of this moment are unknown: {list(reply.unknown)[:5]}")

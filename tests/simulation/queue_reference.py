"""A queue in plain Python: what the module must be equal to."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Sequence
from operator import attrgetter

from tests.simulation.reference import FAILED_PRECONDITION, INVALID_ARGUMENT, MS, Reference, Timed

WAIT, REJECT, DROP_OLDEST = 1, 2, 3
CHARGE = 48
BATCH_MOST = 4_096
SETTINGS = ("capacity_bytes", "max_items", "overflow", "lease_ms", "max_deliveries", "dedupe_window_ms")
STATES = (
    "drops", "full", "empty", "parked push", "parked pop", "parked dead pop", "parked stream", "partial push",
    "overtaken push waits", "duplicate", "lease granted", "lease expired", "extended", "delayed", "came back",
    "dead letter", "dead letter again", "credit used up", "credit back", "purged", "closed", "push at close",
    "consumer at close", "wait over", "unknown receipt", "too large", "conflict", "push cancelled",
    "stream cancelled",
)  # fmt: skip

ItemSpec = tuple[str, str, int]
"""Data, id, delay_ms."""
_sequence = attrgetter("sequence")


class Item(Timed):
    """An item, in exactly one place."""

    __slots__ = ("attempts", "charge", "data", "dead", "id", "leased", "sequence", "stream")

    def __init__(self, data: str, id_: str, sequence: int) -> None:
        super().__init__()
        self.data, self.id, self.sequence = data, id_, sequence
        self.charge = len(data) + len(id_) + CHARGE
        self.attempts = 0
        self.dead = False
        self.leased = 0
        """The number of its lease in force."""
        self.stream: Waiter | None = None


class Waiter(Timed):
    """A parked call."""

    __slots__ = (
        "accepted", "call", "dead", "duplicates", "first", "kind", "lease_ms", "lent", "most", "rest",
    )  # fmt: skip

    def __init__(self, call: int, kind: str) -> None:
        super().__init__()
        self.call, self.kind = call, kind
        self.most = self.lease_ms = self.accepted = self.duplicates = self.first = 0
        self.dead = False
        self.rest: deque[ItemSpec] = deque()
        self.lent: list[Item] = []


class Queue(Reference):
    """Settings, items by where they are, and calls that wait."""

    def __init__(self, name: str, now: int, seen: Counter[str]) -> None:
        super().__init__(name, now, seen)
        self.capacity_bytes, self.max_items, self.overflow = 1 << 20, 0, WAIT
        self.lease_ms, self.max_deliveries, self.dedupe_window_ms = 30_000, 0, 0
        self.configured = self.closed = False
        self.fresh: deque[Item] = deque()
        self.returned: list[Item] = []
        self.delayed: list[Item] = []
        self.dead: list[Item] = []
        self.leases: dict[int, Item] = {}
        self.bytes = self.leased_bytes = self.leased_dead = 0
        self.sequence = self.last_lease = self.dropped = self.expired = 0
        self.known: dict[str, int] = {}
        """Ids and when they are forgotten: in this order."""
        self.forgetting = Timed()
        self.pushes: list[Waiter] = []
        self.consumers: list[Waiter] = []
        self.dead_consumers: list[Waiter] = []
        self.waiters: dict[int, Waiter] = {}

    # What there is

    def visible(self) -> int:
        return len(self.fresh) + len(self.returned)

    def count(self) -> int:
        return self.visible() + len(self.delayed) + len(self.dead) + len(self.leases)

    def may_yield(self, dead: bool) -> bool:
        return self.count() > 0 if dead else self.count() - len(self.dead) > self.leased_dead

    def within(self, held_bytes: int, count: int, charge: int) -> bool:
        room = held_bytes + charge <= self.capacity_bytes
        return room and (not self.max_items or count < self.max_items)

    # The calls

    def Configure(self, call: int, *wanted: int) -> None:
        now = tuple(getattr(self, name) for name in SETTINGS)
        settings = tuple(want or has for want, has in zip(wanted, now, strict=True))
        field = self._conflict(now, settings)
        if field:
            self.seen["conflict"] += 1
            self.refuse(call, FAILED_PRECONDITION, "CONFIG_CONFLICT", field)
        else:
            for name, value in zip(SETTINGS, settings, strict=True):
                setattr(self, name, value)
            self.configured = self.configured or any(wanted)
            self.reply(call, settings)
        self.serve()

    def _conflict(self, now: tuple[int, ...], wanted: tuple[int, ...]) -> str:
        if self.configured:
            return next((SETTINGS[i] for i in range(6) if now[i] != wanted[i]), "")
        if wanted[0] < self.bytes or (wanted[0] < now[0] and self.pushes):
            return "capacity_bytes"
        return "max_items" if wanted[1] and wanted[1] < self.count() else ""

    def Push(self, call: int, items: Sequence[ItemSpec], wait_ms: int) -> None:
        large = [len(d) + len(i) + CHARGE > self.capacity_bytes for d, i, _ in items]
        if self.closed:
            self.refuse(call, FAILED_PRECONDITION, "CLOSED")
        elif any(large):
            self.seen["too large"] += 1
            self.refuse(call, INVALID_ARGUMENT, "ITEM_TOO_LARGE", f"items[{large.index(True)}]")
        else:
            push = Waiter(call, "push")
            push.rest.extend(items)
            self._push(push, wait_ms)
        self.serve()

    def _push(self, push: Waiter, wait_ms: int) -> None:
        self.seen["overtaken push waits"] += bool(self.pushes)
        done = not self.pushes and self._accept(push)
        self.seen["full"] += not done
        if not done and wait_ms and self.overflow != REJECT:
            self.seen["parked push"] += 1
            self._park(push, self.pushes, wait_ms)
        else:
            self.seen["partial push"] += not done
            self.reply(push.call, (push.accepted, push.duplicates, push.first))

    def Pop(  # noqa: PLR0917
        self, call: int, most: int, wait_ms: int, lease_ms: int, ack: Sequence[int], dead: bool
    ) -> None:
        for lease in ack:
            if lease in self.leases:
                self._end_lease(self.leases[lease])
        if ack:
            self.serve()
        pop = Waiter(call, "pop")
        pop.most, pop.lease_ms, pop.dead = min(most or 1, BATCH_MOST), lease_ms, dead
        queue = self.dead_consumers if dead else self.consumers
        if not queue and self._deliver(pop):
            pass
        elif self.closed and not self.may_yield(dead):
            self.seen["consumer at close"] += 1
            self.refuse(call, FAILED_PRECONDITION, "CLOSED")
        elif wait_ms:
            self.seen["parked dead pop" if dead else "parked pop"] += 1
            self._park(pop, queue, wait_ms)
        else:
            self.seen["empty"] += 1
            self.reply(call, [])
        self.serve()

    def Subscribe(self, call: int, credit: int, lease_ms: int) -> None:
        if self.closed and not self.may_yield(False):
            self.refuse(call, FAILED_PRECONDITION, "CLOSED")
        else:
            self.seen["parked stream"] += 1
            stream = Waiter(call, "stream")
            stream.most, stream.lease_ms = credit, lease_ms or self.lease_ms
            self._park(stream, self.consumers, 0)
        self.serve()

    def Ack(self, call: int, leases: Sequence[int]) -> None:
        self._settle(call, leases, self._end_lease)

    def Nack(self, call: int, leases: Sequence[int], delay_ms: int) -> None:
        self._settle(call, leases, lambda item: self._return(item, delay_ms))

    def Extend(self, call: int, leases: Sequence[int], lease_ms: int) -> None:
        self.seen["extended"] += 1
        due = self.now + (lease_ms or self.lease_ms) * MS
        self._settle(call, leases, lambda item: self.set_timer(item, due))

    def _settle(self, call: int, leases: Sequence[int], how: Callable[[Item], object]) -> None:
        unknown = []
        for lease in leases:
            item = self.leases.get(lease)
            if item is None:
                unknown.append(lease)
            else:
                how(item)
        self.seen["unknown receipt"] += bool(unknown)
        self.reply(call, (len(leases) - len(unknown), unknown))
        self.serve()

    def Stats(self, call: int) -> None:
        numbers = (self.visible(), len(self.leases), len(self.delayed), len(self.dead), self.bytes)
        self.reply(call, (*numbers, len(self.waiters)))

    def Purge(self, call: int, dead: bool) -> None:
        gone = self.dead if dead else [*self.fresh, *self.returned, *self.delayed]
        self.seen["purged"] += bool(gone)
        self.reply(call, (len(gone),))
        for item in gone:
            item.timer = None
            self.bytes -= item.charge
        if dead:
            self.dead = []
        else:
            self.returned, self.delayed = [], []
            self.fresh.clear()
        self.serve()

    def Close(self, call: int) -> None:
        self.seen["closed"] += 1
        self.closed = True
        self.reply(call, ())
        self.serve()

    def cancel(self, call: int) -> bool:
        waiter = self.waiters[call]
        if waiter.kind == "push":
            self.seen["push cancelled"] += 1
            self._finish_push(waiter)
        else:
            self.seen["stream cancelled"] += waiter.kind == "stream"
            for item in list(waiter.lent):
                self._return(item, 0)
            self._forget(waiter)
        self.serve()
        return waiter.kind == "push"

    def metrics(self) -> dict[str, int]:
        return {
            "depth": self.visible(), "leased": len(self.leases), "delayed": len(self.delayed),
            "dead": len(self.dead), "bytes": self.bytes, "waiters": len(self.waiters),
            "dropped": self.dropped, "expired": self.expired,
        }  # fmt: skip

    # Time

    def tick(self) -> None:
        while (owner := self.take_due()) is not None:
            self._fire(owner)
        self.serve()

    def _fire(self, owner: Timed) -> None:
        if owner is self.forgetting:
            del self.known[next(iter(self.known))]
            if self.known:
                self.set_timer(owner, next(iter(self.known.values())))
        elif isinstance(owner, Item):
            if owner.leased:
                self.seen["lease expired"] += 1
                self.expired += 1
                self._return(owner, 0)
            else:
                self.delayed.remove(owner)
                insort(self.returned, owner, key=_sequence)
        elif isinstance(owner, Waiter):
            self.serve()  # one whose wait ends as something comes is served
            if owner.call in self.waiters:
                self._wait_over(owner)

    def _wait_over(self, waiter: Waiter) -> None:
        self.seen["wait over"] += 1
        if waiter.kind == "push":
            self._finish_push(waiter)
        else:
            self._forget(waiter)
            self.reply(waiter.call, [])

    # Parked calls

    def _park(self, waiter: Waiter, queue: list[Waiter], wait_ms: int) -> None:
        queue.append(waiter)
        self.waiters[waiter.call] = waiter
        if wait_ms:
            self.set_timer(waiter, self.now + wait_ms * MS)

    def _forget(self, waiter: Waiter) -> None:
        waiter.timer = None
        del self.waiters[waiter.call]
        for queue in (self.pushes, self.consumers, self.dead_consumers):
            if waiter in queue:
                queue.remove(waiter)

    def _finish_push(self, push: Waiter) -> None:
        self._forget(push)
        self.seen["push at close"] += self.closed
        if self.closed and not push.accepted:
            self.refuse(push.call, FAILED_PRECONDITION, "CLOSED")
        else:
            self.reply(push.call, (push.accepted, push.duplicates, push.first))

    def serve(self) -> None:
        """Bring together what waits with what it waits for."""
        moved = bool(self.waiters)
        while moved:
            moved = self._serve_pushes()
            moved = self._serve_consumers() or moved
        if not (self.closed and self.waiters):
            return
        for push in list(self.pushes):
            self._finish_push(push)
        for queue, dead in ((self.consumers, False), (self.dead_consumers, True)):
            for waiter in [] if self.may_yield(dead) else list(queue):
                self.seen["consumer at close"] += 1
                self._forget(waiter)
                self.refuse(waiter.call, FAILED_PRECONDITION, "CLOSED")

    def _serve_pushes(self) -> bool:
        moved = False
        while self.pushes and not self.closed:
            push = self.pushes[0]
            before = push.accepted
            done = self._accept(push)
            moved = moved or push.accepted > before
            if not done:
                break
            self._finish_push(push)
        return moved

    def _serve_consumers(self) -> bool:
        served = False
        for queue in (self.consumers, self.dead_consumers):
            while queue and self._deliver(queue[0]):
                served = True
                consumer = queue[0]
                if consumer.kind == "pop":
                    self._forget(consumer)
                    continue
                queue.pop(0)
                if len(consumer.lent) < consumer.most:
                    queue.append(consumer)
                else:
                    self.seen["credit used up"] += 1
        return served

    # Items in

    def _accept(self, push: Waiter) -> bool:
        """Accept what fits, in order; whether that was all."""
        while push.rest:
            data, id_, delay_ms = push.rest[0]
            if id_ in self.known:
                self.seen["duplicate"] += 1
                push.duplicates += 1
            elif self._make_room(len(data) + len(id_) + CHARGE):
                item = self._add(data, id_, delay_ms)
                push.first = push.first or item.sequence
            else:
                return False
            push.rest.popleft()
            push.accepted += 1
        return True

    def _make_room(self, charge: int) -> bool:
        while not self.within(self.bytes, self.count(), charge):
            if self._serve_consumers():
                continue
            drops = self.overflow == DROP_OLDEST and self.within(self.leased_bytes, len(self.leases), charge)
            if not drops or not self._drop_oldest():
                return False
        return True

    def _drop_oldest(self) -> bool:
        places = [p for p in (self.fresh, self.returned, self.delayed, self.dead) if p]
        if not places:
            return False
        place = min(places, key=lambda p: p[0].sequence)
        item = place[0]
        del place[0]
        item.timer = None
        self.bytes -= item.charge
        self.dropped += 1
        self.seen["drops"] += 1
        return True

    def _add(self, data: str, id_: str, delay_ms: int) -> Item:
        self.sequence += 1
        item = Item(data, id_, self.sequence)
        self.bytes += item.charge
        if delay_ms:
            self.seen["delayed"] += 1
            self.delayed.append(item)
            self.set_timer(item, self.now + delay_ms * MS)
        else:
            self.fresh.append(item)
        if id_ and self.dedupe_window_ms:
            self.known[id_] = self.now + self.dedupe_window_ms * MS
            if len(self.known) == 1:
                self.set_timer(self.forgetting, self.known[id_])
        return item

    # Items out

    def _deliver(self, to: Waiter) -> bool:
        """Hand over what there is; whether there was anything."""
        batch = self._take(self.dead if to.dead else self.returned, to.most - len(to.lent))
        while not to.dead and self.fresh and len(batch) < to.most - len(to.lent):
            batch.append(self.fresh.popleft())
        if not batch:
            return False
        due = self.now + to.lease_ms * MS
        value = []
        for item in batch:
            item.attempts += 1
            if to.lease_ms:
                self._lease(item, due, to)
            else:
                self.bytes -= item.charge
            value.append((item.data, item.id, item.sequence, item.leased, item.attempts))
        (self.message if to.kind == "stream" else self.reply)(to.call, value)
        return True

    def _take(self, line: list[Item], most: int) -> list[Item]:
        batch = line[:most]
        del line[:most]
        return batch

    def _lease(self, item: Item, due: int, to: Waiter) -> None:
        self.seen["lease granted"] += 1
        self.last_lease += 1
        item.leased = self.last_lease
        self.leases[item.leased] = item
        self.leased_bytes += item.charge
        self.leased_dead += item.dead
        self.set_timer(item, due)
        if to.kind == "stream":
            item.stream = to
            to.lent.append(item)

    def _end_lease(self, item: Item, gone: bool = True) -> None:
        del self.leases[item.leased]
        item.leased, item.timer = 0, None
        self.leased_bytes -= item.charge
        self.leased_dead -= item.dead
        self.bytes -= item.charge if gone else 0
        stream, item.stream = item.stream, None
        if stream is not None:
            stream.lent.remove(item)
            if stream not in self.consumers:
                self.seen["credit back"] += 1
                self.consumers.append(stream)

    def _return(self, item: Item, delay_ms: int) -> None:
        self._end_lease(item, gone=False)
        self.seen["came back"] += 1
        self.seen["dead letter again"] += item.dead
        if self.max_deliveries and item.attempts >= self.max_deliveries and not item.dead:
            self.seen["dead letter"] += 1
            item.dead = True
        if delay_ms and not item.dead:
            insort(self.delayed, item, key=_sequence)
            self.set_timer(item, self.now + delay_ms * MS)
        else:
            insort(self.dead if item.dead else self.returned, item, key=_sequence)

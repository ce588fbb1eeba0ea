"""What a queue in plain Python holds: items by where they are, leases, and the ids that are remembered."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from operator import attrgetter

from tests.simulation.reference import MS, Reference, Timed

WAIT, REJECT, DROP_OLDEST = 1, 2, 3
CHARGE = 48
BATCH_MOST = 4_096
SETTINGS = ("capacity_bytes", "max_items", "overflow", "lease_ms", "max_deliveries", "dedupe_window_ms")

ItemSpec = tuple[str, str, int]
"""Data, id, delay_ms."""
by_sequence = attrgetter("sequence")


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


class Stock(Reference):
    """Settings, items by where they are, and the calls that wait for them."""

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

    # Items in

    def drop_oldest(self) -> bool:
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

    def add(self, data: str, id_: str, delay_ms: int) -> Item:
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

    def deliver(self, to: Waiter) -> bool:
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

    def end_lease(self, item: Item, gone: bool = True) -> None:
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

    def give_back(self, item: Item, delay_ms: int) -> None:
        self.end_lease(item, gone=False)
        self.seen["came back"] += 1
        self.seen["dead letter again"] += item.dead
        if self.max_deliveries and item.attempts >= self.max_deliveries and not item.dead:
            self.seen["dead letter"] += 1
            item.dead = True
        if delay_ms and not item.dead:
            insort(self.delayed, item, key=by_sequence)
            self.set_timer(item, self.now + delay_ms * MS)
        else:
            insort(self.dead if item.dead else self.returned, item, key=by_sequence)

"""A queue in plain Python: lists and loops, no bounds on time. What the module must be equal to."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable

from queue_session import CHARGE

WAIT, REJECT, DROP_OLDEST = 1, 2, 3


@dataclasses.dataclass
class ModelSettings:
    capacity_bytes: int = 1 << 20
    max_items: int = 0
    overflow: int = WAIT
    lease_ms: int = 30_000
    max_deliveries: int = 0
    dedupe_window_ms: int = 0


@dataclasses.dataclass(eq=False)
class ModelItem:
    data: bytes
    id: str
    delay_ms: int = 0
    sequence: int = 0
    attempts: int = 0
    state: str = "fresh"
    """fresh, returned, delayed, leased or dead."""
    dead: bool = False
    holder: Waiter | None = None
    """The stream whose credit it takes."""
    timer: tuple[int, int] | None = None
    """When the lease or the delay ends, and the order of setting."""

    @property
    def charge(self) -> int:
        return len(self.data) + len(self.id.encode()) + CHARGE


@dataclasses.dataclass(eq=False)
class Waiter:
    """A call: answered when `outcome` is set; a stream's items gather in `batches`."""

    kind: str
    most: int = 0
    lease_ms: int = 0
    dead: bool = False
    rest: list[ModelItem] = dataclasses.field(default_factory=list)
    accepted: int = 0
    duplicates: int = 0
    first_sequence: int = 0
    timer: tuple[int, int] | None = None
    batches: list[list[tuple[ModelItem, int]]] = dataclasses.field(default_factory=list)
    """Of items and attempts."""
    outcome: object = None


class Model:
    def __init__(self, settings: ModelSettings) -> None:
        self.settings = settings
        self.now = 0
        self.items: list[ModelItem] = []
        self.pushes: list[Waiter] = []
        self.consumers: list[Waiter] = []
        self.dead_consumers: list[Waiter] = []
        self.streams: list[Waiter] = []
        self.known: dict[str, int] = {}
        """Ids, and when they are forgotten: in this order."""
        self.dedupe_timer: tuple[int, int] | None = None
        """Of the oldest id."""
        self.closed = False
        self.last_sequence = 0
        self._order = itertools.count()

    # What there is

    def where(self, *states: str) -> list[ModelItem]:
        return sorted((i for i in self.items if i.state in states), key=lambda i: i.sequence)

    def visible(self) -> list[ModelItem]:
        return self.where("returned") + self.where("fresh")

    def stats(self) -> dict[str, int]:
        return {
            "depth": len(self.visible()),
            "leased": len(self.where("leased")),
            "delayed": len(self.where("delayed")),
            "dead": len(self.where("dead")),
            "bytes": sum(item.charge for item in self.items),
            "waiters": len(self.pushes) + len(self.parked_pops()) + len(self.streams),
        }

    def parked_pops(self) -> list[Waiter]:
        return [w for w in self.consumers + self.dead_consumers if w.kind == "pop"]

    def may_yield(self, dead: bool) -> bool:
        return any(dead or not item.dead for item in self.items)

    def fits(self, item: ModelItem, among: Iterable[ModelItem]) -> bool:
        held = list(among)
        room = sum(i.charge for i in held) + item.charge <= self.settings.capacity_bytes
        return room and (not self.settings.max_items or len(held) < self.settings.max_items)

    # Calls

    def push(self, items: list[ModelItem], wait_ms: int) -> Waiter:
        call = Waiter("push", rest=items)
        if self.closed:
            call.outcome = "CLOSED"
            return call
        done = not self.pushes and self.go_on(call)
        if not done and wait_ms and self.settings.overflow != REJECT:
            call.timer = self.due(wait_ms)
            self.pushes.append(call)
        else:
            call.outcome = "done"
        self.serve()
        return call

    def pop(self, most: int, wait_ms: int, lease_ms: int, dead: bool, ack: list[ModelItem]) -> Waiter:
        self.settle(ack, self.remove)
        self.serve()
        call = Waiter("pop", most=most or 1, lease_ms=lease_ms, dead=dead)
        queue = self.dead_consumers if dead else self.consumers
        if not queue and self.deliver(call):
            call.outcome = "done"
        elif self.closed and not self.may_yield(dead):
            call.outcome = "CLOSED"
        elif wait_ms:
            call.timer = self.due(wait_ms)
            queue.append(call)
        else:
            call.outcome = "done"
        self.serve()
        return call

    def subscribe(self, credit: int, lease_ms: int) -> Waiter:
        call = Waiter("stream", most=credit, lease_ms=lease_ms or self.settings.lease_ms)
        if self.closed and not self.may_yield(False):
            call.outcome = "CLOSED"
            return call
        self.streams.append(call)
        self.consumers.append(call)
        self.serve()
        return call

    def ack(self, items: list[ModelItem]) -> None:
        self.settle(items, self.remove)
        self.serve()

    def nack(self, items: list[ModelItem], delay_ms: int) -> None:
        self.settle(items, lambda item: self.give_back(item, delay_ms))
        self.serve()

    def extend(self, items: list[ModelItem], lease_ms: int) -> None:
        for item in items:
            item.timer = self.due(lease_ms or self.settings.lease_ms)

    def purge(self, dead: bool) -> int:
        gone = self.where("dead") if dead else self.where("fresh", "returned", "delayed")
        self.items = [item for item in self.items if item not in gone]
        self.serve()
        return len(gone)

    def close(self) -> None:
        self.closed = True
        self.serve()

    def cancel(self, call: Waiter) -> None:
        if call.kind == "push":
            self.finish_push(call)
        else:
            call.outcome = "cancelled"
            self.forget(call)
            for item in [item for item in self.items if item.holder is call]:
                self.end_lease(item)
                self.give_back(item, 0)
        self.serve()

    def advance(self, ms: int) -> None:
        until = self.now + ms
        while (timers := self.timers()) and timers[0][0][0] <= until:
            self.now = timers[0][0][0]
            while (timers := self.timers()) and timers[0][0][0] <= self.now:
                self.fire(timers[0][1])
            self.serve()
        self.now = until

    # Time

    def due(self, ms: int) -> tuple[int, int]:
        return self.at(self.now + ms)

    def at(self, time: int) -> tuple[int, int]:
        return time, next(self._order)

    def timers(self) -> list[tuple[tuple[int, int], ModelItem | Waiter | None]]:
        """What is due and whose it is, the next first; None stands for the ids."""
        owners: list[ModelItem | Waiter] = [*self.items, *self.pushes, *self.parked_pops()]
        timers: list[tuple[tuple[int, int], ModelItem | Waiter | None]]
        timers = [(owner.timer, owner) for owner in owners if owner.timer]
        if self.dedupe_timer:
            timers.append((self.dedupe_timer, None))
        return sorted(timers, key=lambda pair: pair[0])

    def fire(self, owner: ModelItem | Waiter | None) -> None:
        if owner is None:
            del self.known[next(iter(self.known))]
            self.dedupe_timer = self.at(next(iter(self.known.values()))) if self.known else None
            return
        if isinstance(owner, ModelItem):
            if owner.state == "leased":
                self.end_lease(owner)
                self.give_back(owner, 0)
            else:
                owner.state, owner.timer = "returned", None
            return
        self.serve()
        if owner.outcome is None:
            owner.outcome = "done"
            self.forget(owner)

    # Items

    def settle(self, items: list[ModelItem], how: Callable[[ModelItem], object]) -> None:
        for item in items:
            self.end_lease(item)
            how(item)

    def remove(self, item: ModelItem) -> None:
        self.items.remove(item)

    def end_lease(self, item: ModelItem) -> None:
        item.timer = None
        stream, item.holder = item.holder, None
        if stream is not None and stream.outcome is None and stream not in self.consumers:
            self.consumers.append(stream)

    def give_back(self, item: ModelItem, delay_ms: int) -> None:
        most = self.settings.max_deliveries
        item.dead = item.dead or bool(most and item.attempts >= most)
        item.state = "dead" if item.dead else "delayed" if delay_ms else "returned"
        item.timer = self.due(delay_ms) if item.state == "delayed" else None

    # Serving

    def serve(self) -> None:
        moved = True
        while moved:
            moved = self.serve_pushes()
            moved = self.serve_consumers() or moved
        if not self.closed:
            return
        for push in list(self.pushes):
            self.finish_push(push)
        for queue, dead in ((self.consumers, False), (self.dead_consumers, True)):
            for call in [] if self.may_yield(dead) else list(queue):
                call.outcome = "CLOSED"
                self.forget(call)

    def finish_push(self, call: Waiter) -> None:
        call.outcome = "CLOSED" if self.closed and not call.accepted else "done"
        self.forget(call)

    def forget(self, call: Waiter) -> None:
        for queue in (self.pushes, self.consumers, self.dead_consumers, self.streams):
            if call in queue:
                queue.remove(call)

    def serve_pushes(self) -> bool:
        moved = False
        while self.pushes and not self.closed:
            call = self.pushes[0]
            before = call.accepted
            done = self.go_on(call)
            moved = moved or call.accepted > before
            if not done:
                break
            self.finish_push(call)
        return moved

    def go_on(self, call: Waiter) -> bool:
        """Accept what fits, in order; whether that was all."""
        while call.rest:
            item = call.rest[0]
            if item.id in self.known:
                call.duplicates += 1
            elif self.make_room(item):
                self.add(call, item)
            else:
                return False
            call.rest.pop(0)
            call.accepted += 1
        return True

    def make_room(self, item: ModelItem) -> bool:
        while not self.fits(item, self.items):
            if self.serve_consumers():
                continue
            unleased = self.where("fresh", "returned", "delayed", "dead")
            drops = self.settings.overflow == DROP_OLDEST and self.fits(item, self.where("leased"))
            if not drops or not unleased:
                return False
            self.items.remove(unleased[0])
        return True

    def add(self, call: Waiter, item: ModelItem) -> None:
        self.last_sequence += 1
        item.sequence = self.last_sequence
        call.first_sequence = call.first_sequence or item.sequence
        if item.delay_ms:
            item.state, item.timer = "delayed", self.due(item.delay_ms)
        if item.id and self.settings.dedupe_window_ms:
            self.known[item.id] = self.now + self.settings.dedupe_window_ms
            self.dedupe_timer = self.dedupe_timer or self.at(self.known[item.id])
        self.items.append(item)

    def serve_consumers(self) -> bool:
        served = False
        for queue in (self.consumers, self.dead_consumers):
            while queue and self.deliver(queue[0]):
                served = True
                call = queue.pop(0)
                if call.kind == "pop":
                    call.outcome = "done"
                elif self.lent(call) < call.most:
                    queue.append(call)
        return served

    def lent(self, call: Waiter) -> int:
        return sum(item.holder is call for item in self.items)

    def deliver(self, call: Waiter) -> bool:
        """Hand over what is there; whether there was anything."""
        most = call.most - (self.lent(call) if call.kind == "stream" else 0)
        batch = (self.where("dead") if call.dead else self.visible())[:most]
        for item in batch:
            item.attempts += 1
            if call.lease_ms:
                item.state, item.timer = "leased", self.due(call.lease_ms)
                item.holder = call if call.kind == "stream" else None
            else:
                self.items.remove(item)
        if batch:
            call.batches.append([(item, item.attempts) for item in batch])
        return bool(batch)

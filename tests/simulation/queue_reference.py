"""A queue in plain Python: what the module must be equal to."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence

from tests.simulation.queue_stock import (
    BATCH_MOST,
    CHARGE,
    DROP_OLDEST,
    REJECT,
    SETTINGS,
    Item,
    ItemSpec,
    Stock,
    Waiter,
    by_sequence,
)
from tests.simulation.reference import FAILED_PRECONDITION, INVALID_ARGUMENT, MS, Timed

STATES = (
    "drops", "full", "empty", "parked push", "parked pop", "parked dead pop", "parked stream", "partial push",
    "overtaken push waits", "duplicate", "lease granted", "lease expired", "extended", "delayed", "came back",
    "dead letter", "dead letter again", "credit used up", "credit back", "purged", "closed", "push at close",
    "consumer at close", "wait over", "unknown receipt", "too large", "conflict", "push cancelled",
    "stream cancelled", "trapped",
)  # fmt: skip


class Queue(Stock):
    """The calls, and bringing together what waits with what it waits for."""

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
                self.end_lease(self.leases[lease])
        if ack:
            self.serve()
        pop = Waiter(call, "pop")
        pop.most, pop.lease_ms, pop.dead = min(most or 1, BATCH_MOST), lease_ms, dead
        queue = self.dead_consumers if dead else self.consumers
        if not queue and self.deliver(pop):
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
        self._settle(call, leases, self.end_lease)

    def Nack(self, call: int, leases: Sequence[int], delay_ms: int) -> None:
        self._settle(call, leases, lambda item: self.give_back(item, delay_ms))

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
                self.give_back(item, 0)
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
                self.give_back(owner, 0)
            else:
                self.delayed.remove(owner)
                insort(self.returned, owner, key=by_sequence)
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
            while queue and self.deliver(queue[0]):
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

    # Room

    def _accept(self, push: Waiter) -> bool:
        """Accept what fits, in order; whether that was all."""
        while push.rest:
            data, id_, delay_ms = push.rest[0]
            if id_ in self.known:
                self.seen["duplicate"] += 1
                push.duplicates += 1
            elif self._make_room(len(data) + len(id_) + CHARGE):
                item = self.add(data, id_, delay_ms)
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
            if not drops or not self.drop_oldest():
                return False
        return True

"""Load on a counter: every addition has a key of its own, and all of them one in common."""

from __future__ import annotations

import itertools
import threading
from random import Random
from typing import Any

from interlock.counter.v1 import counter_pb2 as pb
from tests.kills.caller import Operation
from tests.kills.load import Ask, Violation, must

_SERVICE = "/interlock.counter.v1.CounterService/"
TOTAL = "total"
ABANDONED = 0.2
PAGE = 1000


class Counts:
    """What was added, and what anybody was told of it.

    A key of its own makes an addition that is lost or applied twice visible by name;
    the common key makes half an addition visible, and a value that was told and is
    not there any more.
    """

    workers = 4

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._serial = itertools.count()
        self._sure: set[str] = set()
        """Keys that somebody was told of."""
        self._maybe: set[str] = set()
        """Keys of additions without an answer."""
        self._floor = 0
        """The highest total that anybody was told."""
        self._totals: set[int] = set()
        """Totals that additions were told: each its own."""
        self._swaps = [0] * self.workers
        """The value of each worker's own key, which it swaps."""

    @property
    def acknowledged(self) -> int:
        """Additions that are known to be there."""
        return len(self._sure)

    def next(self, worker: int, chance: Random) -> Operation:
        """Add, read or swap."""
        with self._lock:
            serial = next(self._serial)
            identity, kind = f"{self._name}-{serial}", chance.random()
            if kind < 0.15:
                return self._get(chance)
            if kind < 0.3:
                return self._swap(worker, identity)
            return self._add(f"{worker}-{serial}", identity, chance.random() < ABANDONED)

    def _add(self, key: str, identity: str, abandoned: bool) -> Operation:
        self._maybe.add(key)
        adds = [pb.Addition(key=key, delta=1), pb.Addition(key=TOTAL, delta=1)]
        request = pb.AddRequest(instance=self._name, adds=adds)
        note = {"key": key, "floor": self._floor}
        return Operation(_SERVICE + "Add", request, pb.AddResponse, identity, abandoned, note=note)

    def _get(self, chance: Random) -> Operation:
        key = chance.choice([TOTAL, *sorted(self._sure)[-50:]])
        request = pb.GetRequest(instance=self._name, keys=[TOTAL, key])
        note = {"floor": self._floor, "sure": key in self._sure}
        return Operation(_SERVICE + "Get", request, pb.GetResponse, note=note)

    def _swap(self, worker: int, identity: str) -> Operation:
        value = self._swaps[worker]
        request = pb.CompareAndSetRequest(
            instance=self._name, key=f"swap-{worker}", expected=value, value=value + 1
        )
        return Operation(_SERVICE + "CompareAndSet", request, pb.CompareAndSetResponse, identity)

    def answered(self, worker: int, operation: Operation, reply: Any) -> None:
        """Note an answer."""
        with self._lock:
            if isinstance(reply, pb.AddResponse):
                self._added(operation, reply)
            elif isinstance(reply, pb.GetResponse):
                self._got(operation, reply)
            else:
                value = self._swaps[worker] + 1
                must(reply.swapped and reply.value == value, f"swap-{worker} to {value} was told {reply}")
                self._swaps[worker] = value

    def _added(self, operation: Operation, reply: pb.AddResponse) -> None:
        key, own, total = operation.note["key"], reply.values[0].value, reply.values[1].value
        must(own == 1, f"{key} was added once and is {own}")
        must(total not in self._totals, f"two additions were told the same total, {total}")
        self._totals.add(total)
        self._know(key)
        # A retry is told what its first answer was, which may be long ago.
        self._floor = max(self._floor, total)

    def _got(self, operation: Operation, reply: pb.GetResponse) -> None:
        (total, one), note = reply.values, operation.note
        must(total.value >= note["floor"], f"the total was {note['floor']} and is {total.value}")
        self._floor = max(self._floor, total.value)
        if one.key != TOTAL:
            must(one.value == 1 or not note["sure"], f"{one.key} was 1 and is {one.value}")

    def _know(self, key: str) -> None:
        self._maybe.discard(key)
        self._sure.add(key)

    def refused(self, worker: int, operation: Operation, reason: str) -> None:
        """Nothing here can be refused."""
        raise Violation(f"{operation.method} was refused: {reason}")

    def listen(self) -> None:
        """A counter has no streams."""

    def heard(self, operation: Operation, message: Any) -> None:
        """Nothing is heard."""

    def inspect(self, ask: Ask) -> None:
        """Compare the total with the highest that anybody was told."""
        request = pb.GetRequest(instance=self._name, keys=[TOTAL])
        total = ask(Operation(_SERVICE + "Get", request, pb.GetResponse)).values[0].value
        must(total >= self._floor, f"somebody was told a total of {self._floor}, and it is {total}")

    def verify(self, ask: Ask) -> None:
        """Compare every key."""
        found = self._list(ask)
        total = found.pop(TOTAL, 0)
        for worker, value in enumerate(self._swaps):
            there = found.pop(f"swap-{worker}", 0)
            must(there == value, f"swap-{worker} was left at {value} and is {there}")
        lost, extra = self._sure - found.keys(), found.keys() - self._sure - self._maybe
        must(not lost, f"acknowledged additions are lost: {sorted(lost)[:5]}")
        must(not extra, f"additions that nobody made: {sorted(extra)[:5]}")
        twice = [key for key, value in found.items() if value != 1]
        must(not twice, f"additions applied twice: {sorted(twice)[:5]}")
        must(total == len(found), f"the total is {total} after {len(found)} additions")
        # Whoever was never answered and is not there now was not applied, and nobody asks again.
        self._sure, self._maybe, self._floor = set(found), set(), total

    def _list(self, ask: Ask) -> dict[str, int]:
        found: dict[str, int] = {}
        request = pb.ListRequest(instance=self._name, page_size=PAGE)
        while True:
            reply = ask(Operation(_SERVICE + "List", request, pb.ListResponse))
            found.update((one.key, one.value) for one in reply.values)
            if not reply.next_page_token:
                return found
            request.page_token = reply.next_page_token

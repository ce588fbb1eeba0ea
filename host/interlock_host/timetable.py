"""Which instance wants to be entered when, though nobody calls it."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import TYPE_CHECKING, Protocol

from interlock_host.instance import NEVER, State

if TYPE_CHECKING:
    from interlock_host.clock import Clock, VirtualClock

_FEW = 1_000
"""Deadlines below which superseded ones are not looked for."""


class Timed(Protocol):
    """An instance, or whatever else has something to do when a time comes."""

    scheduled: int
    """When; NEVER for nothing."""
    state: State

    def tick(self) -> None:
        """Do what is due."""
        ...


class Timetable:
    """A heap of deadlines, in ns since the epoch. Thread-safe.

    A deadline that an earlier one took the place of stays until its time comes, or
    until there are too many of those: its instance then has nothing to do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[tuple[int, int, Timed]] = []
        self._most = _FEW
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._due)

    def add(self, instance: Timed, deadline: int) -> bool:
        """Note when an instance is due; return whether nothing is earlier."""
        with self._lock:
            if len(self._due) > self._most:
                self._forget_superseded()
            heapq.heappush(self._due, (deadline, next(self._order), instance))
            return self._due[0][0] == deadline

    def first(self) -> int:
        """Return the earliest deadline, or NEVER."""
        with self._lock:
            return self._due[0][0] if self._due else NEVER

    def take(self, now: int) -> Timed | None:
        """Remove and return the instance that has been due for longest, if one is due by now."""
        with self._lock:
            if not self._due or self._due[0][0] > now:
                return None
            return heapq.heappop(self._due)[2]

    def run(self, clock: Clock, most: int) -> int | None:
        """Tick what is due now, at most so many instances; return when the next is due, if any is."""
        for _ in range(most):
            instance = self.take(clock.now())
            if instance is None:
                break
            instance.tick()
        due = self.first()
        return None if due == NEVER else due

    def advance(self, clock: VirtualClock, by_ns: int) -> int:
        """Move the clock, ticking every instance at its own time, in order; return the time then."""
        until = clock.now() + by_ns
        while (due := self.first()) <= until:
            clock.move_to(due)
            instance = self.take(due)
            if instance is not None:
                instance.tick()
        clock.move_to(until)
        return until

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._due.clear()

    def _forget_superseded(self) -> None:
        self._due = [due for due in self._due if due[0] == due[2].scheduled and due[2].state is State.LIVE]
        heapq.heapify(self._due)
        self._most = max(_FEW, 2 * len(self._due))

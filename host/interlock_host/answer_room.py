"""How much the answers that are kept for retries take in all instances together, and when they go.

Each instance bounds its own; see `interlock_host.answers`. Ten thousand that are at their
bound would take 80 GB, and one that nobody calls any more would keep its own for ever.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from interlock_host.answers import KEPT_IN_ALL, KEPT_NS
from interlock_host.instance import NEVER, State

if TYPE_CHECKING:
    from interlock_host.answers import Answers
    from interlock_host.clock import Clock

LOOK_NS = 30_000_000_000
"""How late an answer may go whose time is over, and how often it is asked for room at most."""
_AT_ONCE = 10_000
"""Answers that go in one tick: a few milliseconds in which nothing else runs."""
_PAUSE_NS = 1_000_000
_FEW = 1_000
"""Owners that are gone and stand in the heap still, below which they are not looked for."""


class Owner(Protocol):
    """An instance."""

    lock: threading.RLock
    answers: Answers | None


@dataclasses.dataclass(order=True, slots=True)
class _Place:
    """Where an owner stands among the others."""

    oldest: int
    """Its oldest answer is from then or later, in ns since the epoch."""
    order: int
    owner: Owner | None = dataclasses.field(compare=False)
    """None: it has no answers any more."""
    bytes: int = dataclasses.field(default=0, compare=False)


class AnswerRoom:
    """Counts the bytes of all answers, and lets go of the oldest. Thread-safe.

    An owner's lock is never waited for with the room's own; in `tell`, under one owner's
    lock, another's is taken only if it is free.

    Args:
        clock: By which answers grow old.
        most: Bytes that there is room for.
        schedule: Has the room ticked at a time, in ns since the epoch.
        on_full: Called when there is more, every 30 s at most. Without it the oldest answers go at once.
    """

    def __init__(
        self,
        clock: Clock,
        most: int = KEPT_IN_ALL,
        schedule: Callable[[AnswerRoom, int], None] | None = None,
        on_full: Callable[[], None] | None = None,
    ) -> None:
        self.state = State.LIVE
        self.scheduled = NEVER
        """When it is ticked."""
        self.bytes = 0
        """Within 1 KiB of answers an instance."""
        self._clock = clock
        self._most = most
        self._schedule = schedule
        self._on_full = on_full
        self._full_at = 0
        self._lock = threading.Lock()
        self._places: dict[Owner, _Place] = {}
        self._heap: list[_Place] = []
        self._order = itertools.count()

    @property
    def full(self) -> bool:
        """Whether there is more than there is room for."""
        return self.bytes > self._most

    # Owners, under their locks

    def tell(self, owner: Owner, size: int, oldest: int) -> None:
        """Say how many bytes an owner keeps, and from when the oldest is; make room if there is none."""
        with self._lock:
            place = self._places.get(owner)
            if place is None:
                place = self._places[owner] = _Place(oldest, next(self._order), owner)
                self._push(place)
            self._resize(place, size)
        self._tick_at(oldest)
        if self.full:
            self._relieve()

    def forget(self, owner: Owner) -> None:
        """Count an owner's answers no more: they are gone."""
        with self._lock:
            place = self._places.pop(owner, None)
            if place is not None:
                self.bytes -= place.bytes
                place.owner = None

    def _resize(self, place: _Place, size: int) -> None:
        self.bytes += size - place.bytes
        place.bytes = size

    def _push(self, place: _Place) -> None:
        if len(self._heap) > 2 * len(self._places) + _FEW:
            self._heap = [place for place in self._heap if place.owner is not None]
            heapq.heapify(self._heap)
        heapq.heappush(self._heap, place)

    # What goes

    def _relieve(self) -> None:
        if self._on_full is None:
            self._drop_oldest()
            return
        now = self._clock.now()
        if now >= self._full_at:
            self._full_at = now + LOOK_NS
            self._on_full()

    def _drop_oldest(self) -> None:
        busy: list[_Place] = []
        while self.full and (place := self._take(NEVER)) is not None:
            owner = place.owner
            if owner is None:
                continue
            if not owner.lock.acquire(blocking=False):
                busy.append(place)
                continue
            try:
                if place.owner is not None and owner.answers is not None:
                    owner.answers.drop(self.bytes - self._most, self._next_oldest())
                    self._put_back(place, owner.answers)
            finally:
                owner.lock.release()
        with self._lock:
            for place in busy:
                self._push(place)

    def _next_oldest(self) -> int:
        with self._lock:
            return self._heap[0].oldest if self._heap else NEVER

    def _take(self, until: int) -> _Place | None:
        """Remove and return the place of the oldest answers, if these may be from `until` or before."""
        with self._lock:
            while self._heap and self._heap[0].oldest <= until:
                place = heapq.heappop(self._heap)
                if place.owner is not None:
                    return place
            return None

    def _put_back(self, place: _Place, answers: Answers) -> None:
        """Note what is left; under the lock of the owner."""
        with self._lock:
            assert place.owner is not None
            self._resize(place, answers.size)
            if len(answers):
                place.oldest = answers.oldest
                self._push(place)
            else:
                del self._places[place.owner]
                place.owner = None

    # Time

    def _tick_at(self, oldest: int) -> None:
        due = max(oldest + KEPT_NS, self._clock.now()) + LOOK_NS
        if due < self.scheduled and self._schedule is not None:
            self._schedule(self, due)

    def tick(self) -> None:
        """Let go of the answers whose time is over."""
        self.scheduled = NEVER
        now = self._clock.now()
        left = _AT_ONCE
        while left > 0 and (place := self._take(now - KEPT_NS - 1)) is not None:
            left -= 1 + self._age(place, now)
        with self._lock:
            oldest = self._heap[0].oldest if self._heap else None
        if left <= 0 and self._schedule is not None:
            self._schedule(self, now + _PAUSE_NS)
        elif oldest is not None:
            self._tick_at(oldest)

    def _age(self, place: _Place, now: int) -> int:
        owner = place.owner
        if owner is None:
            return 0
        with owner.lock:
            answers = owner.answers
            if answers is None or place.owner is None:
                return 0
            count = len(answers)
            answers.age(now)
            self._put_back(place, answers)
            return count - len(answers)

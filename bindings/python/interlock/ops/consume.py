"""Iterating over a queue: one request an item, its lease kept up, nothing lost on the way out."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from interlock.errors import Closed
from interlock.ops import queue as ops
from interlock.ops.arguments import check_timeout, flag, ms, whole
from interlock.ops.flow import Flow
from interlock.queue.v1 import queue_pb2 as pb
from interlock.values import Settled

LEASE = 30.0
"""Seconds, where the caller names none."""


class Leased:
    """What an iteration needs of an item in its hands."""

    __slots__ = ("receipt", "settled")

    receipt: int
    settled: bool
    """Whether the consumer said what becomes of the item."""


L = TypeVar("L", bound=Leased)


class Consumption(Generic[L]):
    """The leases of one iteration.

    An item is in one of three places: `_ready` (popped, not yet handed out),
    `_hand` (the loop's body has it) or `_done` (the body ended without a word:
    it is acknowledged by the next Pop). All three are renewed. Leaving the
    iteration acknowledges `_done` and gives back the other two: a body that
    was left by break or by an exception may not have finished its work.

    Args:
        queue: The instance.
        make: Makes an item out of a delivery.
        lease: Seconds.
        prefetch: Items of one Pop. With more than 1 the acknowledgements wait for the
            next Pop, so a crash repeats up to so many items.
        timeout: Seconds to wait for an item before the iteration ends; None for ever.
        dead_letters: Iterate over dead letters instead.

    Raises:
        Invalid: A number is out of its range.
    """

    def __init__(
        self,
        queue: str,
        make: Callable[[pb.Delivery], L],
        *,
        lease: float,
        prefetch: int,
        timeout: float | None,
        dead_letters: bool,
    ) -> None:
        ms(lease, "lease", some=True)
        whole(prefetch, "prefetch", 1, ops.MOST)
        flag(dead_letters, "dead_letters")
        check_timeout(timeout)
        self._queue = queue
        self._make = make
        self._lease = lease
        self._prefetch = prefetch
        self._timeout = timeout
        self._dead_letters = dead_letters
        self._ready: collections.deque[L] = collections.deque()
        self._hand: L | None = None
        self._done: list[int] = []
        # The body and the renewal may be on two threads.
        self._lock = threading.Lock()

    @property
    def beat(self) -> float:
        """Seconds between two renewals: one may fail and one be late."""
        return self._lease / 3

    def next(self) -> Flow[L | None]:
        """Return the next item; None where the iteration is over: closed and empty, or timed out."""
        with self._lock:
            self._finish_hand()
            done = list(self._done)
            self._hand = self._ready.popleft() if self._ready else None
            if self._hand is not None:
                return self._hand
        try:
            popped = yield from ops.pop(
                self._queue,
                self._prefetch,
                timeout=self._timeout,
                lease=self._lease,
                dead_letters=self._dead_letters,
                ack=done,
            )
        except Closed:
            popped = ()
        with self._lock:
            del self._done[: len(done)]
            self._ready.extend(self._make(delivery) for delivery in popped)
            self._hand = self._ready.popleft() if self._ready else None
            return self._hand

    def _finish_hand(self) -> None:
        if self._hand is not None and not self._hand.settled:
            self._hand.settled = True
            self._done.append(self._hand.receipt)
        self._hand = None

    def renew(self) -> Flow[Settled]:
        """Extend every lease; items whose lease was lost are not handed out."""
        with self._lock:
            held = self._held() + self._done
        settled = yield from ops.extend(self._queue, held, self._lease)
        if settled.unknown:
            with self._lock:
                kept = [item for item in self._ready if item.receipt not in settled.unknown]
                self._ready = collections.deque(kept)
        return settled

    def leave(self) -> Flow[None]:
        """Acknowledge what was done and give back what was not. A second call does nothing."""
        with self._lock:
            done, held = self._done, self._held()
            self._done, self._hand = [], None
            self._ready.clear()
        try:
            yield from ops.ack(self._queue, done)
        finally:
            yield from ops.nack(self._queue, held, 0.0)

    def _held(self) -> list[int]:
        items = [*self._ready, self._hand] if self._hand is not None else [*self._ready]
        return [item.receipt for item in items if not item.settled]

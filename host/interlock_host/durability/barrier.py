"""The release barrier: no record leaves before all that it may tell of is on disk."""

from __future__ import annotations

import collections
import logging
import threading
from collections.abc import Iterable

from interlock_host.calls import Call, Record
from interlock_host.errors import Failure

_log = logging.getLogger("interlock.barrier")

Delivery = tuple[Call, Record]


class Barrier:
    """Holds records until the journal is durable up to theirs. Thread-safe.

    Records leave in the order in which they came. One that came late may carry a
    lower LSN than the last (a read of an idle instance); it leaves with that one,
    which the same sync or the next makes durable.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held while records are handed on."""
        self.durable = 0
        """All entries up to this LSN are on disk."""
        self._held: collections.deque[tuple[int, Call, Record]] = collections.deque()

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, lsn: int, deliveries: Iterable[Delivery]) -> None:
        """Hand these records on once `lsn` is durable; at once, if it is. 0 waits for nothing."""
        with self.lock:
            if lsn <= self.durable and (not lsn or not self._held):
                _hand_on(deliveries)
                return
            if self._held:
                lsn = max(lsn, self._held[-1][0])
            for call, record in deliveries:
                self._held.append((lsn, call, record))
                if call.trace is not None and record.final:
                    call.trace.held()

    def release(self, durable: int) -> None:
        """Hand on what is durable up to this LSN."""
        with self.lock:
            self.durable = max(self.durable, durable)
            held = self._held
            while held and held[0][0] <= self.durable:
                _, call, record = held.popleft()
                _hand_on(((call, record),))

    def fail(self, durable: int, failure: Failure) -> None:
        """Hand on what is durable, and end every call that waits for more."""
        with self.lock:
            self.release(durable)
            held, self._held = self._held, collections.deque()
            _hand_on((call, failure.record()) for _, call, _ in held)


def _hand_on(deliveries: Iterable[Delivery]) -> None:
    for call, record in deliveries:
        if call.answer is None:  # it may have ended meanwhile, its instance lost
            try:
                call.deliver(record)
            except Exception:  # of one caller's: the others wait too, and so does the thread that syncs
                _log.exception("a caller failed to take its record")

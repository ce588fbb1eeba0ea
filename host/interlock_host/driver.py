"""Who brings an engine the time when nobody calls it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from interlock_host.bell import Bell
from interlock_host.clock import Clock

_AGAIN_NS = 1_000_000_000
_log = logging.getLogger("interlock.timers")


class Driver(Protocol):
    """Runs an engine's due instances. A daemon has one on its event loop."""

    def schedule(self, due_ns: int) -> None:
        """Something is due at `due_ns`, earlier than all that was known before."""
        ...

    def close(self) -> None:
        """Run nothing any more."""
        ...


class NoDriver:
    """Time moves only by `Engine.advance`, or not at all between calls."""

    def schedule(self, due_ns: int) -> None:
        """Leave it."""

    def close(self) -> None:
        """Nothing runs."""


class ThreadDriver:
    """A thread that sleeps until the next deadline; it starts with the first one."""

    _NEVER = (1 << 63) - 1

    def __init__(self, clock: Clock, run_due: Callable[[], int | None]) -> None:
        self._clock = clock
        self._run_due = run_due
        self._lock = threading.RLock()
        self._bell = Bell()
        self._due = self._NEVER
        self._thread: threading.Thread | None = None
        self._closed = False

    def schedule(self, due_ns: int) -> None:
        """Wake the thread earlier, if it would sleep past `due_ns`."""
        with self._lock:
            if due_ns >= self._due or self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="interlock-driver", daemon=True)
                self._thread.start()
            self._bell.ring()  # before it is noted, so that KeyboardInterrupt leaves it to be said again
            self._due = due_ns

    def close(self) -> None:
        """End the thread, and wait for what it runs."""
        with self._lock:
            self._closed = True
            self._bell.ring()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while self._wait():
            try:
                next_due = self._run_due()
            except Exception:  # a fault of the engine's must not stop every timer of every instance
                _log.exception("timers failed")
                next_due = self._clock.now() + _AGAIN_NS
            if next_due is not None:
                self.schedule(next_due)

    def _wait(self) -> bool:
        while True:
            with self._lock:
                if self._closed:
                    return False
                left = self._due - self._clock.now()
                idle = self._due == self._NEVER
                if left <= 0:
                    self._due = self._NEVER
                    return True
            self._bell.wait(None if idle else left / 1e9)

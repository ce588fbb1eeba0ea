"""Timers of a served engine: one asyncio handle for the earliest deadline of all instances."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from interlock_host.clock import Clock
from interlock_host.logs import logger

_NEVER = (1 << 63) - 1
RETRY_NS = 1_000_000_000
_LONGEST_SLEEP = 3600.0
"""Seconds. asyncio refuses delays past a few weeks; waking once an hour costs nothing."""

RunDue = Callable[[], int | None]
"""Settles every due instance; returns the next deadline, or None."""


class LoopDriver:
    """Runs an engine's due instances on the event loop that it is made on.

    An engine asks for its driver before the driver can know the engine, hence `bind`.
    """

    def __init__(self, clock: Clock) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._clock = clock
        self._run_due: RunDue = _nothing
        self._offload: Executor | None = None
        self._due = _NEVER
        self._handle: asyncio.TimerHandle | None = None
        self._closed = False
        self._log = logger("timers")

    def bind(self, run_due: RunDue, offload: Executor | None = None) -> None:
        """Say what to run when something is due.

        Args:
            run_due: The engine's.
            offload: Where to run it instead of on the loop, so that a module
                with a large entry budget does not hold up every other call.
        """
        self._run_due = run_due
        self._offload = offload

    def schedule(self, due_ns: int) -> None:
        """Wake at `due_ns`, if not before. May be called on any thread."""
        if threading.get_ident() == self._thread:
            self._arm(due_ns)
        elif not self._closed:
            self._loop.call_soon_threadsafe(self._arm, due_ns)

    def close(self) -> None:
        """Run nothing any more."""
        self._closed = True
        self._disarm()

    def _disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._due = None, _NEVER

    def _arm(self, due_ns: int) -> None:
        if due_ns >= self._due or self._closed:
            return
        self._disarm()
        # Whole milliseconds, up: loops round to those, and one that wakes early spins until it is time.
        left_ms = math.ceil((due_ns - self._clock.now()) / 1e6)
        self._due = due_ns
        self._handle = self._loop.call_later(min(max(left_ms / 1e3, 0.0), _LONGEST_SLEEP), self._wake)

    def _wake(self) -> None:
        self._handle, self._due = None, _NEVER
        if self._offload is None:
            self._again(self._run())
        else:
            running = self._loop.run_in_executor(self._offload, self._run)
            running.add_done_callback(lambda ran: self._again(ran.result()))

    def _run(self) -> int | None:
        """Run what is due. A fault of the engine's must not stop every timer of every instance."""
        try:
            return self._run_due()
        except Exception:
            self._log.exception("timers failed")
            return self._clock.now() + RETRY_NS

    def _again(self, due_ns: int | None) -> None:
        if due_ns is not None:
            self._arm(due_ns)


def _nothing() -> None:
    """Stand in until an engine is bound: nothing is due in it before its first call."""

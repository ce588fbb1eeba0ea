"""The time that modules are given: nanoseconds since the Unix epoch."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where an engine takes its time from."""

    def now(self) -> int:
        """Return nanoseconds since the epoch, never less than the last answer."""
        ...

    def move_to(self, now_ns: int) -> None:
        """Go on from `now_ns`, if that is later than now."""
        ...


class RunClock:
    """Wall clock at the start of the run, plus monotonic time since.

    A step of the wall clock (NTP, an operator) during the run would fire or
    starve every timer of every instance at once; so it is read only once.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        """Return nanoseconds since the epoch, never less than the last answer."""
        return self._offset + time.monotonic_ns()

    def move_to(self, now_ns: int) -> None:
        """Go on from `now_ns`, if that is later than now.

        After a restart: the wall clock may have been set back while no host ran, and an
        instance whose last entry lies ahead would stand still until it is reached.
        """
        self._offset = max(self._offset, now_ns - time.monotonic_ns())


class VirtualClock:
    """A clock that moves only when told; for tests and simulation."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now = start_ns

    def now(self) -> int:
        """Return the time that the clock was last moved to."""
        return self._now

    def move_to(self, now_ns: int) -> None:
        """Move to `now_ns`; a time that has passed is left alone."""
        self._now = max(self._now, now_ns)

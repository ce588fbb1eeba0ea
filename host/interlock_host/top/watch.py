"""The loop of `interlock top`: a reading every interval, and what changed since the one before."""

from __future__ import annotations

import dataclasses
import datetime
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from interlock_host.errors import UNIMPLEMENTED
from interlock_host.top.change import Change
from interlock_host.top.reading import Reading, read
from interlock_host.top.source import ScrapeError

HISTORY = 60
"""Intervals whose rates are remembered."""

Wait = Callable[[float], bool]
"""Passes so many seconds; True once the user wants to go."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """What there is to see of one interval."""

    source: str
    time: datetime.datetime
    """When the interval ended, in UTC."""
    interval: float
    """Seconds asked for; `change.seconds` is what it came to."""
    change: Change
    """Of the last interval with an answer."""
    error: ScrapeError | None = None
    """Why there was no answer this time."""
    history: dict[str, deque[float]] = dataclasses.field(default_factory=dict)
    """Calls a second of each module, the latest last."""


class Watch:
    """Reads a host again and again.

    Args:
        source: Its name, for the picture.
        fetch: Returns what /metrics says, or raises ScrapeError.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        source: str,
        fetch: Callable[[], str],
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._fetch = fetch
        self._interval = interval
        self._clock = clock
        self._history: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=HISTORY))
        self._last = Reading()
        self._change = Change(self._last)

    def begin(self) -> Frame:
        """Take the first reading: what there is, without rates.

        Raises:
            ScrapeError: There is none. Later such an error is part of the frame.
        """
        self._last = self._read()
        self._change = Change(self._last)
        return self._frame()

    def frames(self, wait: Wait, count: int | None = None) -> Iterator[Frame]:
        """Yield a frame an interval, `count` of them or until the user goes; `begin` comes before."""
        due = self._clock()
        left = math.inf if count is None else count
        while left > 0:
            # A scrape that took long leaves out intervals, rather than being made up for.
            due = max(due + self._interval, self._clock())
            if wait(max(0.0, due - self._clock())):
                return
            yield self._next()
            left -= 1

    def _next(self) -> Frame:
        try:
            reading = self._read()
        except ScrapeError as error:
            return self._frame(error)
        self._change = Change(reading, self._last)
        self._last = reading
        for name, module in self._change.modules.items():
            self._history[name].append(module.traffic.calls)
        return self._frame()

    def _read(self) -> Reading:
        text = self._fetch()
        try:
            return read(text, self._clock())
        except ValueError as error:
            raise ScrapeError(
                UNIMPLEMENTED, f"{self._source} serves no metrics of Interlock: {error}"
            ) from None

    def _frame(self, error: ScrapeError | None = None) -> Frame:
        now = datetime.datetime.now(datetime.UTC)
        return Frame(self._source, now, self._interval, self._change, error, self._history)

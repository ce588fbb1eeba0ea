"""The instant of a kill, chosen by how far the load came."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Trigger:
    """Counts events of any thread, and fires once, on the thread of the last of them.

    Args:
        count: How many events from now.
        fire: What to do then.
    """

    def __init__(self, count: int, fire: Callable[[], None]) -> None:
        self._left = count
        self._fire = fire
        self._lock = threading.Lock()
        self.fired = threading.Event()

    def tick(self) -> None:
        """Note an event."""
        with self._lock:
            self._left -= 1
            due = self._left == 0
        if due:
            self._fire()
            self.fired.set()

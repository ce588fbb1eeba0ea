"""Waking a thread from threads that KeyboardInterrupt may strike."""

from __future__ import annotations

import queue


class Bell:
    """Wakes one thread that waits for something to do.

    `threading.Event` and `threading.Condition` are Python code: one that is interrupted
    between two of its steps stays locked, or keeps a waiter that is no more and wakes that
    one the next time. `queue.SimpleQueue` takes an item or does not.
    """

    __slots__ = ("_rings",)

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """End the wait that runs, or the next one."""
        self._rings.put(None)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it was rung since the last wait; False if the seconds were over first."""
        try:
            self._rings.get(timeout=seconds)
        except queue.Empty:
            return False
        while not self._rings.empty():
            self._rings.get_nowait()
        return True

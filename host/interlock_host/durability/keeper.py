"""The thread that saves instances, lets idle ones sleep, and removes journal that nobody needs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from interlock_host.bell import Bell


class Keeper:
    """Runs `keep` when woken, and now and then.

    Args:
        keep: What there is to do; it must not raise.
        seconds: The longest time between two runs.
    """

    def __init__(self, keep: Callable[[], None], seconds: float) -> None:
        self._keep = keep
        self._seconds = seconds
        self._bell = Bell()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="interlock-keeper", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._bell.ring()

    def close(self) -> None:
        """End the thread, and wait for what it does."""
        self._closed = True
        self._bell.ring()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._bell.wait(self._seconds)
            if not self._closed:
                try:
                    self._keep()
                except Exception:  # told as of a thread that ends by it; but what comes next has to be kept
                    threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self._thread)))

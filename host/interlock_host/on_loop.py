"""Callbacks of many threads on the one of an event loop, in the order in which they came."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import threading
from collections.abc import Callable
from typing import Any


class OnLoop:
    """Calls back on a loop: at once on its thread, else soon. Made on that thread."""

    __slots__ = ("_loop", "_posted", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._posted: collections.deque[tuple[Callable[..., object], tuple[Any, ...]]] = collections.deque()

    def __call__(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Call back. What other threads posted before comes first, so a FINAL overtakes no message."""
        if threading.get_ident() == self._thread:
            if self._posted:
                self._run_posted()
            callback(*arguments)
        else:
            self._posted.append((callback, arguments))
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._run_posted)

    def _run_posted(self) -> None:
        while self._posted:
            callback, arguments = self._posted.popleft()
            callback(*arguments)

"""What a module has said on a stream and its client has not taken yet, up to a bound."""

from __future__ import annotations

import asyncio
import collections

from interlock_host.calls import Record


class Outflow:
    """A queue of at most `window` messages between an engine and one slow client.

    grpc.aio ends a write when HTTP/2 lets the bytes go, which says nothing of
    what the client took: a client that never reads swallows its flow control
    window (64 KiB to 4 MiB, the client's choice) before a write waits. From
    then on messages gather here, and one too many ends the stream. So the host
    holds at most `window` messages, and grpc the one being written.

    Used on the event loop only.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._messages: collections.deque[bytes] = collections.deque()
        self._more = asyncio.Event()
        self.end: Record | None = None
        """The record that ends the stream, once the module emitted it."""
        self.overflowed = asyncio.Event()
        """Set when the client left more than the window untaken; nothing is kept after that."""

    def put(self, record: Record) -> None:
        """Take a record from the engine. What comes after the end is dropped."""
        if self.end is not None or self.overflowed.is_set():
            return
        if record.is_message and record.status == 0:
            if len(self._messages) >= self._window:
                self._messages.clear()
                self.overflowed.set()
                return
            self._messages.append(record.payload)
        if record.final:
            self.end = record
        self._more.set()

    async def take(self) -> bytes | None:
        """Return the next message, or None when the stream ended and all were taken."""
        while not self._messages:
            if self.end is not None:
                return None
            self._more.clear()
            await self._more.wait()
        return self._messages.popleft()

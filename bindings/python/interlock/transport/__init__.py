"""How a request's bytes reach a module: in this process, or over gRPC.

One seam, `Transport` and its asyncio twin: bytes in, bytes or an
`interlock.Error` out. Nothing here knows what a message means.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

from interlock.ops.flow import Request


class Stream(Protocol):
    """The messages of a server stream. Ends by StopIteration or an Error."""

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None:
        """End the call; the iteration ends too. May be called on another thread, and again."""
        ...


class Transport(Protocol):
    """Carries calls. Thread-safe."""

    def call(self, request: Request) -> bytes:
        """Send a request and return the bytes of its reply.

        Raises:
            Error: What came instead.
        """
        ...

    def stream(self, request: Request) -> Stream:
        """Open a server stream; errors come with its first message."""
        ...

    def close(self) -> None:
        """End every call. A second call does nothing."""
        ...

    @property
    def registry(self) -> Any:
        """The `prometheus_client.CollectorRegistry` of in-process calls."""
        ...


class AsyncStream(Protocol):
    """The messages of a server stream. Ends by StopAsyncIteration or an Error."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes: ...

    def close(self) -> None:
        """End the call; the iteration ends too."""
        ...


class AsyncTransport(Protocol):
    """Carries calls of one event loop."""

    async def start(self) -> None:
        """Be ready for calls. A second call does nothing."""
        ...

    async def call(self, request: Request) -> bytes:
        """Send a request and return the bytes of its reply; see `Transport.call`."""
        ...

    def stream(self, request: Request) -> AsyncStream:
        """Open a server stream; errors come with its first message."""
        ...

    async def close(self) -> None:
        """End every call. A second call does nothing."""
        ...

    @property
    def registry(self) -> Any:
        """The `prometheus_client.CollectorRegistry` of in-process calls."""
        ...

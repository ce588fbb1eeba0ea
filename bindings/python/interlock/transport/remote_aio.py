"""Calls over gRPC on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport import wire
from interlock.transport.fork import Guard
from interlock.transport.loop import HomeLoop
from interlock.transport.reach import Way
from interlock.transport.tls import credentials
from interlock.url import Address


class AsyncGrpcTransport:
    """One channel of grpc.aio to a daemon; made, and bound to its loop, with the first call."""

    def __init__(self, address: Address, options: Options) -> None:
        self._guard = Guard()
        self._address = address
        self._deadline = options.deadline
        self._metadata = wire.base_metadata(options)
        self._tls = credentials(options, address)
        self._way = Way.of(address, options)
        self._home = HomeLoop()
        self._made: grpc.aio.Channel | None = None
        self._methods: dict[str, Any] = {}
        """Those that answered once, by path; of others the host is told that one answer is expected."""
        self._reached = False

    @property
    def registry(self) -> Any:
        """Not here: the daemon has the metrics."""
        return wire.no_registry()

    async def start(self) -> None:
        """Make the channel."""
        self._enter()
        self._channel()

    def _enter(self) -> None:
        self._guard.check()
        self._home.enter(self._guard)

    def _channel(self) -> grpc.aio.Channel:
        if self._made is None:
            target, arguments = self._address.target, wire.channel_options(self._address)
            self._made = (
                grpc.aio.secure_channel(target, self._tls, arguments)
                if self._tls
                else grpc.aio.insecure_channel(target, arguments)
            )
        return self._made

    async def call(self, request: Request) -> bytes:
        """Send a request and wait for its reply; cancelling the task cancels the call.

        Raises:
            Error: What came instead.
        """
        self._enter()
        method, metadata = self._methods.get(request.path), self._metadata
        if method is None:
            method, metadata = self._channel().unary_unary(request.path), (*metadata, wire.UNARY)
        pending = method(
            request.body,
            timeout=request.wait + self._deadline,
            metadata=wire.metadata_of(metadata, request),
        )
        try:
            reply: bytes = await pending
        except grpc.RpcError as error:
            self._guard.check()  # a channel that is closed meanwhile cancels the call
            raise wire.error_of_rpc(error, request.path, self._way, self._reached) from None
        except asyncio.CancelledError:
            if not _task_is_cancelled():
                self._guard.check()
            raise
        self._reached = True
        self._methods[request.path] = method
        return reply

    def stream(self, request: Request) -> AsyncGrpcStream:
        """Open a server stream."""
        self._enter()
        method: Any = self._channel().unary_stream(request.path)
        call = method(request.body, metadata=wire.stream_metadata(self._metadata))
        return AsyncGrpcStream(call, request.path, self._way, self._guard)

    async def close(self) -> None:
        """Cancel every call and close the channel."""
        if self._guard.close() and self._made is not None:
            await self._made.close()


class AsyncGrpcStream:
    """The messages of a server stream."""

    def __init__(self, call: Any, path: str, way: Way, guard: Guard) -> None:
        self._call = call
        self._path = path
        self._way = way
        self._guard = guard
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            message = await self._call.read()
        except grpc.RpcError as error:
            if self._closed:
                raise StopAsyncIteration from None
            self._guard.check()
            raise wire.error_of_rpc(error, self._path, self._way) from None
        except asyncio.CancelledError:
            if _task_is_cancelled():
                raise
            if self._closed:
                raise StopAsyncIteration from None
            self._guard.check()
            raise
        if message is grpc.aio.EOF:
            raise StopAsyncIteration
        return bytes(message)

    def close(self) -> None:
        """End the call; a task that waits for a message stops."""
        self._closed = True
        self._call.cancel()


def _task_is_cancelled() -> bool:
    """Whether a CancelledError is the task's own: grpc.aio raises one too where a channel is closed."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

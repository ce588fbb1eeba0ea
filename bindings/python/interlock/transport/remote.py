"""Calls over gRPC on threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc

from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport import wire
from interlock.transport.fork import Guard
from interlock.transport.reach import Way
from interlock.transport.tls import credentials
from interlock.url import Address


class GrpcTransport:
    """One channel to a daemon; it connects with the first call."""

    def __init__(self, address: Address, options: Options) -> None:
        self._guard = Guard()
        self._deadline = options.deadline
        self._metadata = wire.base_metadata(options)
        self._way = Way.of(address, options)
        tls, arguments = credentials(options, address), wire.channel_options(address)
        self._channel = (
            grpc.secure_channel(address.target, tls, arguments)
            if tls
            else grpc.insecure_channel(address.target, arguments)
        )
        self._methods: dict[str, Any] = {}
        """Those that answered once, by path; of others the host is told that one answer is expected."""
        self._reached = False

    @property
    def registry(self) -> Any:
        """Not here: the daemon has the metrics."""
        return wire.no_registry()

    def call(self, request: Request) -> bytes:
        """Send a request and wait for its reply.

        Raises:
            Error: What came instead.
        """
        self._guard.check()
        method, metadata = self._methods.get(request.path), self._metadata
        if method is None:
            method, metadata = self._channel.unary_unary(request.path), (*metadata, wire.UNARY)
        try:
            # An interrupt drops the call, and gRPC cancels a call that is dropped. Its
            # futures take a quarter longer, and lose an interrupt while one is being made.
            reply: bytes = method(
                request.body,
                timeout=request.wait + self._deadline,
                metadata=wire.metadata_of(metadata, request),
            )
        except (grpc.RpcError, ValueError) as error:
            # A channel that is closed meanwhile cancels the call, or is a ValueError to use.
            self._guard.check()
            if isinstance(error, grpc.RpcError):
                raise wire.error_of_rpc(error, request.path, self._way, self._reached) from None
            raise
        self._reached = True
        self._methods[request.path] = method
        return reply

    def stream(self, request: Request) -> GrpcStream:
        """Open a server stream."""
        self._guard.check()
        method: Any = self._channel.unary_stream(request.path)
        try:
            call = method(request.body, metadata=wire.stream_metadata(self._metadata))
        except ValueError:
            self._guard.check()  # as in `call`
            raise
        return GrpcStream(call, request.path, self._way, self._guard)

    def close(self) -> None:
        """Cancel every call and close the channel."""
        if self._guard.close():
            self._channel.close()


class GrpcStream:
    """The messages of a server stream."""

    def __init__(self, call: Any, path: str, way: Way, guard: Guard) -> None:
        self._call = call
        self._path = path
        self._way = way
        self._guard = guard
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            message: bytes = next(self._call)
        except grpc.RpcError as error:
            if self._closed:
                raise StopIteration from None
            self._guard.check()
            raise wire.error_of_rpc(error, self._path, self._way) from None
        return message

    def close(self) -> None:
        """End the call; a consumer that waits on another thread stops."""
        self._closed = True
        self._call.cancel()

    def __del__(self) -> None:
        if hasattr(self, "_call"):
            self.close()

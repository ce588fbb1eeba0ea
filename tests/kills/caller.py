"""Calls with request ids of our own, straight over gRPC: nothing is repeated that we do not repeat."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message

from interlock.errors import Error
from interlock.transport import wire

HANGS_AFTER = 60.0
"""Seconds without an answer: no call of these loads waits nearly as long."""

GONE = frozenset({"", "INSTANCE_RESTARTED", "SHUTTING_DOWN", "CALLER_GONE"})
"""Reasons that say nothing about whether the call was applied; "" is the transport's own failure."""


@dataclass
class Operation:
    """One call, which may be sent several times under one id."""

    method: str
    """"/package.Service/Method"."""
    request: Message
    reply: type[Message]
    identity: str = ""
    """The request id; empty for reads, which are simply asked again."""
    abandoned: bool = False
    """Whether nobody asks again when its answer is lost."""
    parks: bool = False
    """Whether it may wait for other members: asked again only among them."""
    note: dict[str, Any] = field(default_factory=dict)
    """What the load remembers of it."""


class Unanswered(Exception):
    """Nobody knows whether the call was applied."""


class Refused(Exception):
    """The module answered with an error: `reason`."""

    def __init__(self, error: Error) -> None:
        super().__init__(str(error))
        self.reason = error.reason


class Caller:
    """One channel to one life of a daemon. Thread-safe."""

    def __init__(self, target: str) -> None:
        # A pool of its own: else a channel to the same address shares one that backs off.
        self._channel = grpc.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)])

    def call(self, operation: Operation) -> Any:
        """Send an operation; return its reply.

        Raises:
            Unanswered: The daemon is gone, or forgot the call while it was parked.
            Refused: It answered with an error.
        """
        method: Any = self._channel.unary_unary(operation.method)
        metadata = (("request_id", operation.identity),) if operation.identity else ()
        try:
            reply = method(operation.request.SerializeToString(), timeout=HANGS_AFTER, metadata=metadata)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise AssertionError(f"{operation.method} hangs: {operation.request}") from error
            failure = wire.error_of_rpc(error, operation.method)
            if failure.reason in GONE:
                raise Unanswered(str(failure)) from error
            raise Refused(failure) from error
        return operation.reply.FromString(reply)

    def follow(self, operation: Operation) -> Iterator[Any]:
        """Open a stream; yield its messages until it ends, however it does."""
        method: Any = self._channel.unary_stream(operation.method)
        with contextlib.suppress(grpc.RpcError):
            for message in method(operation.request.SerializeToString()):
                yield operation.reply.FromString(message)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

"""Calls and the records that answer them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from interlock_host.errors import Failure
    from interlock_host.instance import Instance
    from interlock_host.module import Method
    from interlock_host.tracing import CallTrace

FINAL = 1
MESSAGE = 2
EVENT = 4


class Record(NamedTuple):
    """One record of an outbox: a reply, the end of a stream, or an error."""

    status: int
    """A gRPC status code; other than 0, `payload` is an `interlock.v1.Error`."""
    flags: int
    payload: bytes

    @property
    def final(self) -> bool:
        """Whether the call ends with this record."""
        return bool(self.flags & FINAL)

    @property
    def is_message(self) -> bool:
        """Whether the payload is a reply message."""
        return bool(self.flags & MESSAGE)


Sink = Callable[[Record], None]


class CancelReason(enum.IntEnum):
    """Why a parked call is taken from its module."""

    DEADLINE = 1
    DISCONNECT = 2
    RESTART = 3
    SHUTDOWN = 4
    OPERATOR = 5


class Call:
    """One RPC in an instance.

    A unary call that its entry answered has `answer` set and never used its
    sink. Every other record goes to the sink, in outbox order, under the
    instance's lock and on whichever thread made the entry.
    """

    __slots__ = ("answer", "cancelled", "done", "id", "instance", "method", "request_bytes", "sink", "trace")

    instance: Instance

    def __init__(
        self, method: Method, call_id: int, size: int, sink: Sink | None, trace: CallTrace | None = None
    ) -> None:
        self.method = method
        self.id = call_id
        self.request_bytes = size
        self.sink = sink
        self.trace = trace
        """Hears of the call's entries, where it is traced."""
        self.answer: Record | None = None
        self.done = False
        self.cancelled = False

    def deliver(self, record: Record) -> None:
        """Hand a record on; a final one ends the call."""
        if record.flags & FINAL:
            self.done = True
            self.answer = record
            if self.trace is not None:
                self.trace.answered(record.status)
        if self.sink is not None:
            self.sink(record)

    def send(self, message: bytes) -> None:
        """Enter another message of a client stream. One that the host refuses ends the call."""
        self.instance.message(self, message)

    def half_close(self) -> None:
        """Tell the module that the client will send no more."""
        self.instance.half_close(self)

    def cancel(self, reason: CancelReason, failure: Failure | None = None) -> None:
        """Take the call from its module. A call that is done is left alone.

        A final record that the module emits on the way reaches the sink;
        otherwise `failure` does, or what `reason` stands for.
        """
        self.instance.cancel(self, reason, failure)

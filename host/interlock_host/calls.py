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

    __slots__ = (
        "answer", "cancelled", "done", "id", "identity", "instance", "method", "request_bytes", "riders",
        "sink", "trace",
    )  # fmt: skip

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
        self.identity = b""
        """What names the call and its retries within its instance; empty where it has no request id."""
        self.riders: list[Rider] | None = None
        """Retries that came while the call was parked, and wait for the same answer."""

    def deliver(self, record: Record) -> None:
        """Hand a record on; a final one ends the call."""
        if record.flags & FINAL:
            self.done = True
            self.answer = record
            if self.trace is not None:
                self.trace.answered(record.status)
        if self.sink is not None:
            self.sink(record)
        if self.riders:
            for rider in self.riders:
                rider.deliver(record)

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


class Rider(Call):
    """A retry of a unary call that is parked: it has no entry of its own, and gets the same answer."""

    __slots__ = ("_carrier",)

    _carrier: Call

    def board(self, carrier: Call) -> None:
        """Wait with `carrier`, under the lock of its instance."""
        self._carrier = carrier
        self.id, self.instance = carrier.id, carrier.instance
        carrier.riders = [*(carrier.riders or ()), self]

    def cancel(self, reason: CancelReason, failure: Failure | None = None) -> None:
        """Let go of the answer. The last one to do so takes the call from its module."""
        self.instance.leave(self, self._carrier, reason, failure)

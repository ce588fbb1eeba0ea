"""Calls whose client streams: where they go is known with their first message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from interlock_host.calls import Call, CancelReason, Sink
from interlock_host.errors import INVALID_ARGUMENT, Failure, HostError, cancelled_as
from interlock_host.module import Method

if TYPE_CHECKING:
    from interlock_host.tracing import CallTrace


class StreamCall(Call):
    """A call whose client streams: its first message says which instance it enters."""

    __slots__ = ("_begin", "begun")

    def __init__(
        self,
        method: Method,
        sink: Sink,
        begin: Callable[[StreamCall, bytes], None],
        trace: CallTrace | None = None,
    ) -> None:
        super().__init__(method, 0, 0, sink, trace)
        self._begin = begin
        self.begun = False

    def send(self, message: bytes) -> None:
        """Enter a message; the first one picks the instance.

        Raises:
            HostError: The host refuses the first message; a later one that it refuses ends the call.
        """
        if self.begun:
            super().send(message)
        else:
            self._begin(self, message)

    def half_close(self) -> None:
        """Tell the module that the client will send no more.

        Raises:
            HostError: INVALID_ARGUMENT/STREAM_EMPTY, there was no message.
        """
        if not self.begun:
            text = "the stream was closed before its first message"
            raise HostError(INVALID_ARGUMENT, "STREAM_EMPTY", text)
        super().half_close()

    def cancel(self, reason: CancelReason, failure: Failure | None = None) -> None:
        """Take the call from its module, or end it where it reached none."""
        if self.begun:
            super().cancel(reason, failure)
        elif not self.done:
            self.deliver((failure or cancelled_as(reason)).record())

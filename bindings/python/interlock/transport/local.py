"""In-process calls on threads."""

from __future__ import annotations

import contextlib
import queue
import sys
import time
from collections.abc import Iterator
from typing import Any

from interlock.errors import DeadlineExceeded, Error, ResourceExhausted
from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport.host import Call, CancelReason, LocalHost, Method, Record

_LONGEST_DEAF = 1.0
"""Seconds. A signal that arrives just before a wait begins is seen only when it ends."""


class LocalTransport:
    """Calls modules on the caller's thread; a parked call waits on it too."""

    def __init__(self, options: Options, data: str = "") -> None:
        self._host = LocalHost(options, data)

    @property
    def registry(self) -> Any:
        """The registry of this engine's metrics."""
        return self._host.registry

    def call(self, request: Request) -> bytes:
        """Enter a call and wait for its answer.

        Raises:
            Error: What came instead.
        """
        host = self._host
        method = host.method(request.path)
        began = time.perf_counter()
        answers: queue.SimpleQueue[Record] = queue.SimpleQueue()
        call = host.start(method, request.body, answers.put)
        answer = call.answer or self._wait(call, answers, request)
        return host.finish(call, answer, began)

    def _wait(self, call: Call, answers: queue.SimpleQueue[Record], request: Request) -> Record:
        end = time.monotonic() + request.wait + self._host.deadline
        try:
            self._host.hold(call)
            while (left := end - time.monotonic()) > 0:
                with contextlib.suppress(queue.Empty):
                    return answers.get(timeout=min(left, _LONGEST_DEAF))
            call.cancel(CancelReason.DEADLINE)
            # With a data directory the answer comes when the disk has the cancellation.
            with contextlib.suppress(queue.Empty):
                return answers.get(timeout=self._host.deadline)
            raise DeadlineExceeded("the call was cancelled, and the disk did not take that in time")
        except Error:
            raise
        except BaseException:
            # KeyboardInterrupt: nobody will read the answer, whether or not it came first.
            call.cancel(CancelReason.DISCONNECT)
            if call.answer is None:  # with a data directory it comes when the disk has it
                with contextlib.suppress(queue.Empty):
                    answers.get(timeout=self._host.deadline)
            self._host.undo(request, call.answer)
            raise
        finally:
            self._host.release(call)

    def stream(self, request: Request) -> LocalStream:
        """Open a server stream."""
        method = self._host.method(request.path, stream=True)
        return LocalStream(self._host, method, request.body)

    def close(self) -> None:
        """Cancel every call and end the engine."""
        self._host.close()


class LocalStream:
    """The messages of a server stream in this process, at most `stream_window` of them untaken."""

    def __init__(self, host: LocalHost, method: Method, body: bytes) -> None:
        self._host = host
        self._method = method
        self._began = time.perf_counter()
        self._records: queue.SimpleQueue[Record] = queue.SimpleQueue()
        self._window = method.module.limits.stream_window
        self._overflowed = False
        self._ended = False
        self._call = host.start(method, body, self._put)
        host.hold(self._call)

    def _put(self, record: Record) -> None:
        # Runs under the instance's lock, so an overflow only leaves a mark: the
        # consumer, when it comes, ends the call.
        if self._records.qsize() >= self._window and not record.final:
            self._overflowed = True
        if not self._overflowed or record.final:
            self._records.put(record)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        if self._overflowed:
            self._end(ResourceExhausted.default_code)
            text = f"more than {self._window} messages of the stream were left untaken"
            raise ResourceExhausted(text, reason="SLOW_CONSUMER")
        record = self._take()
        if record.final:
            self._end(record.status)
        if self._ended and record.status:
            if self._closed_here(record):
                raise StopIteration
            raise self._host.error(self._method, record)
        if not record.is_message:
            raise StopIteration
        return record.payload

    def _take(self) -> Record:
        while True:
            with contextlib.suppress(queue.Empty):
                return self._records.get(timeout=_LONGEST_DEAF)

    def _closed_here(self, record: Record) -> bool:
        return self._call.cancelled and self._host.error(self._method, record).reason == "CALLER_GONE"

    def _end(self, status: int) -> None:
        if not self._ended:
            self._ended = True
            self._host.release(self._call)
            self._call.cancel(CancelReason.DISCONNECT)
            self._host.ended(self._call, status, self._began)

    def close(self) -> None:
        """End the call; a consumer that waits on another thread stops."""
        self._host.release(self._call)
        self._call.cancel(CancelReason.DISCONNECT)

    def __del__(self) -> None:
        # At the interpreter's end a thread of the engine's may have died with its locks; in a
        # forked child none of them is left.
        if hasattr(self, "_call") and not sys.is_finalizing() and self._host.guard.here:
            self.close()

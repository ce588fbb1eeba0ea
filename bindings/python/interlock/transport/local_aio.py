"""In-process calls on an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import AsyncIterator
from typing import Any

from interlock.errors import ClientClosed, ResourceExhausted
from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport.host import Call, CancelReason, LocalHost, Method, Record
from interlock.transport.loop import HomeLoop
from interlock.transport.words import CLOSED
from interlock_host.on_loop import OnLoop

_INLINE_BUDGET_MS = 10
"""A module that may run longer than this in one entry runs on a thread."""
_TURNS = 32
"""Calls answered at once after which the loop gets a turn. A loop of such calls would
otherwise starve every timer and socket; each call giving way would triple its time."""


class AsyncLocalTransport:
    """Enters modules on the event loop's thread; parked calls are futures."""

    def __init__(self, options: Options, data: str = "") -> None:
        self._options = options
        self._data = data
        self._home = HomeLoop()
        self._opening: asyncio.Task[LocalHost] | None = None
        self._host: LocalHost | None = None
        self._closed = False
        self._turn = 0

    async def start(self) -> None:
        """Load the modules, on a thread: compiling them takes a while the first time."""
        if self._closed:
            raise ClientClosed(CLOSED)
        loop = self._home.enter(self._host.guard if self._host is not None else None)
        if self._host is not None:
            return
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(LocalHost, self._options, self._data))
        host = await asyncio.shield(self._opening)
        self._loop, self._host = loop, host
        self.on_loop = OnLoop(loop)

    @property
    def _ready(self) -> LocalHost:
        if self._host is None:
            raise ClientClosed("the client is not open: enter it, or await it, first")
        return self._host

    @property
    def registry(self) -> Any:
        """The registry of this engine's metrics."""
        return self._ready.registry

    async def call(self, request: Request) -> bytes:
        """Enter a call and wait for its answer.

        Raises:
            Error: What came instead.
        """
        if self._host is None:
            await self.start()
        host = self._ready
        self._home.enter(host.guard)
        method = host.method(request.path)
        began = time.perf_counter()
        waiting: asyncio.Future[Record] = self._loop.create_future()

        def sink(record: Record) -> None:
            self.on_loop(self._settle, waiting, request, record)

        if method.module.limits.entry_budget_ms <= _INLINE_BUDGET_MS:
            call = host.start(method, request.body, sink)
        else:
            call = await self._start_on_thread(method, request, sink, waiting)
        answer = call.answer
        if answer is None:
            answer = await self._wait(call, waiting, request)
        else:
            await self._give_way()
        return host.finish(call, answer, began)

    async def _start_on_thread(
        self, method: Method, request: Request, sink: Any, waiting: asyncio.Future[Record]
    ) -> Call:
        # The thread needs this task's context: the current span is in it.
        run = contextvars.copy_context().run
        entry = self._loop.run_in_executor(None, run, self._ready.start, method, request.body, sink)
        try:
            return await asyncio.shield(entry)
        except asyncio.CancelledError:
            entry.add_done_callback(lambda done: self._abandoned(done, waiting, request))
            raise

    def _abandoned(
        self, entry: asyncio.Future[Call], waiting: asyncio.Future[Record], request: Request
    ) -> None:
        if not entry.cancelled() and entry.exception() is None:
            self._leave(entry.result(), waiting, request)

    async def _wait(self, call: Call, waiting: asyncio.Future[Record], request: Request) -> Record:
        seconds = request.wait + self._ready.deadline
        timer = self._loop.call_later(seconds, self.cancel, call, CancelReason.DEADLINE)
        try:
            self._ready.hold(call)
            return await waiting
        except asyncio.CancelledError:
            self._leave(call, waiting, request)
            raise
        finally:
            timer.cancel()
            self._ready.release(call)

    def _leave(self, call: Call, waiting: asyncio.Future[Record], request: Request) -> None:
        """Cancel a call whose caller is gone, and give back what its answer hands out, now or later."""
        if call.answer is None:
            waiting.cancel()  # `_settle` gives it back
        elif not waiting.cancelled():
            self._ready.undo(request, call.answer)
        self.cancel(call, CancelReason.DISCONNECT)

    def _settle(self, waiting: asyncio.Future[Record], request: Request, record: Record) -> None:
        if waiting.cancelled():
            self._loop.call_soon(self._ready.undo, request, record)  # here the engine's locks are held
        elif not waiting.done():
            waiting.set_result(record)

    async def _give_way(self) -> None:
        self._turn += 1
        if self._turn >= _TURNS:
            self._turn = 0
            await asyncio.sleep(0)

    def cancel(self, call: Call, reason: CancelReason) -> None:
        """Take a call from its module, without waiting for one that runs on a thread."""
        if call.method.module.limits.entry_budget_ms <= _INLINE_BUDGET_MS:
            call.cancel(reason)
        else:
            self._loop.run_in_executor(None, call.cancel, reason)

    def stream(self, request: Request) -> AsyncLocalStream:
        """Open a server stream."""
        return AsyncLocalStream(self, request)

    def open_call(self, method: Method, body: bytes, sink: Any) -> Call:
        """Enter the call of a stream."""
        return self._ready.start(method, body, sink)

    async def close(self) -> None:
        """Cancel every call and end the engine."""
        self._closed = True
        if self._opening is not None and self._host is None:
            with contextlib.suppress(Exception):
                self._host = await self._opening
        if self._host is not None:
            await asyncio.to_thread(self._host.close)


class AsyncLocalStream:
    """The messages of a server stream in this process, at most `stream_window` of them untaken."""

    def __init__(self, transport: AsyncLocalTransport, request: Request) -> None:
        self._transport = transport
        self._request = request
        self._records: asyncio.Queue[Record] = asyncio.Queue()
        self._call: Call | None = None
        self._overflowed = False
        self._ended = False
        self._began = time.perf_counter()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        call = self._call or await self._open()
        host, method = self._transport._ready, call.method
        if self._overflowed:
            self._end(ResourceExhausted.default_code)
            text = f"more than {method.module.limits.stream_window} messages of the stream were left untaken"
            raise ResourceExhausted(text, reason="SLOW_CONSUMER")
        record = await self._records.get()
        if record.final:
            self._end(record.status)
        if self._ended and record.status:
            error = host.error(method, record)
            if call.cancelled and error.reason == "CALLER_GONE":
                raise StopAsyncIteration
            raise error
        if not record.is_message:
            raise StopAsyncIteration
        return record.payload

    async def _open(self) -> Call:
        await self._transport.start()
        host = self._transport._ready
        method = host.method(self._request.path, stream=True)
        window = method.module.limits.stream_window

        def put(record: Record) -> None:
            self._overflowed |= self._records.qsize() >= window and not record.final
            if not self._overflowed or record.final:
                self._records.put_nowait(record)

        def sink(record: Record) -> None:
            self._transport.on_loop(put, record)

        self._call = host.start(method, self._request.body, sink)
        host.hold(self._call)
        return self._call

    def _end(self, status: int) -> None:
        if not self._ended and self._call is not None:
            self._ended = True
            self._transport._ready.release(self._call)
            self._transport.cancel(self._call, CancelReason.DISCONNECT)
            self._transport._ready.ended(self._call, status, self._began)

    def close(self) -> None:
        """End the call; a task that waits for a message stops."""
        if self._call is None:
            self._ended = True
        elif not self._call.done:
            self._transport._ready.release(self._call)
            self._transport.cancel(self._call, CancelReason.DISCONNECT)

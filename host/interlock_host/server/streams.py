"""Calls whose client, server or both send a stream of messages."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.errors import RESOURCE_EXHAUSTED, Failure, HostError, cancelled_as, failure_of
from interlock_host.module import Method
from interlock_host.server.front import Front, reason_of
from interlock_host.server.outflow import Outflow
from interlock_host.server.status import refuse

_READS_BEHIND_THE_END = 4


class StreamRoute:
    """The path of one streaming method's calls into the engine and back."""

    def __init__(self, front: Front, method: Method) -> None:
        self._front = front
        self._method = method

    async def server_stream(self, request: bytes, context: Any) -> None:
        """Handle a call of one message that is answered by a stream."""
        await _Stream(self._front, self._method, context).serve(request)

    async def client_stream(self, requests: Any, context: Any) -> bytes:
        """Handle a stream that is answered by one message."""
        return await _Stream(self._front, self._method, context).serve(None)

    async def both_streams(self, requests: Any, context: Any) -> None:
        """Handle a stream that is answered by a stream."""
        await _Stream(self._front, self._method, context).serve(None)


class _Stream:
    """One streaming call: a reader where the client streams, a writer, and the wait for the end."""

    def __init__(self, front: Front, method: Method, context: Any) -> None:
        self._front = front
        self._method = method
        self._context = context
        self._began = time.perf_counter()
        self._metadata = context.invocation_metadata()
        self._trace = front.trace(method, self._metadata)
        self._out = Outflow(method.module.limits.stream_window)
        self._reply = b""
        self._tasks: list[asyncio.Task[Any]] = []

    async def serve(self, request: bytes | None) -> bytes:
        """Carry the call to its end.

        Args:
            request: The only message of a client that does not stream, or None.

        Returns:
            The answer, where the server does not stream.
        """
        call: Call | None = None
        try:
            call = await self._start(request)
            self._front.hold(call, self._context)
            failure = await self._carry(call)
        except HostError as error:
            failure = error.failure
        except Exception:
            failure = self._front.broke(self._method)
            if call is not None:
                self._front.cancel(call, CancelReason.DISCONNECT)
        except asyncio.CancelledError:
            reason = reason_of(self._context, self._began)
            if call is not None:
                self._front.cancel(call, reason)
            self._ended(cancelled_as(reason).code)
            raise
        finally:
            for task in self._tasks:
                task.cancel()
        if failure is not None:
            return await self._refuse(failure)
        self._ended(0)
        return self._reply

    def _sink(self, record: Record) -> None:
        self._front.on_loop(self._out.put, record)

    async def _start(self, request: bytes | None) -> Call:
        front, method = self._front, self._method
        if request is None:
            return front.engine.open_stream(method, self._sink, self._trace)
        if front.guard is not None:
            front.guard.check(self._context, method, request)
        if front.inline(method.module):
            return front.engine.start(method, request, self._sink, self._trace)
        return await front.start_off_loop(method, request, self._sink, self._trace)

    async def _carry(self, call: Call) -> Failure | None:
        """Move messages both ways until the module ends the call; return why it failed, if it did."""
        if self._method.client_streaming:
            self._spawn(self._read(call))
        writer = self._spawn(self._write())
        overflow = self._spawn(self._out.overflowed.wait())
        await asyncio.wait((writer, overflow), return_when=asyncio.FIRST_COMPLETED)
        if overflow.done():
            window = self._method.module.limits.stream_window
            text = f"the client left more than {window} messages of the stream untaken"
            failure = Failure(RESOURCE_EXHAUSTED, "SLOW_CONSUMER", text)
            await self._front.enter(self._method.module, call.cancel, CancelReason.DISCONNECT, failure)
            return failure
        if writer.exception() is not None:  # grpc lost the client, and has not told the handler yet
            await self._front.enter(self._method.module, call.cancel, CancelReason.DISCONNECT)
            return cancelled_as(CancelReason.DISCONNECT)
        end = self._out.end
        assert end is not None
        return failure_of(end, self._method.module.package) if end.status else None

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = self._front.loop.create_task(work)
        self._tasks.append(task)
        return task

    async def _write(self) -> None:
        begun = False
        while (message := await self._out.take()) is not None:
            if self._method.server_streaming:
                if not begun:
                    # With the first message, they would wait for a window that may never open,
                    # and so would the end of the call.
                    await self._context.send_initial_metadata(())
                    begun = True
                await self._context.write(message)
            else:
                self._reply = message

    async def _read(self, call: Call) -> None:
        """Enter the client's messages one by one; the next is read when the module has taken this one."""
        front, module = self._front, self._method.module
        guard = front.guard
        try:
            while (message := await self._context.read()) is not grpc.aio.EOF:
                if guard is not None:
                    # The first message names the instance; the engine holds later ones to it.
                    guard.check(self._context, self._method, message)
                    guard = None
                await front.enter(module, call.send, message)
            # grpc.aio reads the end of a stream where the client closed it and also where the
            # client is gone; only then does it cancel this task, a moment later. A second read
            # comes back behind that moment (1,600 of 1,600 lost clients told apart; once a very
            # busy machine needed more, hence the others).
            for _ in range(_READS_BEHIND_THE_END):
                await self._context.read()
            await front.enter(module, call.half_close)
        except HostError as error:
            await front.enter(module, call.cancel, CancelReason.OPERATOR, error.failure)
        except grpc.aio.BaseError:
            return  # the client went away; grpc cancels the handler too

    async def _refuse(self, failure: Failure) -> bytes:
        self._ended(failure.code, failure.message)
        await refuse(self._context, failure, self._method.module.name)

    def _ended(self, status: int, text: str = "") -> None:
        self._front.ended(self._method, status, self._began, self._metadata, text=text, trace=self._trace)

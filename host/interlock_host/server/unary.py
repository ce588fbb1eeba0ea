"""Calls of one message that are answered by one message."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NoReturn

from interlock_host.calls import Call, Record
from interlock_host.errors import Failure, HostError, cancelled_as, failure_of
from interlock_host.module import Method
from interlock_host.server.front import Front, Metadata, reason_of
from interlock_host.server.request_id import scope_of
from interlock_host.server.status import refuse

if TYPE_CHECKING:
    from interlock_host.tracing import CallTrace


class UnaryRoute:
    """The path of one unary method's calls into the engine and back."""

    def __init__(self, front: Front, method: Method) -> None:
        self._front = front
        self._method = method
        self._inline = front.inline(method.module)
        self._guard = front.guard

    async def answer(self, request: bytes, context: Any) -> bytes:
        """Handle one call of grpc.aio."""
        began = time.perf_counter()
        front, method, metadata = self._front, self._method, context.invocation_metadata()
        waiting: asyncio.Future[Record] = front.loop.create_future()
        call: Call | None = None
        trace = front.trace(method, metadata)

        def sink(record: Record) -> None:
            front.on_loop(_settle, waiting, record)

        try:
            if self._guard is not None:
                self._guard.check(context, method, request)
            scope = b"" if method.read else scope_of(metadata, context, self._guard)
            if self._inline:
                call = front.engine.start(method, request, sink, trace, scope)
            else:
                call = await front.start_off_loop(method, request, sink, trace, scope)
            answer = call.answer
            if answer is None:
                front.hold(call, context)
                answer = await waiting
        except HostError as error:
            await self._refuse(error.failure, began, context, metadata, trace)
        except Exception:
            await self._refuse(front.broke(method), began, context, metadata, trace)
        except asyncio.CancelledError:
            reason = reason_of(context, began)
            if call is not None:
                front.cancel(call, reason)
            front.ended(method, cancelled_as(reason).code, began, metadata, trace=trace)
            raise
        if answer.status:
            await self._refuse(failure_of(answer, method.module.package), began, context, metadata, trace)
        front.ended(method, 0, began, metadata, trace=trace)
        return answer.payload

    async def _refuse(
        self, failure: Failure, began: float, context: Any, metadata: Metadata, trace: CallTrace | None
    ) -> NoReturn:
        self._front.ended(self._method, failure.code, began, metadata, text=failure.message, trace=trace)
        await refuse(context, failure, self._method.module.name)


def _settle(waiting: asyncio.Future[Record], record: Record) -> None:
    if not waiting.done():
        waiting.set_result(record)

"""What every call of a served engine shares: the engine, the loop, the metrics, who is still inside."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from interlock_host.calls import Call, CancelReason, Sink
from interlock_host.engine import Engine
from interlock_host.errors import CODE_NAMES, INTERNAL, Failure
from interlock_host.language import language_of
from interlock_host.logs import Repeats, logger
from interlock_host.metrics import CallMetrics
from interlock_host.module import Method, Module
from interlock_host.on_loop import OnLoop
from interlock_host.security.guard import Guard
from interlock_host.trace_context import CallContext, context_of

if TYPE_CHECKING:
    from interlock_host.tracing import CallTrace, CallTracer

INLINE_BUDGET_MS = 10
"""A module that may run longer than this in one entry runs off the event loop."""

_OFFLOAD_THREADS = 4
_HOST_FAULTS = frozenset({2, 13, 14, 15})
"""UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS: the module's or the host's fault, so an operator hears of it."""

_T = TypeVar("_T")

Metadata = Iterable[tuple[str, str | bytes]]
"""Of a call; grpc.aio makes it anew each time that it is asked."""


class Front:
    """Shared by the routes of one server. Made on the event loop that it serves on."""

    def __init__(
        self,
        engine: Engine,
        metrics: CallMetrics,
        guard: Guard | None = None,
        tracer: CallTracer | None = None,
    ) -> None:
        self.engine = engine
        self.metrics = metrics
        self.guard = guard
        """Decides who may call what; None lets everyone do everything."""
        self._tracer = tracer
        self.loop = asyncio.get_running_loop()
        self.on_loop = OnLoop(self.loop)
        """Calls back on the loop, from whatever thread."""
        self.open: set[Call] = set()
        """Calls with an answer outstanding: parked ones and streams, until grpc is done with them."""
        self._emptied = asyncio.Event()
        self._offload: ThreadPoolExecutor | None = None
        self._log = logger("call")
        self._log_calls = self._log.isEnabledFor(logging.DEBUG)
        self._repeats = Repeats()

    # Entering the engine

    def inline(self, module: Module) -> bool:
        """Whether the module is entered on the event loop."""
        return module.limits.entry_budget_ms <= INLINE_BUDGET_MS

    @property
    def offload(self) -> ThreadPoolExecutor:
        """The threads for modules that are not entered on the event loop."""
        if self._offload is None:
            self._offload = ThreadPoolExecutor(_OFFLOAD_THREADS, "interlock-entry")
        return self._offload

    async def enter(self, module: Module, entry: Callable[..., _T], *arguments: Any) -> _T:
        """Run one entry, on the loop or off it. It runs to its end even if the caller is cancelled."""
        if self.inline(module):
            return entry(*arguments)
        return await asyncio.shield(self.loop.run_in_executor(self.offload, entry, *arguments))

    async def start_off_loop(
        self, method: Method, request: bytes, sink: Sink, trace: CallTrace | None, scope: bytes = b""
    ) -> Call:
        """Start a call on a thread. A caller that goes meanwhile leaves a call behind, which is cancelled."""
        start = self.engine.start
        entry = self.loop.run_in_executor(self.offload, start, method, request, sink, trace, scope)
        try:
            return await asyncio.shield(entry)
        except asyncio.CancelledError:
            entry.add_done_callback(self._abandoned)
            raise

    def _abandoned(self, entry: asyncio.Future[Call]) -> None:
        if entry.exception() is None:
            self.cancel(entry.result(), CancelReason.DISCONNECT)

    def cancel(self, call: Call, reason: CancelReason) -> None:
        """Take a call from its module, without waiting where the module runs off the loop."""
        if self.inline(call.method.module):
            call.cancel(reason)
        else:
            self.offload.submit(call.cancel, reason)

    # Who is inside

    def hold(self, call: Call, context: Any) -> None:
        """Count a call as open until grpc is done with it, its last bytes included."""
        self.open.add(call)
        context.add_done_callback(lambda _: self._release(call))

    def _release(self, call: Call) -> None:
        self.open.discard(call)
        if not self.open:
            self._emptied.set()

    async def emptied(self, seconds: float) -> bool:
        """Wait until no call is open; return False when the time is up."""
        self._emptied.clear()
        if not self.open:
            return True
        try:
            await asyncio.wait_for(self._emptied.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def cancel_all(self, reason: CancelReason) -> int:
        """Take every open call from its module; return how many there were."""
        calls = list(self.open)
        for call in calls:
            self.cancel(call, reason)
        return len(calls)

    def close(self) -> None:
        """Let go of the threads."""
        if self._offload is not None:
            self._offload.shutdown(wait=False, cancel_futures=True)

    # What is told of a call

    def broke(self, method: Method) -> Failure:
        """Log the exception being handled, a fault of this host's; return what the caller is told."""
        self._log.exception("call broke", module=method.module.name, method=method.name)
        return Failure(INTERNAL, "", "this host failed; its log says how")

    def trace(self, method: Method, metadata: Metadata) -> CallTrace | None:
        """Begin to trace a call; None where nothing is traced, or this call is not."""
        if self._tracer is None:
            return None
        return self._tracer.arrived(method, metadata)

    def ended(
        self,
        method: Method,
        status: int,
        began: float,
        metadata: Metadata,
        *,
        text: str = "",
        trace: CallTrace | None = None,
    ) -> None:
        """Count and log a call that ended now.

        Args:
            method: What was called.
            status: The gRPC code that the caller got.
            began: `time.perf_counter()` at its arrival.
            metadata: The caller's.
            text: What the caller was told, if it failed.
            trace: Its own, if it is traced.
        """
        seconds = time.perf_counter() - began
        ids = context_of(metadata)
        if trace is not None:
            trace.end(status, text)
            ids = ids._replace(trace_id=trace.trace_id, sampled=True)
        module, name = method.module.name, CODE_NAMES[status]
        trace_id = ids.trace_id if ids.sampled else ""
        self.metrics.observe(language_of(metadata), module, method.name, name, seconds, trace_id=trace_id)
        if status in _HOST_FAULTS or self._log_calls:
            values = {"module": module, "method": method.name, "status": name, "seconds": seconds}
            self._say(status in _HOST_FAULTS, values | _named(ids), text)

    def _say(self, fault: bool, values: dict[str, Any], text: str) -> None:
        if not fault:
            self._log.debug("call", **values)
            return
        held = self._repeats.admit(values["module"], values["method"], values["status"])
        if held is not None:
            self._log.warning("call failed", error=text, held_back=held, **values)


def _named(context: CallContext) -> dict[str, str]:
    named = {"trace_id": context.trace_id, "correlation_id": context.correlation_id}
    return {key: value for key, value in named.items() if value}


def reason_of(context: Any, began: float) -> CancelReason:
    """Say why grpc took a call back: its deadline passed, or its caller went away.

    A caller whose own deadline fires resets the stream a moment before the
    deadline comes here, as clients round the timeout that they send up, to two
    or three digits (grpc's timeout_encoding.cc). So a hundredth of it counts as passed.

    Args:
        context: The call's context of grpc.aio.
        began: `time.perf_counter()` at its arrival.
    """
    left = context.time_remaining()
    if left is not None:
        allowed = left + time.perf_counter() - began
        if left <= 0.05 + 0.01 * allowed:
            return CancelReason.DEADLINE
    return CancelReason.DISCONNECT

"""The engine in this process, as both in-process transports use it."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.errors import (
    ClientClosed,
    Code,
    Error,
    HostFault,
    Invalid,
    ModuleFault,
    Unavailable,
    UnknownMethod,
    WrongType,
    error_of,
)
from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport.fork import Guard
from interlock.transport.words import CLOSED, unserved
from interlock_host import kind
from interlock_host.calls import Call, CancelReason, Record, Sink
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import CODE_NAMES, UNIMPLEMENTED, Failure, HostError, ModuleError, failure_of
from interlock_host.journal import DataLocked, JournalDamaged
from interlock_host.module import Method

if TYPE_CHECKING:
    from interlock_host.tracing import CallTrace, CallTracer

__all__ = ["Call", "CancelReason", "LocalHost", "Method", "Record"]

_LANGUAGE = "python"
_LONGEST_CLOSE = 5.0
"""Seconds that whoever drops a client may have to wait for its engine's end; it goes on behind them."""


class LocalHost:
    """Enters the engine, and turns its records into bytes or errors.

    Raises:
        Invalid: A folder of modules is not one, or the data directory cannot be used.
        Unavailable: DATA_LOCKED, another process has the data directory; the message names it.
        HostFault: DATA_DAMAGED, it is damaged where no new entry could be written.
    """

    def __init__(self, options: Options, data: str = "") -> None:
        self.guard = Guard()
        self.deadline = options.deadline
        self._data = data
        self._owned = options.engine is None
        if not self._owned and not isinstance(options.engine, Engine):
            raise WrongType(f"engine must be an Engine, not {type(options.engine).__name__}", field="engine")
        self._engine: Engine = _engine(options, data) if self._owned else options.engine
        self._tracer: CallTracer | None = None
        self._metrics = _metrics(self._engine) if options.metrics else None
        self._held: set[Call] = set()
        """Calls whose answers are waited for, where the engine does not end with this client."""

    @property
    def registry(self) -> Any:
        """The registry of this engine's metrics.

        Raises:
            Invalid: The client was opened with `metrics=False`.
        """
        if self._metrics is None:
            raise Invalid("the client was opened with metrics=False", field="metrics")
        return self._metrics.registry

    def method(self, path: str, *, stream: bool = False) -> Method:
        """Find what serves a path.

        Args:
            path: "/package.Service/Method".
            stream: Whether a stream of answers is expected, or one.

        Raises:
            UnknownMethod: Nothing does.
            Invalid: It answers in the other way.
        """
        self.guard.check()
        method = self._engine.method(path)
        if method is None or method.server_streaming is not stream or method.client_streaming:
            raise self._unfit(path, method, kind.STREAM if stream else kind.UNARY)
        return method

    def _unfit(self, path: str, method: Method | None, said: kind.Said) -> Error:
        """Count a call that no instance sees, as the daemon does; return what it gets."""
        began = time.perf_counter()
        failure = kind.mistaken(method, said) if method is not None else None
        if method is not None and failure is not None:
            self._observe(method, failure.code, began)
            return self._refused(failure)
        if self._metrics is not None:
            from interlock_host.metrics import UNKNOWN  # noqa: PLC0415

            self._metrics.observe(_LANGUAGE, UNKNOWN, UNKNOWN, CODE_NAMES[UNIMPLEMENTED], 0.0)
        return UnknownMethod(unserved(path))

    def start(self, method: Method, body: bytes, sink: Sink | None) -> Call:
        """Enter a call.

        Raises:
            Error: The host refuses it.
        """
        began = time.perf_counter()
        trace = self._trace(method)
        try:
            call = self._engine.start(method, body, sink, trace)
        except HostError as error:
            self._observe(method, error.failure.code, began, trace)
            if trace is not None:
                trace.end(error.failure.code, error.failure.message)
            raise self._refused(error.failure) from None
        if trace is not None and call.answer is not None:  # one that waits for the disk is not over
            trace.end(call.answer.status)
        return call

    def _trace(self, method: Method) -> CallTrace | None:
        """Begin the spans of a call below the current one, which is the client's; see `transport.traced`."""
        api = sys.modules.get("opentelemetry.trace")
        if api is None or not api.get_current_span().is_recording():
            return None
        if self._tracer is None:
            from interlock_host.tracing import SCOPE, CallTracer, LocalCallTrace  # noqa: PLC0415

            self._tracer = CallTracer(api.get_tracer(SCOPE), LocalCallTrace)
        return self._tracer.begin(method)

    def finish(self, call: Call, record: Record, began: float) -> bytes:
        """Read the final record of a unary call that began at `began`, of `time.perf_counter`.

        Raises:
            Error: The record is one.
        """
        self._observe(call.method, record.status, began, call.trace)
        if record.status:
            raise self.error(call.method, record)
        return record.payload

    def error(self, method: Method, record: Record) -> Error:
        """Return the error that a record stands for."""
        return self._refused(failure_of(record, method.module.package))

    def _refused(self, failure: Failure) -> Error:
        if failure.reason == "SHUTTING_DOWN" and self.guard.closed:
            return ClientClosed(CLOSED)  # the host that goes away is this client's own
        return error_of(failure.code, failure.reason, failure.message, failure.field, failure.domain)

    def _observe(self, method: Method, status: int, began: float, trace: CallTrace | None = None) -> None:
        if self._metrics is not None:
            seconds = time.perf_counter() - began
            module, code = method.module.name, CODE_NAMES[status]
            trace_id = trace.trace_id if trace is not None else ""
            self._metrics.observe(_LANGUAGE, module, method.name, code, seconds, trace_id=trace_id)

    def ended(self, call: Call, status: int, began: float) -> None:
        """Count a stream that ended."""
        self._observe(call.method, status, began, call.trace)

    def undo(self, request: Request, answer: Record | None) -> None:
        """Give back what an answer handed out to a caller that is gone."""
        if answer is None or answer.status or request.undo is None:
            return
        back = request.undo(answer.payload)
        method = self._engine.method(back.path) if back else None
        if back is not None and method is not None:
            with contextlib.suppress(HostError):  # then a lease gives it back, when it runs out
                self._engine.start(method, back.body)

    def hold(self, call: Call) -> None:
        """Have `close` end a call that is waited for."""
        if not self._owned:
            self._held.add(call)
            if self.guard.closed:
                call.cancel(CancelReason.SHUTDOWN)

    def release(self, call: Call) -> None:
        """The call is not waited for any more."""
        self._held.discard(call)

    def close(self) -> None:
        """Cancel every call, and end the engine if it is the client's own."""
        if not self.guard.close():
            return
        if self._owned:
            self._engine.close()
        for call in list(self._held):
            call.cancel(CancelReason.SHUTDOWN)

    def __del__(self) -> None:
        # The engine's threads know the engine: one that nobody closed would live on, and keep its folder.
        if not hasattr(self, "_engine") or not self._owned or self.guard.refusal or sys.is_finalizing():
            return
        _close_soon(self._engine)
        text = f"the client of local:{self._data} was not closed: use it in a with block, or call its close"
        warnings.warn(text, ResourceWarning, stacklevel=2, source=self)


def _engine(options: Options, data: str) -> Engine:
    folders = tuple(Path(folder) for folder in options.modules)
    for index, folder in enumerate(folders):
        if not folder.is_dir():
            raise Invalid(f"{folder} is not a folder of modules", field=f"modules[{index}]")
    try:
        return Engine(EngineConfig(modules=folders, data=Path(data) if data else None))
    except ModuleError as error:
        raise ModuleFault(str(error), reason="START_FAILED") from error
    except DataLocked as error:
        raise Unavailable(str(error), reason="DATA_LOCKED") from None
    except JournalDamaged as error:
        raise HostFault(f"{data}: {error}", reason="DATA_DAMAGED", code=Code.DATA_LOSS) from error
    except OSError as error:
        raise Invalid(f"{data}: {error.strerror or error}", field="url") from error


def _close_soon(engine: Engine) -> None:
    """Close an engine that nobody has any more; wait for that, where it can be waited for.

    The collector runs on whichever thread it likes: one of the engine's own, or one that has
    a lock which the engine's want. So another thread closes it.
    """
    closer = threading.Thread(target=engine.close, name="interlock-closer", daemon=True)
    with contextlib.suppress(RuntimeError):  # the interpreter ends, and takes no new threads
        closer.start()
        closer.join(_LONGEST_CLOSE)


def _metrics(engine: Engine) -> Any:
    # Imports prometheus_client, which takes longer than the engine.
    from interlock_host.metrics import CallMetrics  # noqa: PLC0415

    return CallMetrics(engine)

"""A receiver of OTLP over gRPC, and daemons that export to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_SERVE = "from interlock_host.cli.main import main; main()"
_LONGEST = 30.0
"""Seconds for what must come; only a test that fails waits so long."""


class Span:
    """A span as it was exported."""

    def __init__(self, span: Any, service: str) -> None:
        self.name: str = span.name
        self.kind: int = span.kind
        self.trace_id: str = span.trace_id.hex()
        self.id: str = span.span_id.hex()
        self.parent: str = span.parent_span_id.hex()
        self.began: int = span.start_time_unix_nano
        self.ended: int = span.end_time_unix_nano
        self.events: list[str] = [event.name for event in span.events]
        self.failed: bool = span.status.code == span.status.STATUS_CODE_ERROR
        self.attributes = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
        self.service = service


class Collector(grpc.GenericRpcHandler):
    """Keeps the spans that it is sent."""

    def __init__(self, *, silent: bool = False) -> None:
        self.spans: list[Span] = []
        self.asked = threading.Event()
        """Somebody began to export."""
        self._more = threading.Condition()
        self._silent = silent

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Serve Export alone."""
        if details.method != _EXPORT:
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._export,
            request_deserializer=ExportTraceServiceRequest.FromString,
            response_serializer=ExportTraceServiceResponse.SerializeToString,
        )

    def _export(self, request: Any, context: Any) -> Any:
        self.asked.set()
        if self._silent:
            gone = threading.Event()
            if context.add_callback(gone.set):
                gone.wait(_LONGEST)
            return ExportTraceServiceResponse()
        with self._more:
            for part in request.resource_spans:
                names = {a.key: a.value.string_value for a in part.resource.attributes}
                for scope in part.scope_spans:
                    self.spans += [Span(span, names["service.name"]) for span in scope.spans]
            self._more.notify_all()
        return ExportTraceServiceResponse()

    def until(self, wanted: Callable[[list[Span]], bool]) -> None:
        """Wait until the spans that came are the wanted ones."""
        with self._more:
            if not self._more.wait_for(lambda: wanted(self.spans), _LONGEST):
                raise AssertionError(f"only {[span.name for span in self.spans]}")

    def one(self, name: str, **attributes: Any) -> Span:
        """Return the one span of this name and these attributes, dots written as `__`."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        (span,) = [s for s in self.spans if s.name == name and wanted.items() <= s.attributes.items()]
        return span

    def below(self, parent: Span) -> list[Span]:
        """Return the spans directly below another, in order of their beginnings."""
        children = [span for span in self.spans if span.parent == parent.id]
        return sorted(children, key=lambda span: (span.began, span.ended))


@contextlib.contextmanager
def collecting(*, silent: bool = False) -> Iterator[tuple[Collector, str]]:
    """Run a receiver; yield it and its endpoint. A silent one takes calls and does not answer."""
    collector = Collector(silent=silent)
    server = grpc.server(ThreadPoolExecutor(2), handlers=[collector])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


class TracedDaemon:
    """A daemon in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self._process = process
        self.target: str = ready["listen"][0]
        self.metrics: str = ready["metrics"]

    def stop(self) -> int:
        """End it by SIGTERM; return its exit code. All of its spans have been sent then."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_LONGEST)

    def said(self) -> str:
        """What it wrote to standard output behind the ready line. It has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.read()


@contextlib.contextmanager
def tracing(folder: Path, modules: Path, *flags: str, **settings: str) -> Iterator[TracedDaemon]:
    """Run `interlock serve` on a Unix socket, with settings of OpenTelemetry in its environment."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    command = [
        *(sys.executable, "-c", _SERVE, "serve", "--metrics", "127.0.0.1:0", "--log-level", "warning"),
        *("--listen", f"unix:{folder}/s", "--modules", str(modules), *flags),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**clean, "INTERLOCK_DRAIN_SECONDS": "0", **settings}
    ) as process:
        try:
            assert process.stdout is not None
            yield TracedDaemon(process, json.loads(process.stdout.readline()))
        finally:
            if process.poll() is None:
                process.kill()

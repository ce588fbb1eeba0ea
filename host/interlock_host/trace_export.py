"""Where a daemon's spans go, from OpenTelemetry's own settings alone.

The SDK reads OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_RESOURCE_ATTRIBUTES and
OTEL_PROPAGATORS by itself, the exporter OTEL_EXPORTER_OTLP_*. What is decided
here is whether there is an export at all, through what, and under which name.

The SDK is imported where an export is asked for: it takes longer than the
rest of a start, and a host that exports nothing pays nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from interlock_host.config import ConfigError
from interlock_host.logs import logger

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from interlock_host.tracing import CallTracer

SERVICE_NAME = "interlock"
CLOSE_SECONDS = 5.0
"""For the last spans to leave: half of what a supervisor gives a daemon between SIGTERM and SIGKILL."""
_PROTOCOLS = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for spans: it names an exporter, or where OTLP goes."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return bool(_exporter_names(environment))


def open_export(environment: Mapping[str, str] = os.environ) -> tuple[CallTracer, Callable[[], None]]:
    """Begin to export spans.

    A receiver that is down or slow costs spans, never a call: each exporter has
    a queue of OTEL_BSP_MAX_QUEUE_SIZE spans and a thread of its own, and what
    does not fit is dropped.

    Returns:
        Who makes them, and what sends the last ones; that blocks until they are
        sent, for `CLOSE_SECONDS` at most.

    Raises:
        ConfigError: An exporter is not installed, or a setting is wrong.
    """
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = Resource({"service.name": SERVICE_NAME}).merge(OTELResourceDetector().detect())
    try:
        # Importing it reads OTEL_PROPAGATORS.
        from interlock_host.tracing import SCOPE, CallTracer  # noqa: PLC0415

        exporters = [_make(name, environment) for name in _exporter_names(environment)]
        provider = TracerProvider(resource=Resource.create().merge(named), shutdown_on_exit=False)
        for exporter in exporters:
            provider.add_span_processor(BatchSpanProcessor(exporter))
    except ValueError as error:
        raise ConfigError(f"traces: {error}") from error
    return CallTracer(provider.get_tracer(SCOPE)), lambda: _close(provider, exporters)


def _close(provider: TracerProvider, exporters: list[Any]) -> None:
    """Send the last spans. The SDK's own end waits for half a minute, exporter by exporter."""
    sending = threading.Thread(target=provider.shutdown, name="interlock-last-spans", daemon=True)
    sending.start()
    sending.join(CLOSE_SECONDS)
    if sending.is_alive():
        logger("traces").warning("the last spans are lost: their receiver is slow", seconds=CLOSE_SECONDS)
        for exporter in exporters:  # takes back what is being sent
            exporter.shutdown()


def _exporter_names(environment: Mapping[str, str]) -> list[str]:
    """Return the exporters that are asked for, by their names in OTEL_TRACES_EXPORTER."""
    chosen = [name.strip() for name in environment.get("OTEL_TRACES_EXPORTER", "").split(",")]
    names = [name for name in dict.fromkeys(chosen) if name]
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    if not names and any(environment.get(name) for name in endpoints):
        return ["otlp"]
    return [name for name in names if name != "none"]


def _make(name: str, environment: Mapping[str, str]) -> Any:
    if name == "otlp":
        settings = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
        protocol = next((environment[key] for key in settings if environment.get(key)), "grpc")
        if protocol not in _PROTOCOLS:
            raise ConfigError(f"traces: OTLP over {protocol!r}; there is {', '.join(_PROTOCOLS)}")
        name = _PROTOCOLS[protocol]
    found = tuple(entry_points(group="opentelemetry_traces_exporter", name=name))
    if not found:
        raise ConfigError(f"traces: no package that is installed provides the exporter {name!r}")
    return found[0].load()()

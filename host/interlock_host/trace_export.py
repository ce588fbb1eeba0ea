"""Where a daemon's spans go, from OpenTelemetry's own settings alone.

The SDK reads OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_RESOURCE_ATTRIBUTES and
OTEL_PROPAGATORS by itself, the exporter OTEL_EXPORTER_OTLP_*. What is decided
here is whether there is an export at all, through what, and under which name.

The SDK is imported where an export is asked for: it takes longer than the
rest of a start, and a host that exports nothing pays nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from interlock_host.config import ConfigError

if TYPE_CHECKING:
    from interlock_host.tracing import CallTracer

SERVICE_NAME = "interlock"
_PROTOCOLS = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for spans: it names an exporter, or where OTLP goes."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return _exporter_name(environment) not in ("", "none")


def open_export(environment: Mapping[str, str] = os.environ) -> tuple[CallTracer, Callable[[], None]]:
    """Begin to export spans.

    Returns:
        Who makes them, and what sends the last ones; that blocks until they are sent.

    Raises:
        ConfigError: The exporter is not installed, or a setting is wrong.
    """
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    from interlock_host.tracing import SCOPE, CallTracer  # noqa: PLC0415

    named = Resource({"service.name": SERVICE_NAME}).merge(OTELResourceDetector().detect())
    try:
        provider = TracerProvider(resource=Resource.create().merge(named), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(_exporter(environment)))
    except ValueError as error:
        raise ConfigError(f"traces: {error}") from error
    return CallTracer(provider.get_tracer(SCOPE)), provider.shutdown


def _exporter_name(environment: Mapping[str, str]) -> str:
    chosen = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    if not chosen and any(environment.get(name) for name in endpoints):
        return "otlp"
    return chosen


def _exporter(environment: Mapping[str, str]) -> Any:
    name = _exporter_name(environment)
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

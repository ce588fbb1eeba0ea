"""OTEL_* settings of a daemon: what is exported, where to, and what a bad receiver costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest

from interlock_host import trace_export
from interlock_host.config import ConfigError
from tests.host import probe
from tests.host.collector import Collector, collecting, tracing
from tests.host.traced_world import CALLER, ECHO, SAMPLED, TRACE, World, world

UNSAMPLED = (("traceparent", f"00-{TRACE}-{CALLER}-00"),)
LOW = (("traceparent", f"00-{'0' * 31}1-{CALLER}-01"),)
LOW_UNSAMPLED = (("traceparent", f"00-{'0' * 31}1-{CALLER}-00"),)
HIGH = (("traceparent", f"00-{'f' * 32}-{CALLER}-01"),)


@pytest.mark.parametrize(
    "settings",
    [
        {"OTEL_TRACES_SAMPLER": "always_off"},
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=lambda settings: "-".join(settings.values()),
)
def test_nothing_is_exported(tmp_path: Path, settings: dict[str, str]) -> None:
    with world(tmp_path, silent=False, **settings) as it:
        it.call("Echo", metadata=SAMPLED)
        assert it.stopped().spans == []


@pytest.mark.parametrize(
    ("sampler", "exported"),
    [
        ({}, {"sampled", "alone"}),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, {"sampled", "unsampled", "alone"}),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, set()),
        # By the trace's id alone: one at the low end of the ids is in.
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}, {"low", "low-unsampled"}),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, {"sampled", "alone"}),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, {"sampled"}),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, {"sampled"}),
        (
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1"},
            {"sampled", "alone"},
        ),
    ],
    ids=lambda given: "-".join(given.values()) if isinstance(given, dict) else "",
)
def test_samplers(tmp_path: Path, sampler: dict[str, str], exported: set[str]) -> None:
    """Calls of a sampled caller, of one that is not, and of one that has no trace."""
    callers: dict[str, Any] = {"sampled": SAMPLED, "unsampled": UNSAMPLED, "alone": ()}
    if sampler.get("OTEL_TRACES_SAMPLER") == "traceidratio":
        callers = {"low": LOW, "low-unsampled": LOW_UNSAMPLED, "high": HIGH}
    with world(tmp_path, silent=False, **sampler) as it:
        for name, metadata in callers.items():
            it.call("Echo", metadata=(*metadata, ("baggage", f"interlock.caller={name}")))
        spans = [span for span in it.stopped().spans if span.name == ECHO]
        assert {span.attributes["interlock.baggage.caller"] for span in spans} == exported
        assert len(spans) == len(exported)


def test_two_exporters(tmp_path: Path) -> None:
    with world(tmp_path, OTEL_TRACES_EXPORTER="console,otlp") as it:
        it.call("Echo", metadata=SAMPLED)
        assert it.stopped().one(ECHO).trace_id == TRACE
        assert TRACE in it.daemon.said()


def test_a_receiver_that_is_gone(tmp_path: Path) -> None:
    """Calls go on; what cannot be sent does not keep the daemon."""
    with collecting() as (_, endpoint):
        pass
    modules = probe.write_probe(tmp_path / "modules")
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "1"}
    with tracing(tmp_path, modules, **settings) as daemon, grpc.insecure_channel(daemon.target) as channel:
        world = World(Collector(), daemon, channel)
        for _ in range(100):
            world.call("Echo")
        assert daemon.stop() == 0


def test_a_receiver_that_is_silent(tmp_path: Path) -> None:
    """More spans than the queue holds: they are dropped, the calls are not, and the end is bounded."""
    queue = {"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8"}
    patience = str(10 * trace_export.CLOSE_SECONDS)
    with world(tmp_path, silent=True, OTEL_EXPORTER_OTLP_TIMEOUT=patience, **queue) as it:
        for _ in range(100):
            it.call("Echo")
        assert it.collector.asked.wait(30)
        for _ in range(100):
            it.call("Echo")
        before = time.monotonic()
        assert it.stopped().spans == []
        assert time.monotonic() - before < 3 * trace_export.CLOSE_SECONDS


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_TRACES_EXPORTER": "none,console"}, True),
        ({"OTEL_TRACES_EXPORTER": " , "}, False),
    ],
)
def test_wanted(environment: dict[str, str], wanted: bool) -> None:
    assert trace_export.wanted(environment) is wanted


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_TRACES_EXPORTER": "carrier-pigeon"},
        {"OTEL_TRACES_EXPORTER": "otlp,carrier-pigeon"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
    ],
)
def test_no_such_exporter(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="traces: "):
        trace_export.open_export(environment)


def test_no_such_propagator(tmp_path: Path) -> None:
    """It is read when it is imported, so by a process of its own."""
    settings = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_PROPAGATORS": "tracecontext,telepathy"}
    command = [
        sys.executable,
        "-m",
        "interlock_host",
        "serve",
        "--listen",
        f"unix:{tmp_path}/s",
        "--metrics",
        "off",
    ]
    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: traces: Propagator telepathy")

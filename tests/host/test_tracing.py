"""A daemon's spans, as a real receiver of OTLP gets them."""

from __future__ import annotations

import contextlib
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from interlock_host import trace_export
from interlock_host.config import ConfigError
from tests.host import probe, puppet
from tests.host.collector import Collector, Span, TracedDaemon, collecting, tracing

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = (("traceparent", f"00-{TRACE}-{CALLER}-01"),)
UNSAMPLED = (("traceparent", f"00-{TRACE}-{CALLER}-00"),)
ECHO = f"{probe.SERVICE}/Echo"
EVENT = 4
INTERNAL = 13


class World:
    """A daemon, its receiver, and a channel to it."""

    def __init__(self, collector: Collector, daemon: TracedDaemon, channel: grpc.Channel) -> None:
        self.collector = collector
        self.daemon = daemon
        self.channel: Any = channel

    def method(self, name: str, kind: str = "unary_unary") -> Any:
        """A method of the probe, in bytes."""
        return getattr(self.channel, kind)(f"/{probe.SERVICE}/{name}")

    def call(self, name: str, **options: Any) -> bytes:
        """Call a unary method of the probe."""
        reply: bytes = self.method(name)(probe.message(b"x"), timeout=30, **options)
        return reply

    def until_parked(self, count: int) -> None:
        """Ask the probe until it holds so many calls."""
        for _ in range(10_000):
            if probe.count_of(self.call("Parked"))[0] == count:
                return
        raise AssertionError("never parked")

    def stopped(self) -> Collector:
        """End the daemon, which sends its last spans."""
        assert self.daemon.stop() == 0
        return self.collector


@contextlib.contextmanager
def world(folder: Path, **settings: str) -> Iterator[World]:
    modules = probe.write_probe(folder / "modules")
    with collecting() as (collector, endpoint):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **settings}
        with tracing(folder, modules, **told) as daemon, grpc.insecure_channel(daemon.target) as channel:
            yield World(collector, daemon, channel)


def names(spans: list[Span]) -> list[str]:
    return [span.name for span in spans]


def test_call(tmp_path: Path) -> None:
    """SIGTERM sends what was not sent yet: nothing else does within this test."""
    with world(tmp_path, OTEL_BSP_SCHEDULE_DELAY="3600000") as it:
        it.call("Echo", metadata=SAMPLED)
        collector = it.stopped()
        span = collector.one(ECHO)
        assert (span.trace_id, span.parent, span.service) == (TRACE, CALLER, "interlock")
        assert span.kind == 2  # SERVER
        assert span.attributes == {
            "rpc.system": "grpc",
            "rpc.service": probe.SERVICE,
            "rpc.method": "Echo",
            "rpc.grpc.status_code": 0,
            "interlock.module": "probe",
            "interlock.instance": "one",
            "interlock.call_id": 1,
            "interlock.entries": 1,
        }
        (entry,) = collector.below(span)
        assert (entry.name, entry.trace_id) == ("entry", TRACE)
        assert entry.attributes == {"interlock.export": "Echo"}
        assert span.began <= entry.began <= entry.ended <= span.ended
        assert not span.failed


def test_parked(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        waiting = it.method("Wait").future(probe.message(), metadata=SAMPLED)
        it.until_parked(1)
        it.call("Release")
        waiting.result(30)
        collector = it.stopped()
        span = collector.one(f"{probe.SERVICE}/Wait")
        entry, parked = collector.below(span)
        assert names([entry, parked]) == ["entry", "parked"]
        assert entry.ended <= parked.began
        released = collector.one(f"{probe.SERVICE}/Release")
        assert parked.began < released.began < parked.ended <= span.ended
        assert names(collector.below(released)) == ["entry"]


def test_cancel_is_an_entry(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        waiting = it.method("Wait").future(probe.message())
        it.until_parked(1)
        waiting.cancel()
        it.until_parked(0)
        collector = it.stopped()
        span = collector.one(f"{probe.SERVICE}/Wait")
        exports = [s.attributes["interlock.export"] for s in collector.below(span) if s.name == "entry"]
        assert exports == ["Wait", "interlock_cancel"]
        assert span.attributes["rpc.grpc.status_code"] == 1
        assert not span.failed


def test_failures(tmp_path: Path) -> None:
    """What the caller did wrong is no error of the server's; a trap is."""
    with world(tmp_path) as it:
        for name in ("Refuse", "Trap"):
            with pytest.raises(grpc.RpcError):
                it.call(name)
        collector = it.stopped()
        refused, trapped = (collector.one(f"{probe.SERVICE}/{name}") for name in ("Refuse", "Trap"))
        assert (refused.attributes["rpc.grpc.status_code"], refused.failed) == (9, False)
        assert (trapped.attributes["rpc.grpc.status_code"], trapped.failed) == (INTERNAL, True)
        (entry,) = collector.below(trapped)
        assert entry.failed


def test_streams(tmp_path: Path) -> None:
    """Every message of a client is an entry; the call is parked from the first to the end."""
    with world(tmp_path) as it:
        messages = [probe.message(b"a"), probe.message(b"b")]
        assert len(list(it.method("Chat", "stream_stream")(iter(messages)))) == 2
        watch = it.method("Watch", "unary_stream")(probe.message())
        it.until_parked(1)
        it.call("Publish")
        it.call("Finish")
        assert len(list(watch)) == 1
        collector = it.stopped()
        chat = collector.one(f"{probe.SERVICE}/Chat")
        below = collector.below(chat)
        exports = [s.attributes["interlock.export"] for s in below if s.name == "entry"]
        assert exports == ["Chat", "Chat", "interlock_half_close"]
        assert chat.attributes["interlock.entries"] == 3
        assert names(below).count("parked") == 1
        assert names(collector.below(collector.one(f"{probe.SERVICE}/Watch"))) == ["entry", "parked"]


def test_events(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir(mode=0o755)
    puppet.build(modules)
    with collecting() as (collector, endpoint):
        with (
            tracing(tmp_path, modules, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as daemon,
            grpc.insecure_channel(daemon.target) as channel,
        ):
            do: Any = channel.unary_unary(f"{puppet.SERVICE}Do")
            nobody = puppet.op("O", puppet.record(0, EVENT, b"of nobody"))
            mine = puppet.op("O", puppet.record(1, EVENT, b"half way"))
            do(puppet.request(nobody, mine, puppet.answer()), timeout=30)
            assert daemon.stop() == 0
        span = collector.one("test.puppet.v1.PuppetService/Do")
        assert span.events == ["half way"]


def test_exemplar(tmp_path: Path) -> None:
    """A trace that the daemon began, found again by the exemplar on /metrics."""
    with world(tmp_path) as it:
        it.call("Echo")
        request = urllib.request.Request(
            f"http://{it.daemon.metrics}/metrics", headers={"Accept": "application/openmetrics-text"}
        )
        with urllib.request.urlopen(request) as response:
            text = response.read().decode()
        (exemplar,) = re.findall(r'counter_total\{.*method="Echo".*# \{trace_id="([0-9a-f]{32})"\}', text)
        assert it.stopped().one(ECHO).trace_id == exemplar


def test_baggage(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.call("Echo", metadata=(("baggage", "interlock.tenant=acme,session=secret"),))
        attributes = it.stopped().one(ECHO).attributes
        assert attributes["interlock.baggage.tenant"] == "acme"
        assert "secret" not in attributes.values()


def test_spans_arrive_while_it_serves(tmp_path: Path) -> None:
    with world(tmp_path, OTEL_BSP_SCHEDULE_DELAY="10", OTEL_SERVICE_NAME="orders-host") as it:
        it.call("Echo")
        it.collector.until(lambda spans: ECHO in names(spans))
        assert it.collector.one(ECHO).service == "orders-host"


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
    with world(tmp_path, **settings) as it:
        it.call("Echo", metadata=SAMPLED)
        assert it.stopped().spans == []


def test_the_caller_decides(tmp_path: Path) -> None:
    with world(tmp_path, OTEL_TRACES_SAMPLER="parentbased_always_on") as it:
        it.call("Echo", metadata=UNSAMPLED)
        it.call("Parked", metadata=SAMPLED)
        spans = it.stopped().spans
        assert sorted(names(spans)) == ["entry", f"{probe.SERVICE}/Parked"]


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, False),
    ],
)
def test_wanted(environment: dict[str, str], wanted: bool) -> None:
    assert trace_export.wanted(environment) is wanted


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_TRACES_EXPORTER": "carrier-pigeon"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
    ],
)
def test_no_such_exporter(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="traces: "):
        trace_export.open_export(environment)

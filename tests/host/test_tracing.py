"""A daemon's spans, as a real receiver of OTLP gets them."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.host import probe, puppet
from tests.host.collector import collecting, tracing
from tests.host.traced_world import CALLER, ECHO, SAMPLED, TRACE, World, names, world

EVENT = 4
INTERNAL = 13


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


def test_a_durable_answer_waits_for_the_journal(tmp_path: Path) -> None:
    modules = probe.write_probe(tmp_path / "modules")
    data = ("--data", str(tmp_path / "data"))
    with collecting() as (collector, endpoint):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        with (
            tracing(tmp_path, modules, *data, **told) as daemon,
            grpc.insecure_channel(daemon.target) as channel,
        ):
            it = World(collector, daemon, channel)
            once = (("request_id", "order-1"),)
            waiting = [it.method("Wait").future(probe.message(), metadata=once)]
            it.until_parked(1)
            it.call("Release")
            waiting[0].result(30)
            it.method("Wait")(probe.message(), metadata=once, timeout=30)
            it.stopped()
    first, retry = sorted(
        (span for span in collector.spans if span.name == f"{probe.SERVICE}/Wait"), key=lambda s: s.began
    )
    entry, parked, journal = collector.below(first)
    assert names([entry, parked, journal]) == ["entry", "parked", "journal"]
    assert entry.ended <= parked.began and parked.ended <= journal.began <= journal.ended <= first.ended
    assert names(collector.below(collector.one(f"{probe.SERVICE}/Release"))) == ["entry", "journal"]
    assert (retry.attributes["interlock.entries"], retry.attributes["rpc.grpc.status_code"]) == (0, 0)
    assert "entry" not in names(collector.below(retry))


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


def test_a_module_on_a_thread(tmp_path: Path) -> None:
    """Its entries belong to the call all the same, and so does what comes after a caller that left."""
    modules = probe.write_probe(tmp_path / "modules", entry_budget_ms=100)
    with collecting() as (collector, endpoint):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        with tracing(tmp_path, modules, **told) as daemon, grpc.insecure_channel(daemon.target) as channel:
            it = World(collector, daemon, channel)
            waiting = it.method("Wait").future(probe.message())
            it.until_parked(1)
            waiting.cancel()
            it.until_parked(0)
            it.stopped()
        exports = [
            span.attributes.get("interlock.export", span.name)
            for span in collector.below(collector.one(f"{probe.SERVICE}/Wait"))
        ]
        assert sorted(exports) == ["Wait", "interlock_cancel", "parked"]

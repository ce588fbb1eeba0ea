"""The metrics of an engine, and /metrics of a daemon."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from interlock.v1 import contract_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.instance import Instance
from interlock_host.language import language_of
from interlock_host.metrics import CallMetrics
from interlock_host.trace_context import NO_CONTEXT, CallContext, context_of
from tests.host import probe
from tests.host.conftest import Watcher
from tests.host.serving import Served, refused, serving
from tests.host.wat import packed

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


parse: Any = text_string_to_metric_families
write: Any = generate_latest


def samples(text: str) -> list[Sample]:
    return [sample for family in parse(text) for sample in family.samples]


def value(found: Iterable[Sample], family: str, **labels: str) -> float:
    """The value of the one sample of this name with exactly these labels."""
    (sample,) = [sample for sample in found if sample.name == family and sample.labels == labels]
    return sample.value


async def scrape(served: Served, accept: str = OPEN_METRICS) -> tuple[str, str]:
    request = urllib.request.Request(
        f"http://{served.daemon.metrics_address}/metrics", headers={"Accept": accept}
    )

    def read() -> tuple[str, str]:
        with urllib.request.urlopen(request) as response:
            return response.headers["Content-Type"], response.read().decode()

    return await asyncio.to_thread(read)


async def scraped(served: Served) -> list[Sample]:
    return samples((await scrape(served))[1])


async def test_calls_by_language(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await served.call("Echo")
        await served.call("Echo", metadata=(("interlock-language", "go"),))
        await served.call("Echo", metadata=(("interlock-language", "go"),))
        async with refused():
            await served.call("Refuse")
        found = await scraped(served)
        counter, labels = "wasm_metric_counter_total", {"wasm_module": "probe", "method": "Echo"}
        assert value(found, counter, language="python", status="OK", **labels) == 1
        assert value(found, counter, language="go", status="OK", **labels) == 2
        labels["method"] = "Refuse"
        assert value(found, counter, language="python", status="FAILED_PRECONDITION", **labels) == 1
        latency = "wasm_metric_latency_seconds_count"
        assert value(found, latency, language="go", wasm_module="probe", method="Echo") == 2


async def test_parked_calls_are_counted_when_they_end(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        labels = {"language": "python", "wasm_module": "probe", "method": "Wait"}
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        found = await scraped(served)
        assert value(found, "interlock_parked_calls", wasm_module="probe") == 1
        assert not [sample for sample in found if sample.labels.get("method") == "Wait"]
        waiting.cancel()
        await served.all_ended()
        found = await scraped(served)
        assert value(found, "wasm_metric_counter_total", status="CANCELLED", **labels) == 1


async def test_unknown_methods_share_their_labels(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        for number in range(3):
            async with refused():
                await served.unary(f"Method{number}", f"acme.v1.Service{number}")(b"")
        labels = {"language": "python", "wasm_module": "unknown", "method": "unknown"}
        found = await scraped(served)
        assert value(found, "wasm_metric_counter_total", status="UNIMPLEMENTED", **labels) == 3
        assert not [sample for sample in found if "Method1" in sample.labels.values()]


async def test_engine_families(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        for name in ("one", "two"):
            await served.unary("Echo")(probe.message(instance=name))
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        found = await scraped(served)
        assert value(found, "interlock_instances", wasm_module="probe") == 2
        assert value(found, "interlock_instances", wasm_module="queue") == 0
        assert value(found, "interlock_module_value", wasm_module="probe", name="parked") == 1
        assert value(found, "interlock_instance_memory_bytes", wasm_module="probe") > 1 << 20
        assert value(found, "interlock_module_start_seconds", wasm_module="probe") > 0
        assert value(found, "interlock_traps_total", wasm_module="probe") == 0
        async with refused():
            await served.call("Trap")
        served.daemon.engine.delete("probe", "one")
        found = await scraped(served)
        assert value(found, "interlock_traps_total", wasm_module="probe") == 1
        assert value(found, "interlock_instances", wasm_module="probe") == 1
        await asyncio.gather(waiting, return_exceptions=True)


async def test_exemplars(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await served.call("Echo", metadata=(("traceparent", f"00-{'1' * 32}-00f067aa0ba902b7-00"),))
        await served.call("Echo", metadata=(("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"),))
        found = [sample.exemplar for sample in await scraped(served) if sample.exemplar]
        assert {tuple(exemplar.labels.items()) for exemplar in found} == {(("trace_id", TRACE),)}
        assert len(found) == 2  # on the counter, and on one bucket


async def test_content_is_negotiated(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        kind, text = await scrape(served)
        assert kind.startswith("application/openmetrics-text") and text.endswith("# EOF\n")
        kind, text = await scrape(served, accept="text/plain")
        assert kind.startswith("text/plain") and "# EOF" not in text


async def test_nothing_else_is_served(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        address = served.daemon.metrics_address

        def ask(method: str, path: str) -> tuple[int, int, bytes]:
            request = urllib.request.Request(f"http://{address}{path}", method=method)
            try:
                response = urllib.request.urlopen(request)
            except urllib.error.HTTPError as refusal:
                response = refusal
            with response:
                return response.status, int(response.headers["Content-Length"]), response.read()

        status, size, body = await asyncio.to_thread(ask, "HEAD", "/metrics")
        assert (status, body) == (200, b"")
        assert size > 1_000
        assert (await asyncio.to_thread(ask, "GET", "/metrics?name[]=interlock_traps_total"))[0] == 200
        for method, path in (("GET", "/"), ("GET", "/nope"), ("HEAD", "/nope"), ("GET", "/metrics/")):
            assert (await asyncio.to_thread(ask, method, path))[0] == 404, path
        assert (await asyncio.to_thread(ask, "POST", "/metrics"))[0] == 405


def test_in_process(tmp_path: Path) -> None:
    """The same families without a daemon, in a registry that is not the process's own."""
    folder = probe.write_probe(tmp_path / "modules")
    engine = Engine(EngineConfig(modules=(folder,), standard=False), clock=VirtualClock(10**18))
    metrics = CallMetrics(engine)
    engine.start(engine.modules["probe"].methods["Echo"], probe.message())
    metrics.observe("python", "probe", "Echo", "OK", 0.000_07)
    found = samples(write(metrics.registry).decode())
    labels = {"language": "python", "wasm_module": "probe", "method": "Echo"}
    assert value(found, "wasm_metric_counter_total", status="OK", **labels) == 1
    assert value(found, "wasm_metric_latency_seconds_bucket", le="5e-05", **labels) == 0
    assert value(found, "wasm_metric_latency_seconds_bucket", le="0.0001", **labels) == 1
    assert value(found, "interlock_instances", wasm_module="probe") == 1
    engine.close()


def test_names_of_values_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that invents names does not make a series of each; nothing that it counts is lost."""
    folder = probe.write_probe(tmp_path / "modules")
    engine = Engine(EngineConfig(modules=(folder,), standard=False), clock=VirtualClock(10**18))
    metrics = CallMetrics(engine)
    names = iter(range(1_000_000))

    def invented(_: Instance) -> contract_pb2.ModuleMetrics:
        found = [f"name_{next(names)}" for _ in range(40)] + ["", "Not A Name", "x" * 100]
        return contract_pb2.ModuleMetrics(values=[{"name": name, "value": 1} for name in found])

    monkeypatch.setattr(Instance, "metrics", invented)
    for number in range(10):
        engine.start(engine.modules["probe"].methods["Echo"], probe.message(instance=f"i{number}"))
    values = [s for s in samples(write(metrics.registry).decode()) if s.name == "interlock_module_value"]
    assert len(values) <= 65
    assert sum(s.value for s in values) == 10 * 43
    engine.close()


@pytest.mark.parametrize(("place", "faults"), [("0x100_0000_0009", 1), ("0x100_0000_0001", 1), ("-1", 1)])
def test_module_that_says_nonsense(tmp_path: Path, watcher: Watcher, place: str, faults: int) -> None:
    """A scrape does not end for a module whose numbers do not decode, or lie outside of its memory."""
    (tmp_path / "nonsense.wasm").write_bytes(
        packed(
            '(data (i32.const 64) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7f") (data (i32.const 256) "\\ff")',
            f'(func (export "interlock_metrics") (result i64) i64.const {place})',
        )
    )
    config = EngineConfig(modules=(tmp_path,), standard=False)
    engine = Engine(config, clock=VirtualClock(10**18), observer=watcher)
    engine.start(engine.modules["test"].methods["Do"], b"\x0a\x01a")
    metrics = CallMetrics(engine)
    found = samples(write(metrics.registry).decode())
    assert value(found, "interlock_instances", wasm_module="test") == 1
    assert not [sample for sample in found if sample.name == "interlock_module_value"]
    assert len(watcher.faults) == faults
    again = samples(write(metrics.registry).decode())  # the first page was made before it was over
    assert value(again, "interlock_module_faults_total", wasm_module="test") >= faults
    engine.close()


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ([("interlock-language", "typescript"), ("user-agent", "grpc-go/1.60")], "typescript"),
        ([("user-agent", "grpc-go/1.60"), ("interlock-language", "klingon")], "other"),
        ([("user-agent", "grpc-python-asyncio/1.85.1 grpc-c/53.0.0 (linux; chttp2)")], "python"),
        ([("user-agent", "grpc-python/1.85.1 grpc-c/53.0.0")], "python"),
        ([("user-agent", "billing/2.1 grpc-java-netty/1.60.0")], "java"),
        ([("user-agent", "grpc-node-js/1.9.0")], "typescript"),
        ([("user-agent", "tonic/0.12.0")], "rust"),
        ([("user-agent", "grpc-c++/1.60.0 grpc-c/37.0.0 (linux; chttp2)")], "cpp"),
        ([("user-agent", "curl/8")], "other"),
        ([], "other"),
    ],
)
def test_language(metadata: Any, language: str) -> None:
    assert language_of(metadata) == language


@pytest.mark.parametrize(
    ("metadata", "context"),
    [
        ([("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")], CallContext(TRACE, True)),
        ([("traceparent", f"00-{TRACE}-00f067aa0ba902b7-00")], CallContext(TRACE, False)),
        ([("traceparent", f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later")], CallContext(TRACE, True)),
        ([("traceparent", f"ff-{TRACE}-00f067aa0ba902b7-01")], NO_CONTEXT),
        ([("traceparent", f"00-{'0' * 32}-00f067aa0ba902b7-01")], NO_CONTEXT),
        ([("traceparent", f"00-{TRACE.upper()}-00f067aa0ba902b7-01")], NO_CONTEXT),
        ([("x-correlation-id", "order-7")], CallContext("", False, "order-7")),
        ([("x-correlation-id", "x" * 1000)], CallContext("", False, "x" * 128)),
    ],
)
def test_trace_context(metadata: Any, context: CallContext) -> None:
    assert context_of(metadata) == context

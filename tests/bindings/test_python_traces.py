"""One trace from a program's own span to the module's entries, wherever the module runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import baggage, context

from interlock.transport import wire
from tests.host import probe
from tests.host.collector import Collector, Span, collecting, tracing

SERVER, CLIENT = 2, 3
BASE = (("interlock-language", "python"),)
QUEUE = "interlock.queue.v1.QueueService"


def run(kind: str, url: str, endpoint: str, *modules: str, **more: str) -> None:
    """Run the program to its end, by which its spans have been sent."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **more,
    }
    command = [sys.executable, "-m", "tests.bindings.traced_program", kind, url, *modules]
    subprocess.run(command, env={**os.environ, **settings}, check=True, timeout=60)


@pytest.fixture(scope="module", params=["sync", "aio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Threads, or an event loop."""
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=["local:", "local:PATH", "unix:"])
def placement(request: pytest.FixtureRequest) -> str:
    """Where the modules run."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def collector(kind: str, placement: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """What one run of the program, and its daemon if it has one, exported."""
    folder = tmp_path_factory.mktemp("traces")
    modules = probe.write_probe(folder / "modules", entry_budget_ms=100)  # entered on a thread
    with collecting() as (collector, endpoint):
        if placement != "unix:":
            run(kind, placement.replace("PATH", f"{folder}/state"), endpoint, str(modules))
        else:
            with tracing(folder, modules, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as daemon:
                run(kind, f"unix://{folder}/s", endpoint)
                assert daemon.stop() == 0
        yield collector


def served(collector: Collector, client: Span) -> Span:
    """The SERVER span below a CLIENT span."""
    (span,) = collector.below(client)
    assert (client.kind, span.kind, span.name) == (CLIENT, SERVER, client.name)
    return span


def test_one_trace(collector: Collector) -> None:
    work = collector.one("work")
    clients = collector.below(work)
    assert {span.trace_id for span in collector.spans} == {work.trace_id}
    assert [span.name.partition("/")[2] for span in clients].count("Push") == 1
    for client in clients:
        span = served(collector, client)
        assert span.attributes["interlock.instance"] in ("orders", "one")
        assert span.attributes["interlock.baggage.tenant"] == "acme"
        assert client.began <= span.began
        below = collector.below(span)
        assert below[0].name == "entry"
        assert below[0].attributes["interlock.export"] == span.attributes["rpc.method"]
    # Everything hangs together below the program's span.
    assert all(span.parent for span in collector.spans if span is not work)


def test_the_journal_is_waited_for(collector: Collector, placement: str) -> None:
    (push,) = [s for s in collector.spans if s.name == f"{QUEUE}/Push" and s.kind == SERVER]
    below = [span.name for span in collector.below(push)]
    assert below == (["entry", "journal"] if placement == "local:PATH" else ["entry"])
    assert not push.failed


def test_a_module_on_a_thread(collector: Collector) -> None:
    (client,) = [s for s in collector.spans if s.name.endswith("/Echo") and s.kind == CLIENT]
    assert served(collector, client).attributes["interlock.module"] == "probe"


@pytest.mark.parametrize("setting", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_SAMPLER": "always_off"}])
def test_none_of_it(tmp_path: Path, kind: str, setting: dict[str, str]) -> None:
    """The program works as before where its own SDK leaves everything out."""
    modules = probe.write_probe(tmp_path / "modules")
    with (
        collecting() as (collector, endpoint),
        tracing(tmp_path, modules, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as daemon,
    ):
        run(kind, f"unix://{tmp_path}/s", endpoint, **setting)
        assert daemon.stop() == 0
    assert {span.service for span in collector.spans} <= {"interlock"}


def test_baggage_needs_no_span() -> None:
    assert wire.with_trace(BASE) is BASE
    token = context.attach(baggage.set_baggage("interlock.tenant", "acme"))
    try:
        assert wire.with_trace(BASE) == (*BASE, ("baggage", "interlock.tenant=acme"))
    finally:
        context.detach(token)
    assert wire.with_trace(BASE) is BASE


def test_a_wait_is_parked(collector: Collector) -> None:
    pops = [s for s in collector.spans if s.name == f"{QUEUE}/Pop" and s.kind == SERVER]
    waited = [s for s in pops if "parked" in [below.name for below in collector.below(s)]]
    parked = next(below for below in collector.below(waited[-1]) if below.name == "parked")
    assert parked.ended > parked.began


def test_a_refusal(collector: Collector) -> None:
    """It is the caller's error, and none of the server's."""
    clients = [s for s in collector.spans if s.name == f"{QUEUE}/Configure" and s.kind == CLIENT]
    first, second = sorted(clients, key=lambda span: span.began)
    assert (first.failed, second.failed) == (False, True)
    span = served(collector, second)
    assert not span.failed
    assert span.attributes["rpc.grpc.status_code"] == second.attributes["rpc.grpc.status_code"] != 0


def test_a_stream(collector: Collector) -> None:
    streams = [s for s in collector.spans if s.name == f"{QUEUE}/Subscribe"]
    (client,) = [span for span in streams if span.kind == CLIENT]
    below = collector.below(served(collector, client))
    assert below[0].name == "entry"
    assert "parked" in [span.name for span in below]

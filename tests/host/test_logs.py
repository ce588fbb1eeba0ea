"""Structured logs, and what is held back of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from interlock_host import logs
from interlock_host.calls import EVENT
from interlock_host.engine import Engine, EngineConfig
from interlock_host.logs import Repeats
from interlock_host.tracing import CallTracer
from tests.host import puppet
from tests.host.serving import refused, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a host at level debug writes to standard error."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    yield stream
    root.handlers[:], root.level = before


def lines(stream: io.StringIO, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


async def test_calls_carry_their_ids(tmp_path: Path, stream: io.StringIO) -> None:
    ids = (("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"), ("x-correlation-id", "order-7"))
    async with serving(tmp_path) as served:
        await served.call("Echo", metadata=ids)
    (line,) = lines(stream, "call")
    assert (line["trace_id"], line["correlation_id"]) == (TRACE, "order-7")
    assert (line["module"], line["method"], line["status"]) == ("probe", "Echo", "OK")


async def test_repeated_faults_are_held_back(tmp_path: Path, stream: io.StringIO) -> None:
    async with serving(tmp_path) as served:
        for _ in range(30):
            async with refused():
                await served.call("Trap")
    assert 0 < len(lines(stream, "call failed")) < 15
    assert all(line["level"] == "warning" for line in lines(stream, "call failed"))


def test_libraries_take_the_form(stream: io.StringIO) -> None:
    logging.getLogger("grpc").warning("from %s", "afar")
    (line,) = lines(stream, "from afar")
    assert line["level"] == "warning"


def test_console_form() -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.configure("info", "console", stream)
    logs.logger("part").info("said", count=1)
    logs.logger("part").debug("not said")
    root.handlers[:], root.level = before
    assert "said" in stream.getvalue() and "count=1" in stream.getvalue()
    assert "not said" not in stream.getvalue()


def test_repeats() -> None:
    now = [0.0]
    repeats = Repeats(burst=2, seconds=60, clock=lambda: now[0])
    assert [repeats.admit("a") for _ in range(5)] == [0, 0, None, None, None]
    assert repeats.admit("b") == 0
    now[0] = 60
    assert [repeats.admit("a"), repeats.admit("a"), repeats.admit("a")] == [3, 0, None]


def test_what_a_module_says_names_the_trace(tmp_path: Path, stream: io.StringIO) -> None:
    puppet.build(tmp_path)
    engine = Engine(EngineConfig(modules=(tmp_path,), standard=False), observer=logs.LogObserver())
    method = engine.method(f"{puppet.SERVICE}Do")
    assert method is not None
    trace = CallTracer(TracerProvider(shutdown_on_exit=False).get_tracer("test")).begin(method)
    assert trace is not None
    says = [puppet.op("O", puppet.record(call, EVENT, b"half way")) for call in (1, 0)]
    engine.start(method, puppet.request(*says, puppet.answer()), trace=trace)
    engine.close()
    mine, nobodys = lines(stream, "module event")
    assert mine["trace_id"] == trace.trace_id
    assert "trace_id" not in nobodys

"""Structured logs, and what is held back of them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
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


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def console(stream: io.StringIO, say: Callable[[structlog.stdlib.BoundLogger], object]) -> str:
    """What one line is on a console."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.configure("info", "console", stream)
    say(logs.logger("part"))
    root.handlers[:], root.level = before
    return stream.getvalue()


def test_console_form() -> None:
    assert console(io.StringIO(), lambda log: log.debug("not said")) == ""
    said = console(io.StringIO(), lambda log: log.info("said", count=1))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\S+Z \[info\] said count=1\n", said)


def test_a_line_on_a_terminal_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    names = {"module": "rebalance", "digest": "0123456789ab" + "c" * 52, "seconds": 0.004}
    said = console(Screen(), lambda log: log.info("module served", **names))
    assert said[8:] == " [info] module served module=rebalance digest=0123456789ab seconds=0.004\n"
    assert len(said) <= 81
    said = console(Screen(), lambda log: log.info("serving", listen=["unix:/a", "h:1"], modules=()))
    assert said[8:] == " [info] serving listen=unix:/a,h:1 modules=\n"


@pytest.mark.parametrize(
    ("term", "colours"), [("xterm-256color", True), ("dumb", False), ("unknown", False), ("", False)]
)
def test_colours(monkeypatch: pytest.MonkeyPatch, term: str, colours: bool) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert ("\x1b[" in console(Screen(), lambda log: log.info("said"))) == colours
    assert "\x1b[" not in console(io.StringIO(), lambda log: log.info("said"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in console(Screen(), lambda log: log.info("said"))


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

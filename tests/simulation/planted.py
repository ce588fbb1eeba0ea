"""Bugs to plant, so that it is known what the simulator finds: each wraps an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from interlock_host.calls import Call
from interlock_host.engine import Engine
from interlock_host.module import Method

Start = Callable[..., Call]


def _wrap(engine: Engine, wrapped: Callable[[Start, Method, bytes, Any], Call]) -> None:
    start = engine.start
    engine.start = lambda method, request, sink=None: wrapped(start, method, request, sink)  # type: ignore[method-assign,assignment,misc]


def lose_nacked(engine: Engine) -> None:
    """An item that is given back is lost: Nack does what Ack does."""

    def start(start: Start, method: Method, request: bytes, sink: Any) -> Call:
        if method.name == "Nack":
            method = method.module.methods["Ack"]
        return start(method, request, sink)

    _wrap(engine, start)


def apply_twice(engine: Engine) -> None:
    """Requests of some lengths are entered twice, as a retry would be that nobody recognised."""

    def start(start: Start, method: Method, request: bytes, sink: Any) -> Call:
        if method.name in {"Add", "Push"} and len(request) % 8 == 3:
            start(method, request, lambda record: None)
        return start(method, request, sink)

    _wrap(engine, start)


def read_changes(engine: Engine) -> None:
    """A read leaves something behind: Get makes the key that it asks for, if there is none."""

    def start(start: Start, method: Method, request: bytes, sink: Any) -> Call:
        if method.name == "Get":
            start(method.module.methods["CompareAndSet"], request[: 2 + request[1]], lambda record: None)
        return start(method, request, sink)

    _wrap(engine, start)


def late_timers(engine: Engine) -> None:
    """What is due comes a nanosecond late."""
    schedule = engine.schedule
    engine.schedule = lambda instance, deadline: schedule(instance, deadline + 1)  # type: ignore[method-assign]


BUGS: dict[str, Callable[[Engine], None]] = {
    bug.__name__: bug for bug in (lose_nacked, apply_twice, read_changes, late_timers)
}

"""Bugs to plant, so that it is known what the simulator finds: each wraps an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.durability.store import Kind, Store
from interlock_host.engine import Engine
from interlock_host.module import Method
from tests.simulation.disk import SimDisk

Start = Callable[..., Call]


def _wrap(engine: Engine, wrapped: Callable[[Start, Method, bytes, Any], Call]) -> None:
    start = engine.start

    def through(
        method: Method, request: bytes, sink: Any = None, trace: Any = None, scope: bytes = b""
    ) -> Call:
        return wrapped(partial(start, trace=trace, scope=scope), method, request, sink)

    engine.start = through  # type: ignore[method-assign]


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


def acknowledge_early(engine: Engine) -> None:
    """Answers leave before the disk has what they tell of."""
    barrier = _store(engine).barrier
    hold = barrier.hold
    barrier.hold = lambda lsn, deliveries: hold(0, deliveries)  # type: ignore[method-assign]


def leaky_read(engine: Engine) -> None:
    """A read is answered at once, whatever of the state that it sees may yet be lost."""
    barrier = _store(engine).barrier
    hold = barrier.hold

    def held(lsn: int, deliveries: Iterable[tuple[Call, Record]]) -> None:
        kept = list(deliveries)
        if all(call.method.read for call, _ in kept):
            for call, record in kept:
                call.deliver(record)
        else:
            hold(lsn, kept)

    barrier.hold = held  # type: ignore[method-assign]


def no_fsync(engine: Engine) -> None:
    """The journal is written and not synced."""
    _disk(engine).lazy.add("sync")


def no_folder_sync(engine: Engine) -> None:
    """A new segment's data is synced, and its name is not."""
    _disk(engine).lazy.add("sync_folder")


def retry_is_new(engine: Engine) -> None:
    """After a restart nobody knows the answers of before: a retry is entered again."""
    for instance in engine.instances():
        instance.forget_answers()


def forgotten_cancel(engine: Engine) -> None:
    """A cancel is not journaled, so what it did is undone by a restart."""
    store = _store(engine)
    append = store.append

    def appended(kind: Kind, instance: int, previous: int, now: int, **rest: Any) -> int:
        if kind == Kind.CANCEL and rest["method"] == CancelReason.DISCONNECT:
            return previous
        return append(kind, instance, previous, now, **rest)

    store.append = appended  # type: ignore[method-assign]


def _disk(engine: Engine) -> SimDisk:
    disk = _store(engine).disk
    assert isinstance(disk, SimDisk)
    return disk


def _store(engine: Engine) -> Store:
    assert engine.life is not None
    return engine.life.store


BUGS: dict[str, Callable[[Engine], None]] = {
    bug.__name__: bug for bug in (lose_nacked, apply_twice, read_changes, late_timers)
}
"""Of any engine."""
DISK_BUGS: dict[str, Callable[[Engine], None]] = {
    bug.__name__: bug
    for bug in (acknowledge_early, leaky_read, no_fsync, no_folder_sync, retry_is_new, forgotten_cancel)
}
"""Of an engine with a data directory."""

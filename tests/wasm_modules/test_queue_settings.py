"""Queue: Configure, the host's configuration, metrics."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from queue_session import CHARGE, Session

from interlock.queue.v1 import queue_pb2 as pb
from interlock.queue.v1.queue_pb2 import Item
from interlock_host.errors import HostError


@pytest.fixture
def open_queue() -> Iterator[Callable[[bytes], Session]]:
    sessions: list[Session] = []

    def open_with(config: bytes = b"") -> Session:
        sessions.append(Session(config=config))
        return sessions[-1]

    yield open_with
    for session in sessions:
        session.close()


@pytest.fixture
def q(open_queue: Callable[[], Session]) -> Session:
    return open_queue()


DEFAULTS = pb.ConfigureResponse(capacity_bytes=1 << 20, overflow=pb.OVERFLOW_WAIT, lease_ms=30_000)
FIELDS: dict[str, Any] = {
    "capacity_bytes": 2 << 20,
    "max_items": 7,
    "overflow": pb.OVERFLOW_REJECT,
    "lease_ms": 500,
    "max_deliveries": 3,
    "dedupe_window_ms": 60_000,
}


def test_defaults(q: Session) -> None:
    assert q.ask("Configure") == DEFAULTS


def test_asking_binds_nobody(q: Session) -> None:
    assert q.ask("Configure") == DEFAULTS
    assert q.ask("Configure", lease_ms=7).lease_ms == 7
    assert q.start("Configure", lease_ms=8).reason == "CONFIG_CONFLICT"


def test_same_again(q: Session) -> None:
    want = pb.ConfigureResponse(**FIELDS)
    assert q.ask("Configure", **FIELDS) == want
    assert q.ask("Configure", **FIELDS) == want
    assert q.ask("Configure") == want


@pytest.mark.parametrize("field", FIELDS)
def test_conflict_names_the_field(q: Session, field: str) -> None:
    in_force = q.ask("Configure", **FIELDS)
    other = pb.OVERFLOW_WAIT if field == "overflow" else FIELDS[field] + 1
    refusal = q.start("Configure", **{field: other}).refusal
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.field) == (9, "CONFIG_CONFLICT", field)
    assert q.ask("Configure") == in_force


def test_undefined_overflow(q: Session) -> None:
    refusal = q.start_bytes("Configure", b"\x0a\x01q\x20\x09").refusal
    assert refusal is not None
    assert (refusal.reason, refusal.field) == ("INVALID_PROTO", "overflow")


def test_capacity_too_large(q: Session) -> None:
    assert q.start("Configure", capacity_bytes=33554433).reason == "INVALID_PROTO"
    assert q.ask("Configure", capacity_bytes=33554432).capacity_bytes == 33554432


def test_not_below_what_is_held(q: Session) -> None:
    q.push(b"1", b"2", b"3")
    leased = q.pop(1, lease_ms=1000)
    held = 3 * (1 + CHARGE)
    refusal = q.start("Configure", capacity_bytes=held - 1).refusal
    assert refusal is not None
    assert (refusal.reason, refusal.field) == ("CONFIG_CONFLICT", "capacity_bytes")
    refusal = q.start("Configure", max_items=2).refusal
    assert refusal is not None
    assert refusal.field == "max_items"
    assert q.ask("Configure", capacity_bytes=held, max_items=3).max_items == 3
    q.ack(leased)
    assert q.push(b"4").accepted == 1


def test_not_smaller_while_a_push_waits(q: Session) -> None:
    fill = [Item(data=bytes(400_000)), Item(data=bytes(400_000)), Item(data=bytes(400_000))]
    parked = q.start("Push", items=fill, wait_ms=1000)
    assert q.start("Configure", capacity_bytes=900_000).reason == "CONFIG_CONFLICT"
    assert q.ask("Configure", capacity_bytes=2_000_000).capacity_bytes == 2_000_000
    assert parked.reply.accepted == 3, "a larger capacity lets it go on"


@pytest.mark.parametrize("instance", ["", "q"])
def test_hosts_configuration(open_queue: Callable[[bytes], Session], instance: str) -> None:
    config = pb.ConfigureRequest(instance=instance, max_items=5).SerializeToString()
    q = open_queue(config)
    assert q.push(*[b"x"] * 6).accepted == 5
    assert q.start("Configure", max_items=6).reason == "CONFIG_CONFLICT"
    assert q.ask("Configure", max_items=5).max_items == 5


@pytest.mark.parametrize("config", [b"\x12", b"\x10\x81\x80\x80\x10", b"\x20\x09"])
def test_bad_configuration_of_the_host(open_queue: Callable[[bytes], Session], config: bytes) -> None:
    q = open_queue(config)
    with pytest.raises(HostError) as refused:
        q.start("Stats")
    assert refused.value.failure.reason == "START_FAILED"


def test_metrics(q: Session) -> None:
    q.ask("Configure", max_items=3, overflow=pb.OVERFLOW_DROP_OLDEST, max_deliveries=1)
    q.push(b"1", b"2", b"3", b"4")
    q.pop(1, lease_ms=10)
    q.advance(10)
    q.pop(1, lease_ms=10)
    q.start("Pop", wait_ms=100, dead_letters=True, lease_ms=10)
    q.start("Pop", wait_ms=100, dead_letters=True)
    assert q.metrics() == {
        "depth": 1,
        "leased": 2,
        "delayed": 0,
        "dead": 0,
        "bytes": 3 * (1 + CHARGE),
        "waiters": 1,
        "dropped": 1,
        "expired": 1,
    }


def test_an_idle_queue_is_small(q: Session) -> None:
    q.ask("Configure", capacity_bytes=32 << 20)
    idle = q.engine.instance("queue", "q").memory_bytes
    q.push(b"one")
    assert q.engine.instance("queue", "q").memory_bytes - idle <= 65536

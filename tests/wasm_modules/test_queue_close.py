"""Queue: Purge and Close."""

from collections.abc import Iterator

import pytest
from queue_session import Session

from interlock.queue.v1.queue_pb2 import Item


@pytest.fixture
def q() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_purge(q: Session) -> None:
    q.ask("Configure", max_deliveries=1)
    q.ask("Push", items=[Item(data=b"%d" % n) for n in range(5)] + [Item(delay_ms=1000)])
    q.nack(q.pop(1, lease_ms=1000))
    leased = q.pop(1, lease_ms=1000)
    assert q.ask("Purge").purged == 4
    assert (q.stats().depth, q.stats().delayed, q.stats().leased, q.stats().dead) == (0, 0, 1, 1)
    q.advance(2000)
    assert q.ask("Purge", dead_letters=True).purged == 2
    assert q.ack(leased).acked == 0
    assert q.stats().bytes == 0


def test_purge_makes_room(q: Session) -> None:
    q.ask("Configure", max_items=1)
    q.push(b"1")
    parked = q.start("Push", items=[Item(data=b"2")], wait_ms=1000)
    q.ask("Purge")
    assert parked.reply.accepted == 1
    assert q.popped() == [b"2"]


def test_close(q: Session) -> None:
    q.push(b"1", b"2")
    q.ask("Close")
    q.ask("Close")
    refusal = q.start("Push", items=[Item(data=b"3")]).refusal
    assert refusal is not None
    assert (refusal.code, refusal.reason) == (9, "CLOSED")
    (leased,) = q.pop(1, lease_ms=1000)
    assert q.popped() == [b"2"]
    assert q.popped() == [], "the leased item could come back"
    parked = q.start("Pop", wait_ms=5000)
    dead = q.start("Pop", wait_ms=5000, dead_letters=True)
    assert not parked.done
    q.ack([leased])
    assert parked.reason == "CLOSED"
    assert dead.reason == "CLOSED"
    assert q.start("Pop").reason == "CLOSED"
    assert q.start("Subscribe", credit=1).reason == "CLOSED"


def test_close_tells_those_who_wait(q: Session) -> None:
    parked = [q.start("Pop", wait_ms=1000), q.start("Subscribe", credit=1)]
    q.ask("Close")
    assert [one.reason for one in parked] == ["CLOSED", "CLOSED"]
    assert q.stats().waiters == 0


def test_close_ends_parked_pushes(q: Session) -> None:
    q.ask("Configure", max_items=1)
    part = q.start("Push", items=[Item(data=b"1"), Item(data=b"2")], wait_ms=1000)
    none = q.start("Push", items=[Item(data=b"3")], wait_ms=1000)
    q.ask("Close")
    assert part.reply.accepted == 1
    assert none.reason == "CLOSED"
    assert q.popped() == [b"1"]


def test_dead_letters_of_a_closed_queue(q: Session) -> None:
    q.ask("Configure", max_deliveries=1)
    q.push(b"1")
    q.ask("Close")
    parked = q.start("Pop", wait_ms=1000, dead_letters=True)
    q.nack(q.pop(1, lease_ms=1000))
    assert parked.data == [b"1"]
    assert q.start("Pop", wait_ms=1000).reason == "CLOSED"
    assert q.start("Pop", wait_ms=1000, dead_letters=True).reason == "CLOSED"

"""Queue: Subscribe."""

from collections.abc import Iterator

import pytest
from queue_session import Session

from interlock.queue.v1.queue_pb2 import Item


@pytest.fixture
def q() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_smoke(q: Session) -> None:
    q.push(b"1", b"2")
    stream = q.start("Subscribe", credit=10)
    assert stream.data == [b"1", b"2"]
    assert len(stream.messages) == 1
    q.push(b"3")
    assert stream.data == [b"1", b"2", b"3"]
    assert not stream.done
    assert q.stats().leased == 3


def test_credit(q: Session) -> None:
    stream = q.start("Subscribe", credit=2)
    q.push(b"1", b"2", b"3", b"4")
    assert stream.data == [b"1", b"2"]
    q.ack(stream.items[:1])
    assert stream.data == [b"1", b"2", b"3"]
    q.nack(stream.items[1:2])
    assert stream.data == [b"1", b"2", b"3", b"2"]
    q.ack(stream.items[2:])
    assert stream.data == [b"1", b"2", b"3", b"2", b"4"]


def test_ack_by_a_pop_returns_credit(q: Session) -> None:
    stream = q.start("Subscribe", credit=1)
    q.push(b"1", b"2")
    q.pop(1, dead_letters=True, ack=[stream.items[0].receipt])
    assert stream.data == [b"1", b"2"]


def test_lease_that_runs_out_returns_credit(q: Session) -> None:
    stream = q.start("Subscribe", credit=1, lease_ms=100)
    q.push(b"1", b"2")
    q.advance(100)
    assert [(i.data, i.attempt) for i in stream.items] == [(b"1", 1), (b"1", 2)]


def test_the_queues_lease(q: Session) -> None:
    q.ask("Configure", lease_ms=200)
    stream = q.start("Subscribe", credit=1)
    q.push(b"1")
    q.advance(199)
    assert len(stream.items) == 1
    q.advance(1)
    assert len(stream.items) == 2


def test_turns(q: Session) -> None:
    """Who was served goes behind those who wait."""
    first = q.start("Subscribe", credit=10)
    second = q.start("Subscribe", credit=10)
    pop = q.start("Pop", wait_ms=1000)
    for n in range(5):
        q.push(b"%d" % n)
    assert (first.data, second.data, pop.data) == ([b"0", b"3"], [b"1", b"4"], [b"2"])


def test_credit_that_returns_queues_behind(q: Session) -> None:
    first = q.start("Subscribe", credit=1)
    q.push(b"0")
    second = q.start("Subscribe", credit=1)
    q.ack(first.items)
    q.push(b"1")
    assert (first.data, second.data) == ([b"0"], [b"1"])


def test_batches_are_bounded(q: Session) -> None:
    q.push(*[b"x" * 1000 for _ in range(500)])
    stream = q.start("Subscribe", credit=1000)
    assert len(stream.items) == 500
    assert 8 <= len(stream.messages) <= 9
    assert all(message.ByteSize() <= 65536 for message in stream.messages)


def test_large_items_come_singly(q: Session) -> None:
    q.push(b"x" * 100_000, b"y" * 100_000)
    stream = q.start("Subscribe", credit=5)
    assert [len(message.items) for message in stream.messages] == [1, 1]


def test_cancel_gives_back(q: Session) -> None:
    stream = q.start("Subscribe", credit=5)
    q.push(b"1", b"2", b"3")
    q.ack(stream.items[1:2])
    waiting = q.start("Pop", wait_ms=1000, max_items=5)
    stream.cancel()
    assert [(i.data, i.attempt) for i in waiting.items] == [(b"1", 2), (b"3", 2)]
    assert q.ack(stream.items).acked == 0


def test_cancel_counts_as_an_attempt(q: Session) -> None:
    q.ask("Configure", max_deliveries=1)
    q.push(b"kills its consumer")
    q.start("Subscribe", credit=1).cancel()
    assert (q.stats().dead, q.stats().depth) == (1, 0)


def test_cancel_without_credit(q: Session) -> None:
    stream = q.start("Subscribe", credit=1)
    q.push(b"1", b"2")
    stream.cancel()
    assert q.stats().waiters == 0
    assert q.popped() == [b"1", b"2"]


def test_close_ends_when_drained(q: Session) -> None:
    stream = q.start("Subscribe", credit=1)
    q.ask("Push", items=[Item(data=b"1"), Item(data=b"2", delay_ms=50)])
    q.ask("Close")
    q.ack(stream.items)
    assert not stream.done
    q.advance(50)
    assert stream.data == [b"1", b"2"]
    assert not stream.done
    q.ack(stream.items)
    assert stream.reason == "CLOSED"
    assert q.stats().waiters == 0


@pytest.mark.parametrize("credit", [0, 4097])
def test_credit_out_of_range(q: Session, credit: int) -> None:
    refusal = q.start("Subscribe", credit=credit).refusal
    assert refusal is not None
    assert (refusal.reason, refusal.field) == ("INVALID_PROTO", "credit")

"""Queue: Pop, leases, dead letters."""

from collections.abc import Iterator

import pytest
from queue_session import CHARGE, Session

from interlock.queue.v1 import queue_pb2 as pb
from interlock.queue.v1.queue_pb2 import Item
from interlock_host.calls import CancelReason


@pytest.fixture
def q() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_most(q: Session) -> None:
    q.push(b"1", b"2", b"3")
    assert q.popped(0) == [b"1"], "0 means 1"
    assert q.popped(2**32 - 1) == [b"2", b"3"]


def test_empty(q: Session) -> None:
    assert q.pop() == []


def test_waits(q: Session) -> None:
    parked = [q.start("Pop", wait_ms=1000) for _ in range(3)]
    assert q.stats().waiters == 3
    q.push(b"1", b"2")
    assert [one.data for one in parked] == [[b"1"], [b"2"], []]
    q.push(b"3")
    assert parked[2].data == [b"3"]
    assert q.finished.index(parked[0]) < q.finished.index(parked[1])


def test_wait_ends_empty(q: Session) -> None:
    parked = q.start("Pop", wait_ms=100)
    q.advance(99)
    assert not parked.done
    q.advance(1)
    assert list(parked.reply.items) == []
    assert q.stats().waiters == 0
    q.push(b"1")
    assert q.stats().depth == 1


def test_an_item_due_with_the_wait_is_delivered(q: Session) -> None:
    q.ask("Push", items=[Item(data=b"1", delay_ms=100)])
    parked = q.start("Pop", wait_ms=100)
    q.advance(100)
    assert parked.data == [b"1"]


def test_cancelled_pop_takes_nothing(q: Session) -> None:
    first = q.start("Pop", wait_ms=1000, lease_ms=1000)
    second = q.start("Pop", wait_ms=1000)
    first.cancel(CancelReason.DEADLINE)
    assert q.stats().waiters == 1
    q.push(b"1")
    assert first.data == []
    assert second.data == [b"1"]


def test_lease(q: Session) -> None:
    q.push(b"1", b"2")
    (item,) = q.pop(1, lease_ms=1000)
    assert item.receipt
    assert (q.stats().leased, q.stats().depth) == (1, 1)
    reply = q.ack([item])
    assert (reply.acked, list(reply.unknown)) == (1, [])
    assert q.stats().leased == 0
    assert q.stats().bytes == 1 + CHARGE


def test_lease_runs_out(q: Session) -> None:
    q.push(b"1", b"2")
    (item,) = q.pop(1, lease_ms=1000)
    q.advance(999)
    assert q.stats().leased == 1
    q.advance(1)
    assert q.metrics()["expired"] == 1
    again = q.pop(2, lease_ms=1000)
    assert [(i.data, i.attempt, i.sequence) for i in again] == [(b"1", 2, 1), (b"2", 1, 2)]
    reply = q.ack([item])
    assert (reply.acked, list(reply.unknown)) == (0, [item.receipt]), "the old receipt is of no lease"
    assert q.ack(again).acked == 2


def test_receipts_are_not_reused(q: Session) -> None:
    seen = set()
    for _ in range(50):
        q.push(b"x")
        (item,) = q.pop(1, lease_ms=1000)
        assert item.receipt not in seen
        seen.add(item.receipt)
        q.ack([item])


def test_ack_twice_in_a_request(q: Session) -> None:
    q.push(b"1")
    (item,) = q.pop(1, lease_ms=1000)
    reply = q.ask("Ack", receipts=[item.receipt, item.receipt, 77])
    assert (reply.acked, list(reply.unknown)) == (1, [item.receipt, 77])


def test_pop_acks_first(q: Session) -> None:
    q.ask("Configure", max_items=1)
    q.push(b"1")
    (item,) = q.pop(1, lease_ms=1000)
    parked = q.start("Push", items=[Item(data=b"2")], wait_ms=1000)
    (second,) = q.pop(1, lease_ms=1000, ack=[item.receipt, 99])
    assert second.data == b"2"
    assert parked.reply.accepted == 1


def test_pop_that_acks_does_not_overtake(q: Session) -> None:
    q.ask("Configure", max_items=1)
    q.push(b"1")
    (item,) = q.pop(1, lease_ms=1000)
    earlier = q.start("Pop", wait_ms=1000)
    q.start("Push", items=[Item(data=b"2"), Item(data=b"3")], wait_ms=1000)
    assert [i.data for i in q.pop(1, ack=[item.receipt])] == [b"3"]
    assert earlier.data == [b"2"]


def test_nack(q: Session) -> None:
    q.push(b"1", b"2", b"3")
    items = q.pop(2, lease_ms=1000)
    reply = q.ask("Nack", receipts=[items[1].receipt, 99, items[0].receipt])
    assert (reply.nacked, list(reply.unknown)) == (2, [99])
    assert [(i.data, i.attempt) for i in q.pop(3)] == [(b"1", 2), (b"2", 2), (b"3", 1)]


def test_nack_with_delay(q: Session) -> None:
    q.push(b"1")
    q.nack(q.pop(1, lease_ms=1000), delay_ms=500)
    assert (q.stats().delayed, q.stats().leased) == (1, 0)
    q.advance(499)
    assert q.popped() == []
    q.advance(1)
    assert q.popped() == [b"1"]


def test_extend(q: Session) -> None:
    q.push(b"1")
    (item,) = q.pop(1, lease_ms=1000)
    q.advance(900)
    reply = q.ask("Extend", receipts=[item.receipt, 99], lease_ms=1000)
    assert (reply.extended, list(reply.unknown)) == (1, [99])
    q.advance(999)
    assert q.stats().leased == 1
    q.advance(1)
    assert q.stats().leased == 0


def test_extend_uses_the_queues_lease(q: Session) -> None:
    q.ask("Configure", lease_ms=5000)
    q.push(b"1")
    (item,) = q.pop(1, lease_ms=1000)
    q.ask("Extend", receipts=[item.receipt])
    q.advance(4999)
    assert q.stats().leased == 1
    q.advance(1)
    assert q.stats().leased == 0


@pytest.mark.parametrize("give_back", ["nack", "nack with delay", "lease runs out"])
def test_dead_letters(q: Session, give_back: str) -> None:
    q.ask("Configure", max_deliveries=2)
    q.push(b"poison", b"good")
    for attempt in (1, 2):
        (item,) = q.pop(1, lease_ms=1000)
        assert (item.data, item.attempt) == (b"poison", attempt)
        if give_back == "lease runs out":
            q.advance(1000)
        else:
            last_is_at_once = attempt == 2 and give_back == "nack with delay"
            q.nack([item], delay_ms=10 if last_is_at_once else 0)
    assert (q.stats().dead, q.stats().depth) == (1, 1)
    assert q.popped() == [b"good"]
    assert [(i.data, i.attempt) for i in q.pop(5, dead_letters=True)] == [(b"poison", 3)]
    assert q.stats().dead == 0


def test_leased_dead_letter_returns_to_the_dead(q: Session) -> None:
    q.ask("Configure", max_deliveries=1)
    q.push(b"1", b"2")
    q.nack(q.pop(2, lease_ms=1000))
    (item,) = q.pop(1, lease_ms=1000, dead_letters=True)
    assert (q.stats().dead, q.stats().leased) == (1, 1)
    q.nack([item], delay_ms=1000)
    assert q.stats().dead == 2
    leased = q.pop(2, lease_ms=1000, dead_letters=True)
    assert [i.data for i in leased] == [b"1", b"2"]
    q.advance(1000)
    assert q.stats().dead == 2
    leased = q.pop(2, lease_ms=1000, dead_letters=True)
    assert q.ack(leased).acked == 2
    assert q.stats().bytes == 0


def test_waits_for_dead_letters(q: Session) -> None:
    q.ask("Configure", max_deliveries=1)
    parked = q.start("Pop", wait_ms=1000, dead_letters=True)
    q.push(b"1")
    assert not parked.done
    q.nack(q.pop(1, lease_ms=1000))
    assert parked.data == [b"1"]


def test_at_most_once_still_counts_attempts(q: Session) -> None:
    q.push(b"1")
    q.nack(q.pop(1, lease_ms=1000))
    (item,) = q.pop(1)
    assert (item.attempt, item.receipt) == (2, 0)
    assert q.stats().bytes == 0


def test_reply_stops_at_the_largest_message(q: Session) -> None:
    q.ask("Configure", capacity_bytes=16 << 20)
    for n in range(5):
        q.push(bytes([n]) * 1_000_000)
    for lease_ms in (0, 1000):
        (items) = q.pop(5, lease_ms=lease_ms)
        assert len(items) == (4 if lease_ms == 0 else 1)
    assert (q.stats().depth, q.stats().leased) == (0, 1)


@pytest.mark.parametrize("lease_ms", [0, 1000])
def test_replies_larger_than_the_outbox(q: Session, lease_ms: int) -> None:
    """Five parked pops of four megabytes are answered two an entry, and nothing is lost on the way."""
    q.ask("Configure", capacity_bytes=32 << 20, max_items=5)
    item = Item(data=b"x" * 4_000_000)
    for _ in range(5):
        q.ask("Push", items=[item])
    leased = q.pop(1, lease_ms=100) + q.pop(1, lease_ms=100)
    leased += q.pop(1, lease_ms=100) + q.pop(1, lease_ms=100) + q.pop(1, lease_ms=100)
    parked = [q.start("Pop", wait_ms=1000, lease_ms=lease_ms) for _ in range(5)]
    q.nack(leased)
    assert [[i.sequence for i in one.items] for one in parked] == [[1], [2], [3], [4], [5]]
    assert q.stats().bytes == (5 * (4_000_000 + CHARGE) if lease_ms else 0)


def test_stats_changes_nothing(q: Session) -> None:
    q.push(b"1")
    before = q.stats()
    assert q.stats() == before == pb.StatsResponse(depth=1, bytes=1 + CHARGE)

"""Queue: much of everything, and still no entry that runs into its budget."""

from collections.abc import Iterator

import pytest
from queue_session import CHARGE, Pending, Session

from interlock.queue.v1.queue_pb2 import Item

MESSAGE = 4096
"""Items of one request or reply."""


@pytest.fixture
def q() -> Iterator[Session]:
    session = Session()
    session.ask("Configure", capacity_bytes=32 << 20)
    yield session
    session.close()


def fill(q: Session, items: int, data: bytes = b"x") -> None:
    for start in range(0, items, MESSAGE):
        count = min(MESSAGE, items - start)
        assert q.push(*[data] * count).accepted == count


def lease_all(q: Session, lease_ms: int) -> list[int]:
    receipts: list[int] = []
    while items := q.pop(MESSAGE, lease_ms=lease_ms):
        receipts += [item.receipt for item in items]
    return receipts


def test_parked_pops(q: Session) -> None:
    parked = [q.start("Pop", wait_ms=60_000) for _ in range(10_000)]
    for number in range(0, 10_000, 2500):
        q.push(*[b"%d" % n for n in range(number, number + 2500)])
    assert [one.data for one in parked] == [[b"%d" % n] for n in range(10_000)]
    assert q.stats().waiters == 0


def test_parked_pops_time_out(q: Session) -> None:
    parked = [q.start("Pop", wait_ms=100) for _ in range(10_000)]
    q.advance(100)
    assert all(one.done and not one.data for one in parked)
    assert [one for one in q.finished if one in set(parked)] == parked


def test_parked_calls_are_told_closed(q: Session) -> None:
    parked: list[Pending] = [q.start("Pop", wait_ms=60_000) for _ in range(10_000)]
    parked += [q.start("Subscribe", credit=1) for _ in range(100)]
    q.ask("Close")
    assert {one.reason for one in parked} == {"CLOSED"}


def test_parked_pushes(q: Session) -> None:
    fill(q, 32 * 2**20 // (CHARGE + 1000), b"x" * 1000)
    parked = [q.start("Push", items=[Item(data=b"y" * 1000)], wait_ms=60_000) for _ in range(2_000)]
    q.pop(MESSAGE)
    assert all(one.reply.accepted == 1 for one in parked)
    sequences = [one.reply.first_sequence for one in parked]
    assert sequences == sorted(sequences)


def test_many_leases_run_out_together(q: Session) -> None:
    fill(q, 100_000)
    receipts = lease_all(q, lease_ms=1000)
    assert len(set(receipts)) == 100_000
    q.advance(1000)
    assert q.stats().depth == 100_000
    assert q.metrics()["expired"] == 100_000
    assert [item.sequence for item in q.pop(MESSAGE)] == list(range(1, MESSAGE + 1))


def test_many_given_back_in_reverse(q: Session) -> None:
    fill(q, 20_000)
    receipts = lease_all(q, lease_ms=1000)[::-1]
    for start in range(0, len(receipts), MESSAGE):
        q.ask("Nack", receipts=receipts[start : start + MESSAGE])
    sequences = [item.sequence for _ in range(5) for item in q.pop(MESSAGE)]
    assert sequences == list(range(1, 20_001))


def test_many_delays_end_together(q: Session) -> None:
    for _ in range(5):
        q.ask("Push", items=[Item(data=b"x", delay_ms=50)] * MESSAGE)
    q.advance(50)
    assert q.stats().depth == 5 * MESSAGE


def test_many_purged(q: Session) -> None:
    fill(q, 50_000)
    lease_all(q, lease_ms=10)
    q.advance(10)
    fill(q, 50_000)
    assert q.ask("Purge").purged == 100_000
    assert q.stats().bytes == 0
    fill(q, 1000)
    assert len(q.pop(MESSAGE)) == 1000


def test_many_ids() -> None:
    session = Session("ids")
    session.ask("Configure", capacity_bytes=32 << 20, dedupe_window_ms=1000)
    for batch in range(25):
        items = [Item(id=f"{batch}.{n}") for n in range(MESSAGE)]
        assert session.ask("Push", items=items).duplicates == 0
        assert session.ask("Push", items=items).duplicates == MESSAGE
    session.advance(1000)
    assert session.ask("Push", items=[Item(id="0.0")]).duplicates == 0
    session.close()


def test_full_of_the_smallest_items(q: Session) -> None:
    """As many items as there can be, all leased at once, in the memory that the contract allows."""
    most = 32 * 2**20 // CHARGE
    for _ in range(most // MESSAGE):
        assert q.ask("Push", items=[Item()] * MESSAGE).accepted == MESSAGE
    assert q.ask("Push", items=[Item()] * MESSAGE).accepted == most % MESSAGE
    while q.start("Pop", max_items=MESSAGE, lease_ms=1000).reply.items:
        pass
    assert q.stats().leased == most
    assert q.engine.instance("queue", q.name).memory_bytes <= 128 << 20
    q.advance(1000)
    assert q.stats().depth == most


def test_memory_comes_back(q: Session) -> None:
    for _ in range(3):
        fill(q, 30_000, b"x" * 100)
        lease_all(q, lease_ms=10)
        q.advance(10)
        q.ask("Purge")
    before = q.engine.instance("queue", q.name).memory_bytes
    for _ in range(5):
        fill(q, 30_000, b"x" * 100)
        lease_all(q, lease_ms=10)
        q.advance(10)
        q.ask("Purge")
    assert q.engine.instance("queue", q.name).memory_bytes == before


def test_same_calls_same_bytes() -> None:
    """Two instances that live through the same answer with the same bytes."""
    seen: list[list[bytes]] = []
    for _ in range(2):
        session = Session()
        session.ask("Configure", max_deliveries=2, dedupe_window_ms=50, max_items=500)
        for step in range(400):
            items = [
                Item(data=b"%d" % n, id=f"{step * n % 97}", delay_ms=n % 3 * 10) for n in range(step % 7 + 1)
            ]
            session.start("Push", items=items, wait_ms=step % 30)
            leased = session.start("Pop", max_items=step % 9, lease_ms=step % 4 * 10, wait_ms=step % 20)
            if step % 3 == 0 and leased.items:
                session.start("Nack", receipts=[item.receipt for item in leased.items], delay_ms=step % 15)
            session.advance(step % 11)
        seen.append([message.SerializeToString() for one in session.finished for message in one.messages])
        session.close()
    assert seen[0] == seen[1]
    assert len(seen[0]) > 800

"""Queue: Push."""

from collections.abc import Iterator

import pytest
from queue_session import CHARGE, Session

from interlock.queue.v1 import queue_pb2 as pb
from interlock.queue.v1.queue_pb2 import Item


@pytest.fixture
def q() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def room_for(q: Session, items: int, size: int = 1, **fields: object) -> None:
    """Configure room for this many items of `size` bytes."""
    q.ask("Configure", capacity_bytes=items * (size + CHARGE), **fields)


def test_smoke(q: Session) -> None:
    reply = q.push(b"one", b"two")
    assert (reply.accepted, reply.duplicates, reply.first_sequence) == (2, 0, 1)
    assert q.push(b"three").first_sequence == 3
    items = q.pop(10)
    assert [(item.data, item.sequence, item.receipt, item.attempt) for item in items] == [
        (b"one", 1, 0, 1),
        (b"two", 2, 0, 1),
        (b"three", 3, 0, 1),
    ]
    assert q.popped() == []


def test_data_and_id_may_be_empty(q: Session) -> None:
    q.ask("Push", items=[Item(), Item(id="only an id"), Item(data=b"only data")])
    assert [(i.id, i.data) for i in q.pop(3)] == [("", b""), ("only an id", b""), ("", b"only data")]


def test_no_items(q: Session) -> None:
    refusal = q.start("Push").refusal
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.field) == (3, "INVALID_PROTO", "items")


def test_too_many_items(q: Session) -> None:
    assert q.start("Push", items=[Item()] * 4097).reason == "INVALID_PROTO"
    assert q.ask("Push", items=[Item()] * 4096).accepted == 4096


def test_full_accepts_a_prefix(q: Session) -> None:
    room_for(q, 3)
    assert q.push(b"1", b"2", b"3", b"4").accepted == 3
    assert q.push(b"5").accepted == 0
    assert q.popped() == [b"1", b"2", b"3"]


def test_capacity_is_exact(q: Session) -> None:
    q.ask("Configure", capacity_bytes=2 * CHARGE + 10)
    assert q.ask("Push", items=[Item(data=b"12345", id="123"), Item(data=b"12")]).accepted == 2
    assert q.stats().bytes == 2 * CHARGE + 10
    q.popped()
    assert q.stats().bytes == 0
    assert q.ask("Push", items=[Item(data=b"12345", id="123"), Item(data=b"123")]).accepted == 1


def test_max_items(q: Session) -> None:
    q.ask("Configure", max_items=2)
    assert q.push(b"1", b"2", b"3").accepted == 2
    leased = q.pop(1, lease_ms=1000)
    assert q.push(b"3").accepted == 0
    q.ack(leased)
    assert q.push(b"3").accepted == 1


def test_too_large_names_the_item(q: Session) -> None:
    q.ask("Configure", capacity_bytes=1000)
    items = [Item(data=b"fits"), Item(data=b"x" * (1000 - CHARGE)), Item(data=b"x" * (1001 - CHARGE))]
    refusal = q.start("Push", items=items, wait_ms=1000).refusal
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.field) == (3, "ITEM_TOO_LARGE", "items[2]")
    assert q.stats().depth == 0
    assert q.ask("Push", items=items[1:2]).accepted == 1


def test_too_large_for_a_reply(q: Session) -> None:
    q.ask("Configure", capacity_bytes=16 << 20)
    largest = 4128768 - 41
    frame = len(pb.PushRequest(instance="q", items=[Item(data=bytes(largest))]).SerializeToString()) - largest
    assert frame <= 41, "the request itself is within the limit"
    assert q.push(bytes(largest)).accepted == 1
    assert q.start("Push", items=[Item(data=bytes(largest + 1))]).reason == "ITEM_TOO_LARGE"
    assert len(q.pop(1)[0].data) == largest


def test_waits_for_room(q: Session) -> None:
    room_for(q, 2)
    parked = q.start("Push", items=[Item(data=b"%d" % n) for n in range(4)], wait_ms=1000)
    assert not parked.done
    assert q.stats().depth == 2
    assert q.stats().waiters == 1
    assert q.popped(1) == [b"0"]
    assert not parked.done
    assert q.popped(1) == [b"1"]
    assert (parked.reply.accepted, parked.reply.first_sequence) == (4, 1)
    assert q.popped() == [b"2", b"3"]


def test_wait_ends_with_what_was_accepted(q: Session) -> None:
    room_for(q, 1)
    parked = q.start("Push", items=[Item(data=b"1"), Item(data=b"2")], wait_ms=1000)
    q.advance(999)
    assert not parked.done
    q.advance(1)
    assert parked.reply.accepted == 1
    assert q.popped() == [b"1"]
    assert q.popped() == []


def test_parked_pushes_keep_their_order(q: Session) -> None:
    room_for(q, 2)
    q.push(b"a", b"b")
    large = q.start("Push", items=[Item(data=b"x" * 40)], wait_ms=1000)
    small = q.start("Push", items=[Item(data=b"s")], wait_ms=1000)
    q.popped(1)  # room for the small one, which must not overtake
    assert q.push(b"t").accepted == 0
    assert not large.done
    assert not small.done
    q.popped(1)
    assert large.reply.accepted == 1
    assert q.popped(1) == [b"x" * 40]
    assert small.reply.accepted == 1
    assert small.reply.first_sequence > large.reply.first_sequence


def test_timed_out_push_lets_the_next_go(q: Session) -> None:
    room_for(q, 2)
    q.push(b"a", b"b")
    first = q.start("Push", items=[Item(data=b"x" * 40)], wait_ms=10)
    second = q.start("Push", items=[Item(data=b"s")], wait_ms=1000)
    q.popped(1)
    assert not second.done
    q.advance(10)
    assert first.reply.accepted == 0
    assert second.reply.accepted == 1


def test_parked_push_survives_other_requests(q: Session) -> None:
    """Its items are copied: the inbox belongs to the next call."""
    room_for(q, 2, size=8)
    parked = q.start("Push", items=[Item(data=b"%08d" % n) for n in range(6)], wait_ms=1000)
    seen = []
    for _ in range(3):
        seen += q.popped(2)
    assert parked.reply.accepted == 6
    assert seen == [b"%08d" % n for n in range(6)]


def test_cancelled_push_says_what_was_accepted(q: Session) -> None:
    room_for(q, 1)
    parked = q.start("Push", items=[Item(data=b"1"), Item(data=b"2")], wait_ms=1000)
    parked.cancel()
    assert parked.reply.accepted == 1
    assert q.stats().waiters == 0
    assert q.popped() == [b"1"]
    assert q.popped() == []


def test_reject_never_waits(q: Session) -> None:
    room_for(q, 2, overflow=pb.OVERFLOW_REJECT)
    assert q.push(b"1", b"2", b"3", wait_ms=1000).accepted == 2


def test_drop_oldest(q: Session) -> None:
    room_for(q, 3, overflow=pb.OVERFLOW_DROP_OLDEST)
    assert q.push(b"1", b"2", b"3").accepted == 3
    assert q.push(b"4", b"5").accepted == 2
    assert q.metrics()["dropped"] == 2
    assert q.popped() == [b"3", b"4", b"5"]


def test_drop_oldest_spares_leased(q: Session) -> None:
    room_for(q, 3, overflow=pb.OVERFLOW_DROP_OLDEST)
    q.push(b"1", b"2", b"3")
    leased = q.pop(2, lease_ms=1000)
    assert q.push(b"4").accepted == 1
    q.nack(leased[:1])
    assert q.push(b"5").accepted == 1
    assert q.popped() == [b"4", b"5"]


def test_drop_oldest_takes_every_kind(q: Session) -> None:
    room_for(q, 4, overflow=pb.OVERFLOW_DROP_OLDEST, max_deliveries=1)
    q.ask("Push", items=[Item(data=b"1"), Item(data=b"2", delay_ms=1000), Item(data=b"3"), Item(data=b"4")])
    q.nack(q.pop(1, lease_ms=1000))
    assert (q.stats().dead, q.stats().delayed, q.stats().depth) == (1, 1, 2)
    q.push(b"5")
    assert (q.stats().dead, q.stats().delayed, q.stats().depth) == (0, 1, 3)
    q.push(b"6")
    assert (q.stats().delayed, q.stats().depth) == (0, 4)
    q.push(b"7")
    assert q.popped() == [b"4", b"5", b"6", b"7"]


def test_drop_oldest_waits_where_all_is_leased(q: Session) -> None:
    room_for(q, 1, overflow=pb.OVERFLOW_DROP_OLDEST)
    q.push(b"1")
    leased = q.pop(1, lease_ms=1000)
    assert q.push(b"2").accepted == 0
    parked = q.start("Push", items=[Item(data=b"2")], wait_ms=1000)
    assert not parked.done
    q.ack(leased)
    assert parked.reply.accepted == 1


def test_consumers_that_wait_make_room(q: Session) -> None:
    room_for(q, 1, overflow=pb.OVERFLOW_DROP_OLDEST)
    parked = [q.start("Pop", wait_ms=1000) for _ in range(3)]
    assert q.push(b"1", b"2", b"3", b"4").accepted == 4
    assert [one.data for one in parked] == [[b"1"], [b"2"], [b"3"]]
    assert q.popped() == [b"4"]
    assert q.metrics()["dropped"] == 0


def test_delay(q: Session) -> None:
    q.ask("Push", items=[Item(data=b"late", delay_ms=100), Item(data=b"now")])
    assert q.stats().delayed == 1
    assert q.popped() == [b"now"]
    parked = q.start("Pop", wait_ms=1000)
    q.advance(99)
    assert not parked.done
    q.advance(1)
    assert parked.data == [b"late"]
    assert parked.items[0].attempt == 1


def test_due_items_go_first_in_order_of_pushes(q: Session) -> None:
    q.ask("Push", items=[Item(data=b"1", delay_ms=20), Item(data=b"2", delay_ms=10), Item(data=b"3")])
    q.advance(20)
    assert q.popped() == [b"1", b"2", b"3"]


def test_dedupe(q: Session) -> None:
    q.ask("Configure", dedupe_window_ms=1000)
    first = q.ask("Push", items=[Item(data=b"1", id="a"), Item(data=b"2", id="a"), Item(data=b"3", id="b")])
    assert (first.accepted, first.duplicates, first.first_sequence) == (3, 1, 1)
    again = q.ask("Push", items=[Item(data=b"4", id="b"), Item(data=b"5", id="a")])
    assert (again.accepted, again.duplicates, again.first_sequence) == (2, 2, 0)
    assert q.popped() == [b"1", b"3"]
    assert q.ask("Push", items=[Item(data=b"6", id="a")]).duplicates == 1  # popped, and known still
    q.advance(999)
    assert q.ask("Push", items=[Item(data=b"7", id="a")]).duplicates == 1
    q.advance(1)
    assert q.ask("Push", items=[Item(data=b"8", id="a")]).duplicates == 0
    assert q.popped() == [b"8"]


def test_dedupe_needs_no_room(q: Session) -> None:
    room_for(q, 1, size=2, dedupe_window_ms=1000)
    q.ask("Push", items=[Item(data=b"1", id="a")])
    reply = q.ask("Push", items=[Item(data=b"1", id="a"), Item(data=b"1", id="b"), Item(data=b"1", id="a")])
    assert (reply.accepted, reply.duplicates) == (1, 1)


def test_dedupe_forgets_in_order(q: Session) -> None:
    q.ask("Configure", dedupe_window_ms=100)
    for n in range(10):
        q.ask("Push", items=[Item(id=f"{n}")])
        q.advance(10)
    replies = [q.ask("Push", items=[Item(id=f"{n}")]).duplicates for n in range(10)]
    assert replies == [0] + [1] * 9


def test_dedupe_only_named_items(q: Session) -> None:
    q.ask("Configure", dedupe_window_ms=1000)
    assert q.push(b"same", b"same").duplicates == 0


def test_ring_grows_and_wraps(q: Session) -> None:
    """Items of all sizes, through a ring that grows while its items lie across its end."""
    pushed: list[bytes] = []
    expected = 0
    for step in range(300):
        batch = [bytes([step % 251]) * ((step * 37 + n * 101) % 700) for n in range(step % 13 + 1)]
        assert q.push(*batch).accepted == len(batch)
        pushed += batch
        got = q.popped(step % 11)
        assert got == pushed[expected : expected + len(got)]
        expected += len(got)
    while got := q.popped(1000):
        assert got == pushed[expected : expected + len(got)]
        expected += len(got)
    assert expected == len(pushed)

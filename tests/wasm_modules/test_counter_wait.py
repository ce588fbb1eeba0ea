"""Counter: Wait."""

from collections.abc import Iterator

import pytest
from counter_session import MS, Pending, Session


@pytest.fixture
def c() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def told(call: Pending) -> tuple[int, bool]:
    return call.reply.value, call.reply.reached


def test_reached_already(c: Session) -> None:
    c.add(("a", 3))
    assert told(c.wait("a", at_least=3)) == (3, True)
    assert told(c.wait("a", at_most=3)) == (3, True)
    assert told(c.wait("a", wait_ms=0)) == (3, True)
    assert told(c.wait("nobody", at_least=0, at_most=0)) == (0, True)


def test_not_waiting(c: Session) -> None:
    assert told(c.wait("a", wait_ms=0, at_least=1)) == (0, False)
    c.add(("b", 1))
    assert c.metrics()["waiters"] == 0


def test_latch(c: Session) -> None:
    latch = c.wait("a", at_least=3)
    c.add(("a", 2))
    assert not latch.done
    c.add(("a", 2))
    assert told(latch) == (4, True)


def test_wait_group(c: Session) -> None:
    c.add(("a", 2))
    group = c.wait("a", at_most=0)
    c.add(("a", -1))
    assert not group.done
    c.add(("a", -1))
    assert told(group) == (0, True)


def test_woken_by_every_way_to_change(c: Session) -> None:
    c.add(("a", 1), ("b", 1), ("c", 1))
    set_, named, all_ = (c.wait(key, at_least=-9, at_most=0) for key in "abc")
    c.swap("a", 1, -3)
    assert told(set_) == (-3, True)
    c.reset("b")
    assert told(named) == (0, True)
    c.reset()
    assert told(all_) == (0, True)


def test_times_out(c: Session) -> None:
    call = c.wait("a", wait_ms=10, at_least=2)
    c.add(("a", 1))
    c.advance(9)
    assert not call.done
    c.advance(1)
    assert told(call) == (1, False)
    assert c.metrics() == {"keys": 1, "waiters": 0, "once_ids": 0}


def test_due_before_the_entry_of_the_same_time(c: Session) -> None:
    call = c.wait("a", wait_ms=10, at_least=1)
    c.clock.move_to(c.clock.now() + 10 * MS)
    c.add(("a", 1))
    assert told(call) == (0, False)


def test_sees_only_what_an_entry_leaves(c: Session) -> None:
    call = c.wait("a", at_least=5)
    c.add(("a", 5), ("a", -5))
    assert not call.done


def test_jumping_over_a_band(c: Session) -> None:
    band = c.wait("a", at_least=5, at_most=6)
    above = c.wait("a", at_least=7)
    c.add(("a", 9))
    assert (told(above), band.done) == ((9, True), False)
    c.add(("a", -9))
    assert not band.done
    c.add(("a", 6))
    assert told(band) == (6, True)


def test_woken_in_order_of_calls(c: Session) -> None:
    calls = [c.wait(key, at_least=bound) for bound in (2, 1, 2) for key in "bac"]
    c.add(("c", 1), ("a", 2), ("b", 2))
    unreached = [calls[2], calls[8]]  # c has come to 1
    assert [call for call in c.finished if call in calls] == [call for call in calls if call not in unreached]
    c.add(("c", 1))
    assert [told(call) for call in unreached] == [(2, True), (2, True)]


def test_cancelled(c: Session) -> None:
    gone, stays = c.wait("a", at_least=1), c.wait("a", at_least=1)
    gone.cancel()
    c.add(("a", 1))
    assert told(stays) == (1, True)
    assert not (gone.done and gone.refusal is None)
    assert c.metrics()["waiters"] == 0


def test_cancelled_alone(c: Session) -> None:
    c.add(("b", 1))
    c.wait("a", at_least=1).cancel()
    assert c.metrics() == {"keys": 1, "waiters": 0, "once_ids": 0}
    c.add(("a", 1))
    assert not c.wait("a", at_least=2).done


def test_ten_thousand_woken_together(c: Session) -> None:
    calls = [c.wait("gate", wait_ms=60_000, at_least=1) for _ in range(10_000)]
    assert c.metrics()["waiters"] == 10_000
    c.add(("gate", 1))
    assert [call for call in c.finished if call.method == "Wait"] == calls
    assert all(told(call) == (1, True) for call in calls)
    assert c.metrics()["waiters"] == 0


def test_ten_thousand_time_out_together(c: Session) -> None:
    calls = [c.wait(f"{i % 10}", wait_ms=50, at_least=1) for i in range(10_000)]
    c.advance(50)
    assert c.finished == calls
    assert c.metrics()["waiters"] == 0

"""Counter: what it does when its memory, or its outbox, is full."""

from collections.abc import Iterator

import pytest
from counter_session import WINDOW_MS, Session

RESOURCE_EXHAUSTED = 8
ONCE_MAX = 262_144
MIN = -(2**63)


@pytest.fixture
def c() -> Iterator[Session]:
    session = Session(max_memory=1 << 20)
    yield session
    session.close()


def fill(c: Session) -> int:
    """Add keys until there is no memory for another; return how many there are."""
    count, step = 0, 256
    while step:
        call = c.start_add(*((f"fill-{count + i:06}", 1) for i in range(step)))
        if call.refusal is None:
            count += step
        else:
            assert call.why[:2] == (RESOURCE_EXHAUSTED, "OUT_OF_MEMORY")
            step //= 2
    return count


def fill_to_the_last(c: Session) -> None:
    """As fill, and then with ids, which need less at a time."""
    fill(c)
    count = 0
    while c.start_add(("fill-000000", 0, f"{count:032}")).refusal is None:
        count += 1


def test_full_of_keys(c: Session) -> None:
    count = fill(c)
    assert count > 3000
    assert c.metrics()["keys"] == count
    assert c.get("fill-000000", "one more") == [1, 0]
    assert c.add(("fill-000000", 1)) == [("fill-000000", 2, True)]
    assert c.start("CompareAndSet", key="one more", value=1).why == (
        RESOURCE_EXHAUSTED,
        "OUT_OF_MEMORY",
        "key",
    )
    assert c.reset("fill-000001") == 1
    assert c.add(("one more", 1)) == [("one more", 1, True)]


def test_refused_additions_leave_nothing(c: Session) -> None:
    count = fill(c)
    before = c.listed()
    call = c.start_add(("fill-000000", 5), ("fill-000001", 1, "once"), ("n" * 1024, 1), ("m" * 1024, 1))
    assert call.why[1] == "OUT_OF_MEMORY"
    assert c.listed() == before
    assert c.metrics() == {"keys": count, "waiters": 0, "once_ids": 0}


def test_full_of_once_ids(c: Session) -> None:
    count = 0
    while (call := c.start_add(("a", 1, f"{count:0200}"))).refusal is None:
        count += 1
    assert call.why == (RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "adds[0]")
    assert c.get("a") == [count]
    assert c.add(("a", 1, f"{0:0200}")) == [("a", count, False)], "the first is still known"
    c.advance(WINDOW_MS)
    c.advance(1)
    assert c.metrics()["once_ids"] == 0
    assert c.add(("a", 1, f"{0:0200}")) == [("a", count + 1, True)]


def test_the_window_is_bounded() -> None:
    c = Session()
    for part in range(ONCE_MAX // 1024):
        c.add(*(("a", 1, f"{part}-{i}") for i in range(1024)))
    assert c.start_add(("a", 1), ("a", 1, "one more")).why == (RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "adds[1]")
    assert c.get("a") == [ONCE_MAX]
    c.close()


def test_waits_without_memory(c: Session) -> None:
    fill(c)
    calls = []
    while (call := c.wait("gate", at_least=1)).refusal is None:
        calls.append(call)
    assert call.why[:2] == (RESOURCE_EXHAUSTED, "OUT_OF_MEMORY")
    assert c.metrics()["waiters"] == len(calls)
    c.reset("fill-000000")
    c.advance(1000)
    assert [pending.reply.reached for pending in calls] == [False] * len(calls)


def test_a_full_outbox_leaves_in_several_ticks(c: Session) -> None:
    calls = [c.wait("gate", wait_ms=60_000, at_least=1) for _ in range(4000)]
    c.add(("gate", 0))
    fill_to_the_last(c)
    entries = c.engine.instance("counter", "c").entries
    c.add(("gate", 1))
    assert [call for call in c.finished if call.method == "Wait"] == calls
    # 64 KiB hold 2,048 answers less the reserve, so it took an entry and a tick at least.
    assert c.engine.instance("counter", "c").entries - entries >= 2
    assert c.metrics()["waiters"] == 0


def test_a_full_outbox_of_time_outs() -> None:
    c = Session(max_memory=4 << 20)
    # Every other one stays, so that what the answered ones give back is too scattered for a larger outbox.
    calls = [c.wait("gate", wait_ms=60_000 if i % 2 else 100, at_least=1) for i in range(20_000)]
    fill_to_the_last(c)
    entries = c.engine.instance("counter", "c").entries
    c.advance(100)
    assert [call for call in c.finished if call.method == "Wait"] == calls[::2]
    assert c.engine.instance("counter", "c").entries - entries >= 2
    c.close()


def test_no_memory_for_the_state(c: Session) -> None:
    fill(c)
    assert c.machine().call("interlock_state") == 0
    c.reset()
    c.advance(100)
    assert c.state() == b""


def test_the_largest_requests() -> None:
    c = Session()
    keys = [f"{i:0100}" for i in range(1024)]
    reply = c.start("Add", adds=[{"key": key, "delta": MIN, "once": key} for key in keys]).reply
    assert [one.key for one in reply.values] == keys
    assert c.get(*keys) == [MIN] * 1024
    assert c.reset(*keys) == 1024
    c.close()


def test_larger_requests(c: Session) -> None:
    keys = [f"{i:0300}" for i in range(1024)]
    for method, fields in (("Add", {"adds": [{"key": key} for key in keys]}), ("Reset", {"keys": keys})):
        assert c.start(method, **fields).why == (RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "")
    assert c.metrics() == {"keys": 0, "waiters": 0, "once_ids": 0}
    assert c.start_add(("k" * 1024, 1)).refusal is None

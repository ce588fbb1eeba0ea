"""Counter: adding, getting, setting, resetting."""

from collections.abc import Iterator

import pytest
from counter_session import WINDOW_MS, Session

INVALID_ARGUMENT, RESOURCE_EXHAUSTED, OUT_OF_RANGE = 3, 8, 11
MAX, MIN = 2**63 - 1, -(2**63)


@pytest.fixture
def c() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_smoke(c: Session) -> None:
    assert c.add(("hits", 5), ("", -1)) == [("hits", 5, True), ("", -1, True)]
    assert c.get("", "nobody", "hits", "hits") == [-1, 0, 5, 5]


def test_adds_compose_in_order(c: Session) -> None:
    assert c.add(("a", 5), ("b", 1), ("a", -7)) == [("a", 5, True), ("b", 1, True), ("a", -2, True)]


def test_get_creates_nothing(c: Session) -> None:
    c.add(("a", 1))
    c.get("b")
    assert c.listed() == [("a", 1)]


def test_adding_nothing_creates(c: Session) -> None:
    c.add(("a", 0))
    assert c.listed() == [("a", 0)]


@pytest.mark.parametrize(("start", "delta"), [(MAX, 1), (MIN, -1), (MIN, MIN), (1, MAX), (-1, MIN)])
def test_overflow_applies_nothing(c: Session, start: int, delta: int) -> None:
    c.add(("a", start))
    call = c.start_add(
        ("new", 1), ("b", 2, "once"), ("a", -1 if delta > 0 else 1), ("a", delta), ("a", delta)
    )
    assert call.refusal is not None
    code, reason, field = call.why
    assert (code, reason) == (OUT_OF_RANGE, "OVERFLOW")
    assert field in ("adds[3].key", "adds[4].key")
    assert c.listed() == [("a", start)]
    assert c.add(("b", 2, "once")) == [("b", 2, True)], "the once of a refused request is not known"


def test_ends_of_the_range(c: Session) -> None:
    assert c.add(("a", MAX), ("b", MIN), ("a", MIN), ("b", MAX)) == [
        ("a", MAX, True),
        ("b", MIN, True),
        ("a", -1, True),
        ("b", -1, True),
    ]
    assert c.add(("a", MIN + 1), ("a", -1 + 1)) == [("a", MIN, True), ("a", MIN, True)]


def test_once(c: Session) -> None:
    assert c.add(("a", 1, "x")) == [("a", 1, True)]
    assert c.add(("a", 1, "x"), ("b", 7, "x"), ("a", 2, "y")) == [
        ("a", 1, False),
        ("b", 0, False),
        ("a", 3, True),
    ]
    assert c.listed() == [("a", 3)], "a once that is known creates nothing"


def test_once_within_a_request(c: Session) -> None:
    assert c.add(("a", 1, "x"), ("a", 1, "x"), ("a", 1, "y")) == [
        ("a", 1, True),
        ("a", 1, False),
        ("a", 2, True),
    ]


def test_once_outlives_reset(c: Session) -> None:
    c.add(("a", 1, "x"))
    assert c.reset() == 1
    assert c.add(("a", 1, "x")) == [("a", 0, False)]


def test_once_is_forgotten_after_its_window(c: Session) -> None:
    c.add(("a", 1, "x"))
    c.advance(1)
    c.add(("a", 1, "y"))
    c.advance(WINDOW_MS - 2)
    assert c.add(("a", 1, "x")) == [("a", 2, False)]
    c.advance(1)
    assert c.add(("a", 1, "x"), ("a", 1, "y")) == [("a", 3, True), ("a", 3, False)]
    assert c.metrics()["once_ids"] == 2


def test_a_burst_of_onces_is_forgotten(c: Session) -> None:
    for burst in range(9):
        c.add(*((f"{i % 7}", 1, f"{burst}-{i}") for i in range(1024)))
    assert c.metrics()["once_ids"] == 9 * 1024
    c.advance(WINDOW_MS)
    c.advance(1)
    assert c.metrics()["once_ids"] == 0
    assert c.add(("0", 1, "0-0"))[0][2]


def test_compare_and_set(c: Session) -> None:
    assert c.swap("a", 1, 5) == (False, 0)
    assert c.listed() == []
    assert c.swap("a", 0, 5) == (True, 5)
    assert c.swap("a", 0, 6) == (False, 5)
    assert c.swap("a", 5, MIN) == (True, MIN)
    assert c.get("a") == [MIN]


def test_reset(c: Session) -> None:
    c.add(("a", 1), ("b", 2), ("c", 3))
    assert c.reset("b", "b", "nobody", "c") == 2
    assert c.listed() == [("a", 1)]
    assert c.reset() == 1
    assert c.reset() == 0
    assert c.get("a") == [0]
    assert c.add(("b", 1)) == [("b", 1, True)]


def test_long_keys(c: Session) -> None:
    keys = [letter * size for size in (39, 40, 41, 1024) for letter in "ab"]
    c.add(*((key, 1) for key in keys))
    assert c.add(*((key, 2) for key in reversed(keys))) == [(key, 3, True) for key in reversed(keys)]
    assert [key for key, _ in c.listed()] == sorted(keys)
    assert c.reset(*keys[::2]) == 4
    assert [key for key, _ in c.listed()] == sorted(keys[1::2])
    assert c.start_add(("k" * 1025, 1)).why == (INVALID_ARGUMENT, "INVALID_PROTO", "adds[0].key")


def test_requests_that_break_a_rule(c: Session) -> None:
    assert c.start("Add").why == (INVALID_ARGUMENT, "INVALID_PROTO", "adds")
    assert c.start("Get").why == (INVALID_ARGUMENT, "INVALID_PROTO", "keys")
    assert c.start("Get", keys=["k"] * 1025).why == (INVALID_ARGUMENT, "INVALID_PROTO", "keys")
    assert c.start("List", page_size=10_001).why == (INVALID_ARGUMENT, "INVALID_PROTO", "page_size")
    assert c.start_add(("a", 1, "o" * 256)).why == (INVALID_ARGUMENT, "INVALID_PROTO", "adds[0].once")
    assert c.start("Wait", at_least=1, at_most=0).why == (INVALID_ARGUMENT, "INVALID_PROTO", "at_most")


def test_keys_that_come_and_go_take_no_memory(c: Session) -> None:
    c.add(*((f"warm-{i}", 1) for i in range(1000)))
    c.reset(*(f"warm-{i}" for i in range(1000)))
    before = c.engine.instance("counter", "c").memory_bytes
    for step in range(200):
        c.add(*((f"{step}-{i}", 1) for i in range(500)))
        assert c.reset(*(f"{step}-{i}" for i in range(500))) == 500
    assert c.engine.instance("counter", "c").memory_bytes <= before * 2


def test_reset_all_gives_memory_back(c: Session) -> None:
    def fill(name: str) -> None:
        for part in range(20):
            c.add(*((f"{name}-{part}-{i:048}", 1) for i in range(500)))

    fill("warm")
    before = c.engine.instance("counter", "c").memory_bytes
    for step in range(5):
        assert c.reset() == 10_000
        assert c.listed() == []
        c.advance(100)
        fill(f"{step}")
    assert c.engine.instance("counter", "c").memory_bytes <= before * 2


def test_a_configuration_is_refused() -> None:
    session = Session(config=b"any")
    call = None
    with pytest.raises(Exception, match="configuration") as refused:
        call = session.start("Add", adds=[])
    assert call is None
    assert getattr(refused.value, "code", INVALID_ARGUMENT) == INVALID_ARGUMENT
    session.close()

"""Counter: its state, saved and loaded."""

from collections.abc import Iterator

import pytest
from counter_session import MS, START_NS, WINDOW_MS, Session

from interlock.counter.v1 import counter_pb2 as pb

INVALID_ARGUMENT, RESOURCE_EXHAUSTED, FAILED_PRECONDITION = 3, 8, 9


@pytest.fixture
def c() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_says_everything(c: Session) -> None:
    c.add(("b", 2), ("a", -1, "second"), ("", 3, "a third"))
    c.wait("b", wait_ms=20, at_least=9)
    c.wait("a", wait_ms=10, at_most=-5)
    due = START_NS + WINDOW_MS * MS
    assert pb.CounterState.FromString(c.state()) == pb.CounterState(
        values=[{"key": "", "value": 3}, {"key": "a", "value": -1}, {"key": "b", "value": 2}],
        once=[{"id": "second", "due_ns": due}, {"id": "a third", "due_ns": due}],
        waiting=[
            {"call": 2, "key": "b", "at_least": 9, "at_most": 2**63 - 1, "due_ns": START_NS + 20 * MS},
            {"call": 3, "key": "a", "at_least": -(2**63), "at_most": -5, "due_ns": START_NS + 10 * MS},
        ],
    )


def test_empty(c: Session) -> None:
    c.reset()
    assert c.state() == b""
    assert c.load(b"", "d") == 0


def test_is_what_protobuf_writes(c: Session) -> None:
    c.add(*((f"{i}" * 50, i, f"once {i}") for i in range(100)))
    c.wait("b", at_least=9)
    state = c.state()
    assert pb.CounterState.FromString(state).SerializeToString(deterministic=True) == state


def test_depends_on_no_history(c: Session) -> None:
    c.add(*((f"{i}", i) for i in range(500)))
    c.reset(*(f"{i}" for i in range(0, 500, 2)))
    for i in range(499, 0, -2):
        c.start("Add", instance="d", adds=[{"key": f"{i}", "delta": i}])
    assert c.state("c") == c.state("d")


def test_loaded_is_the_same(c: Session) -> None:
    for part in range(120):
        c.add(*((f"{part}-{i}", i - 50, f"{part}.{i}" if part < 3 else "") for i in range(500)))
    c.wait("0-1", at_least=9)
    state = c.state()
    assert len(state) > 65_536
    assert c.load(state, "d") == 0
    assert c.state("d") == state


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (pb.CounterState(values=[{"key": "a"}, {"key": "a"}]), INVALID_ARGUMENT),
        (pb.CounterState(once=[{"id": "a"}, {"id": "a"}]), INVALID_ARGUMENT),
        (pb.CounterState(once=[{"id": "a", "due_ns": 2}, {"id": "b", "due_ns": 1}]), INVALID_ARGUMENT),
        (pb.CounterState(waiting=[{"call": 1, "at_most": 1}]), INVALID_ARGUMENT),
        (pb.CounterState(waiting=[{"call": 2, "at_least": 1, "at_most": 1}] * 2), INVALID_ARGUMENT),
    ],
)
def test_a_state_that_cannot_be(c: Session, state: pb.CounterState, code: int) -> None:
    assert c.load(state.SerializeToString(), "d") == code


def test_load_twice(c: Session) -> None:
    c.add(("a", 1))
    state = c.state()
    assert c.load(state, "d") == 0
    assert c.load(state, "c") == 0, "load() resets first"
    c.start("Add", instance="e", adds=[{"key": "a", "delta": 1, "once": "o"}])
    assert c.load(state, "e") == FAILED_PRECONDITION, "a reset does not forget once ids"


def test_too_large_for_memory() -> None:
    c = Session(max_memory=1 << 20)
    state = pb.CounterState(values=[{"key": f"{i:05}"} for i in range(20_000)])
    assert c.load(state.SerializeToString(), "d") == RESOURCE_EXHAUSTED
    c.close()

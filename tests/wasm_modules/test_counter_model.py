"""Counter against a plain dict, over random calls and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from counter_session import MS, WINDOW_MS, Pending, Session
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

MAX, MIN = 2**63 - 1, -(2**63)
KEYS = st.sampled_from(["", "k" * 60])
ONCES = st.sampled_from(["", "", "x", "y"])
NUMBERS_SMALL = st.integers(-4, 4)
# Small, so that calls meet the bounds that others wait for; now and then an end of the range.
NUMBERS = st.sampled_from([1, -1] * 5 + [2, -2, 0, MAX, MIN])
BOUNDS = st.one_of(
    st.builds(lambda low: {"at_least": low}, st.sampled_from([1, 2])),
    st.builds(lambda high: {"at_most": high}, st.sampled_from([-1, -2])),
    st.builds(lambda low, more: {"at_least": low, "at_most": low + more}, NUMBERS_SMALL, st.integers(0, 2)),
    st.just({}),
)


@dataclass
class Waiting:
    call: Pending
    key: str
    low: int
    high: int
    due: int


@dataclass
class Model:
    """What a counter is, in the fewest words."""

    values: dict[str, int] = field(default_factory=dict)
    once: dict[str, int] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    answers: list[tuple[Pending, int, bool]] = field(default_factory=list)

    def add(self, adds: list[tuple[str, int, str]], now: int) -> list[tuple[str, int, bool]] | int:
        """The reply, or the index of the addition at fault."""
        values, once, reply = dict(self.values), dict(self.once), []
        for at, (key, delta, id_) in enumerate(adds):
            applied = not (id_ and id_ in once)
            if applied:
                total = values.get(key, 0) + delta
                if not MIN <= total <= MAX:
                    return at
                values[key] = total
                if id_:
                    once[id_] = now + WINDOW_MS * MS
            reply.append((key, values.get(key, 0), applied))
        self.values, self.once = values, once
        return reply

    def wake(self) -> None:
        for one in list(self.waiting):
            value = self.values.get(one.key, 0)
            if one.low <= value <= one.high:
                self.waiting.remove(one)
                self.answers.append((one.call, value, True))

    def pass_time(self, now: int) -> None:
        for one in sorted(self.waiting, key=lambda one: one.due):
            if one.due <= now:
                self.waiting.remove(one)
                self.answers.append((one.call, self.values.get(one.key, 0), False))
        self.once = {id_: due for id_, due in self.once.items() if due > now}


class CounterAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.model = Model()
        self.waits: list[Pending] = []
        self.session.reset()

    @property
    def now(self) -> int:
        return self.session.clock.now()

    @rule(adds=st.lists(st.tuples(KEYS, NUMBERS, ONCES), min_size=1, max_size=5))
    def add(self, adds: list[tuple[str, int, str]]) -> None:
        expected = self.model.add(adds, self.now)
        call = self.session.start_add(*adds)
        if isinstance(expected, int):
            assert call.why[1:] == ("OVERFLOW", f"adds[{expected}].key")
        else:
            assert [(one.key, one.value, one.applied) for one in call.reply.values] == expected
        self.model.wake()

    @rule(key=KEYS, expected=NUMBERS, value=NUMBERS)
    def compare_and_set(self, key: str, expected: int, value: int) -> None:
        swapped = self.model.values.get(key, 0) == expected
        if swapped:
            self.model.values[key] = value
        assert self.session.swap(key, expected, value) == (swapped, self.model.values.get(key, 0))
        self.model.wake()

    @rule(keys=st.lists(KEYS, max_size=3))
    def reset(self, keys: list[str]) -> None:
        gone = [key for key in dict.fromkeys(keys or list(self.model.values)) if key in self.model.values]
        for key in gone:
            del self.model.values[key]
        assert self.session.reset(*keys) == len(gone)
        self.model.wake()

    @rule(key=KEYS, bounds=BOUNDS, wait_ms=st.sampled_from([1_000_000, 10, 1, 0]))
    def wait(self, key: str, bounds: dict[str, int], wait_ms: int) -> None:
        call = self.session.wait(key, wait_ms, **bounds)
        low, high = bounds.get("at_least", MIN), bounds.get("at_most", MAX)
        value = self.model.values.get(key, 0)
        reached = low <= value <= high
        if reached or wait_ms == 0:
            assert (call.reply.value, call.reply.reached) == (value, reached)
            return
        assert not call.done
        self.waits.append(call)
        self.model.waiting.append(Waiting(call, key, low, high, self.now + wait_ms * MS))

    @rule(at=st.integers(0, 10))
    def cancel(self, at: int) -> None:
        if self.model.waiting:
            one = self.model.waiting.pop(at % len(self.model.waiting))
            self.waits.remove(one.call)
            one.call.cancel()

    @rule(ms=st.sampled_from([1, 5, 10, WINDOW_MS - 5, WINDOW_MS]))
    def advance(self, ms: int) -> None:
        self.session.advance(ms)
        # Ids of one moment are forgotten within nanoseconds of each other; none is so near here.
        self.model.pass_time(self.now)

    @rule(prefix=st.sampled_from(["", "a", "k", "x"]), page_size=st.integers(1, 4))
    def list(self, prefix: str, page_size: int) -> None:
        found = [pair for pair in self.model.values.items() if pair[0].startswith(prefix)]
        expected = sorted(found, key=lambda pair: pair[0].encode())
        assert self.session.listed(page_size, prefix) == expected

    @invariant()
    def answered_alike(self) -> None:
        answers = [(c, c.reply.value, c.reply.reached) for c in self.session.finished if c in self.waits]
        assert answers == self.model.answers

    @invariant()
    def counts(self) -> None:
        counts: Any = self.session.metrics()
        model = self.model
        assert counts == {
            "keys": len(model.values),
            "waiters": len(model.waiting),
            "once_ids": len(model.once),
        }

    def teardown(self) -> None:
        state = self.session.state()
        if not self.model.waiting:
            assert self.session.load(state, "copy") == 0
            assert self.session.state("copy") == state
        self.session.close()


CounterAgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestCounter = CounterAgainstModel.TestCase

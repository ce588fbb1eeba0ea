"""runtime/timers.c against a sorted list."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from runtime_native import NEVER, PAGE, Timer, fresh

DUE = st.one_of(st.integers(0, 20), st.integers(-(2**63), NEVER))


class TimersAgainstModel(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.lib = fresh()
        self.timers = [Timer(kind=number) for number in range(40)]
        self.set_at: dict[int, tuple[int, int]] = {}  # timer -> due, order of setting
        self.order = 0

    @rule(which=st.integers(0, 39), due=DUE)
    def set(self, which: int, due: int) -> None:
        assert self.lib.timer_set(self.timers[which], due)
        self.order += 1
        self.set_at[which] = (due, self.order)

    @rule(which=st.integers(0, 39))
    def cancel(self, which: int) -> None:
        self.lib.timer_cancel(self.timers[which])
        self.set_at.pop(which, None)

    @rule(now=DUE)
    def take_due(self, now: int) -> None:
        due = sorted((at, which) for which, at in self.set_at.items() if at[0] <= now)
        taken = self.lib.timer_take_due(now)
        if not due:
            assert not taken
            return
        assert taken.contents.kind == due[0][1]
        assert taken.contents.place == 0
        del self.set_at[due[0][1]]

    @invariant()
    def next_is_earliest(self) -> None:
        assert self.lib.timer_next() == min((due for due, _ in self.set_at.values()), default=NEVER)

    def teardown(self) -> None:
        expected = sorted(self.set_at, key=self.set_at.__getitem__)
        fired = []
        while taken := self.lib.timer_take_due(NEVER):
            fired.append(taken.contents.kind)
        assert fired == expected


TimersAgainstModel.TestCase.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
TestTimers = TimersAgainstModel.TestCase


def test_full_memory_refuses() -> None:
    lib = fresh(limit=PAGE)
    timers = [Timer() for _ in range(20_000)]
    taken = [lib.timer_set(timer, 5) for timer in timers]
    count = taken.index(False)
    assert 1000 < count == sum(taken)
    assert all(timer.place == 0 for timer in timers[count:])
    assert not lib.timer_reserve(2**32 - 1)

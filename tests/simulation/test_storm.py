"""127 groups join at once and a third of the members die: how long until the rest has settled."""

import dataclasses
from collections.abc import Iterator

import pytest

from demo.storm import Model, Retry, StormResult, run_storm
from interlock_host.clock import RunClock, VirtualClock
from interlock_host.engine import Engine, EngineConfig

SEEDS = range(5)
BUDGET_MS = 4_200


def new_engine() -> Engine:
    """An engine without entry budgets, which are real time."""
    engine = Engine(EngineConfig(seed=1), clock=VirtualClock(10**18))
    module = engine.modules["rebalance"]
    module.limits = dataclasses.replace(module.limits, entry_budget_ms=0)
    return engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = new_engine()
    yield engine
    engine.close()


def tell(result: StormResult) -> StormResult:
    print(result)
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_backoff_settles(engine: Engine, seed: int) -> None:
    """The dead are missed after their session of 1,200 ms at the earliest; the rest takes less than that."""
    result = tell(run_storm(engine, retry="backoff", seed=seed))
    assert result.settled
    assert result.settle_ms < 0.6 * BUDGET_MS
    assert result.minimum_moves <= result.moves <= 1.05 * result.minimum_moves


@pytest.mark.parametrize("seed", SEEDS)
def test_side_by_side(engine: Engine, seed: int) -> None:
    """Retrying at once keeps the coordinator busy with refusals; sessions end, and it begins again."""
    at_once = tell(run_storm(engine, retry="immediate", seed=seed))
    with_hook = tell(run_storm(engine, retry="backoff", seed=seed))
    assert with_hook.settled
    assert at_once.requests > 2 * with_hook.requests
    assert at_once.settle_ms > with_hook.settle_ms


@pytest.mark.parametrize("retry", ["immediate", "backoff"])
def test_ample_backlog(engine: Engine, retry: Retry) -> None:
    """Where refusals are few, retrying at once settles too: the storm is made of refusals."""
    result = tell(run_storm(engine, retry=retry, model=Model(backlog=640)))
    assert result.settled
    assert result.refused == 0
    assert result.settle_ms < 0.6 * BUDGET_MS


def test_repeats() -> None:
    """A seed gives the same storm."""
    first, second = (run_storm(new_engine(), groups=20, seed=7) for _ in range(2))
    assert first == second


def test_real_clock() -> None:
    engine = Engine(EngineConfig(), clock=RunClock())
    with pytest.raises(ValueError, match="virtual clock"):
        run_storm(engine)
    engine.close()

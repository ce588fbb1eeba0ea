"""How pairs are compared."""

from __future__ import annotations

import asyncio

import pytest

from tests.bench.measure import closed_loop, open_loop, quantile, ratio, sample, take_turns
from tests.bench.picture import rows


def test_quantiles() -> None:
    values = [float(v) for v in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile([3.0], 0.99)) == (51.0, 100.0, 3.0)


def test_turns_change_direction() -> None:
    assert "".join(take_turns(["a", "b", "c"], 3)) == "abccbaabc"


def test_ratio_of_equals() -> None:
    found = ratio([2.0, 4.0, 8.0], [2.0, 4.0, 8.0])
    assert (found.median, found.low, found.high) == (1.0, 1.0, 1.0)


def test_ratio_knows_its_doubt() -> None:
    found = ratio([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    assert found.low < found.median == 2.0 < found.high


def test_sample_sorts() -> None:
    assert sample([0.003, 0.001, 0.002], 1.5).rate == 2.0
    assert sample([0.003, 0.001, 0.002], 1.5).p50_ms == pytest.approx(2.0)


async def test_closed_loop_calls_as_often_as_told() -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1

    await closed_loop(call, 12, 4)
    assert calls == 12


async def test_open_loop_does_not_wait_for_slow_answers() -> None:
    inside, most = 0, 0
    gate = asyncio.Event()

    async def call() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if most == 20:
            gate.set()
        await gate.wait()
        inside -= 1

    await open_loop(call, 1_000, 0.02)
    assert most == 20


def test_rows_of_what_was_measured() -> None:
    at = {"median": 1.0, "low": 0.9, "high": 1.1}
    assert rows({"batches": {"to_redis_variadic": at}}) == [("queue to Redis variadic", 0.3, at)]

"""Latencies, rates, and how pairs of them are compared."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence


@dataclasses.dataclass
class Sample:
    """One run of one side: calls a second, and latencies in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value below which a part `q` of the sorted values lies."""
    return values[min(len(values) - 1, int(len(values) * q))]


def sample(seconds: list[float], elapsed: float) -> Sample:
    """Sum up one run's latencies."""
    seconds.sort()
    return Sample(len(seconds) / elapsed, quantile(seconds, 0.5) * 1e3, quantile(seconds, 0.99) * 1e3)


async def closed_loop(call: Callable[[], Awaitable[object]], calls: int, callers: int) -> Sample:
    """Run `callers` tasks, each of which calls again as soon as it is answered."""
    took: list[float] = []

    async def caller() -> None:
        for _ in range(calls // callers):
            began = time.perf_counter()
            await call()
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return sample(took, time.perf_counter() - began)


async def open_loop(call: Callable[[], Awaitable[object]], rate: float, seconds: float) -> Sample:
    """Send at a fixed rate, whatever is answered; a latency begins when the call was due.

    Tene, "How NOT to measure latency": a client that waits for slow answers
    leaves out the very calls that they held up.
    """
    took: list[float] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        await call()
        took.append(time.perf_counter() - due)

    tasks = []
    for index in range(int(rate * seconds)):
        due = began + index / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.ensure_future(one(due)))
    await asyncio.gather(*tasks)
    return sample(took, time.perf_counter() - began)


def take_turns(sides: Sequence[str], pairs: int) -> Iterator[str]:
    """Say whose turn it is: each side once a pair, every other pair backwards, so that drift favours none."""
    for pair in range(pairs):
        yield from sides if pair % 2 == 0 else reversed(sides)


@dataclasses.dataclass
class Ratio:
    """How one side stands to the other: the median of the pairs' ratios, and where 95 % of resamples lie."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Compare interleaved pairs by a bootstrap of their ratios (Efron, 1979)."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(pairs, k=len(pairs))) for _ in range(2_000))
    return Ratio(statistics.median(pairs), quantile(medians, 0.025), quantile(medians, 0.975))

"""What it costs that nothing acknowledged is lost: calls and batches, on one disk.

Durable calls stand beside our own that keep nothing; batches beside Redis with
`appendfsync always`. All of them sync the same file system.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import interlock
import interlock.aio
from tests.bench.batches import BATCH, interlock_round, redis_rounds
from tests.bench.disk import scratch
from tests.bench.measure import Sample, closed_loop, ratio, take_turns
from tests.bench.peers import daemon, redis

CALLERS = 64
CALLS = 6_400
"""Of all callers together, in one sample."""
ROUNDS = 30
PAIRS = 10
WARM = 10
"""One in so many calls and rounds comes before the clock starts."""


def run(disk: Path, pairs: int = PAIRS, calls: int = CALLS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure unary calls of 64 callers, then batches of 1,000 from one."""
    return {"unary": asyncio.run(_unary(disk, pairs, calls)), "batches": _batches(disk, pairs, rounds)}


async def _unary(disk: Path, pairs: int, calls: int) -> dict[str, Any]:
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(scratch(disk))
        kept = await _counter(stack, stack.enter_context(daemon(folder / "interlock")))
        unkept = await _counter(stack, stack.enter_context(daemon()))
        sides = {"durable": lambda: kept.add(key="home"), "ephemeral": lambda: unkept.add(key="home")}
        port = stack.enter_context(redis(folder))
        if port is not None:
            client = await stack.enter_async_context(_redis(port))
            sides["redis_always"] = lambda: client.incr("home")
        for call in sides.values():
            await closed_loop(call, max(CALLERS, calls // WARM), CALLERS)
        samples: dict[str, list[Sample]] = {name: [] for name in sides}
        for name in take_turns(list(sides), pairs):
            samples[name].append(await closed_loop(sides[name], calls, CALLERS))
    return _compared(samples)


async def _counter(stack: contextlib.AsyncExitStack, address: str) -> interlock.aio.Counter:
    client = await stack.enter_async_context(interlock.aio.open(f"grpc://{address}"))
    return client.counter("hits")


@contextlib.asynccontextmanager
async def _redis(port: int) -> AsyncIterator[Any]:
    """Yield redis-py for asyncio; it opens a connection for each caller."""
    from redis.asyncio import Redis  # noqa: PLC0415  (a tool of the bench, not of the tests)

    client = Redis(port=port)
    try:
        yield client
    finally:
        await client.aclose()


def _compared(samples: dict[str, list[Sample]]) -> dict[str, Any]:
    rates = {name: [sample.rate for sample in taken] for name, taken in samples.items()}
    found: dict[str, Any] = {name: [dataclasses.asdict(s) for s in taken] for name, taken in samples.items()}
    found["to_ephemeral"] = dataclasses.asdict(ratio(rates["durable"], rates["ephemeral"]))
    if "redis_always" in rates:
        found["to_redis_always"] = dataclasses.asdict(ratio(rates["durable"], rates["redis_always"]))
    return found


def _batches(disk: Path, pairs: int, rounds: int) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch(disk))
        address = stack.enter_context(daemon(folder / "interlock"))
        client = stack.enter_context(interlock.open(f"grpc://{address}"))
        sides: dict[str, Callable[[], None]] = {"interlock": interlock_round(client)}
        port = stack.enter_context(redis(folder))
        if port is not None:
            sides |= redis_rounds(port)
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for one_round in sides.values():
            _rate(one_round, max(1, rounds // WARM))
        for name in take_turns(list(sides), pairs):
            rates[name].append(_rate(sides[name], rounds))
    ours = rates["interlock"]
    ratios = {f"to_{n}": dataclasses.asdict(ratio(ours, r)) for n, r in rates.items() if n != "interlock"}
    return {"items_a_second": rates, **ratios}


def _rate(one_round: Callable[[], None], rounds: int) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        one_round()
    return rounds * BATCH / (time.perf_counter() - began)

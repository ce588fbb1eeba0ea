"""A counter read through the daemon, beside a bare echo of the same bytes; and at a fixed rate."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import grpc.aio

from interlock.counter.v1 import counter_pb2
from tests.bench.measure import Sample, closed_loop, open_loop, ratio, take_turns
from tests.bench.peers import daemon, echo

CALLS = 4_000
PAIRS = 10
MANY = 10_000
_AT_ONCE = 100
DAPR_P50_MS, DAPR_P99_MS = 0.57, 1.65
"""Dapr's published figures for getting state at 1,000 requests a second."""


async def run(pairs: int = PAIRS, calls: int = CALLS) -> dict[str, Any]:
    """Measure with one caller and with sixteen, over many instances, then at 1,000 calls a second."""
    results: dict[str, Any] = {}
    with daemon() as ours, echo("asyncio") as bare, echo("uvloop") as quick:
        async with contextlib.AsyncExitStack() as stack:
            one, two, three = [
                await stack.enter_async_context(grpc.aio.insecure_channel(target))
                for target in (ours, bare, quick)
            ]
            await _prepare(one, 1)
            get: Any = one.unary_unary("/interlock.counter.v1.CounterService/Get")
            sides = {
                "ours": lambda: get(_read(0)),
                "echo": _calling(two),
                "echo_on_uvloop": _calling(three),
            }
            for callers in (1, 16):
                taken = await _in_turn(sides, pairs, calls, callers)
                results[f"callers_{callers}"] = _compared(taken["ours"], taken["echo"])
                results[f"callers_{callers}_uvloop"] = _compared(taken["ours"], taken["echo_on_uvloop"])
            await _prepare(one, MANY)
            every = itertools.cycle([_read(number) for number in range(MANY)])
            sides = {"one": sides["ours"], "many": lambda: get(next(every))}
            taken = await _in_turn(sides, pairs, calls, 16)
            results["over_10000_instances"] = _compared(taken["many"], taken["one"])
            at_rate = await open_loop(sides["one"], 1_000, 10)
            results["at_1000_a_second"] = dataclasses.asdict(at_rate) | {
                "dapr_p50_ms": DAPR_P50_MS,
                "dapr_p99_ms": DAPR_P99_MS,
            }
    return results


def _calling(channel: grpc.aio.Channel) -> Callable[[], Any]:
    same: Any = channel.unary_unary("/bare.Echo/Echo")
    return lambda: same(_read(0))


async def _in_turn(
    sides: dict[str, Callable[[], Any]], pairs: int, calls: int, callers: int
) -> dict[str, list[Sample]]:
    taken: dict[str, list[Sample]] = {side: [] for side in sides}
    for side in take_turns(list(sides), pairs):
        taken[side].append(await closed_loop(sides[side], calls, callers))
    return taken


@functools.cache
def _read(number: int) -> bytes:
    return counter_pb2.GetRequest(instance=f"hits{number}", keys=["home"]).SerializeToString()


async def _prepare(channel: grpc.aio.Channel, instances: int) -> None:
    add: Any = channel.unary_unary("/interlock.counter.v1.CounterService/Add")
    adds = [counter_pb2.Addition(key="home", delta=1)]
    for first in range(0, instances, _AT_ONCE):
        requests = [
            counter_pb2.AddRequest(instance=f"hits{number}", adds=adds).SerializeToString()
            for number in range(first, min(instances, first + _AT_ONCE))
        ]
        await asyncio.gather(*map(add, requests))


def _compared(mine: list[Sample], bare: list[Sample]) -> dict[str, Any]:
    return {
        "ours": [dataclasses.asdict(s) for s in mine],
        "echo": [dataclasses.asdict(s) for s in bare],
        "rate_ratio": dataclasses.asdict(ratio([s.rate for s in mine], [s.rate for s in bare])),
        # As speed, so that more is better: how much of the echo's quickness is left.
        "p50_ratio": dataclasses.asdict(ratio([s.p50_ms for s in bare], [s.p50_ms for s in mine])),
        "p99_ratio": dataclasses.asdict(ratio([s.p99_ms for s in bare], [s.p99_ms for s in mine])),
    }

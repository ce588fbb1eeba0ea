"""A counter read through the daemon, beside a bare echo of the same bytes; and at a fixed rate."""

from __future__ import annotations

import dataclasses
from typing import Any

import grpc.aio

from interlock.counter.v1 import counter_pb2
from tests.bench.measure import Sample, closed_loop, open_loop, ratio
from tests.bench.peers import daemon, echo

CALLS = 4_000
PAIRS = 10
DAPR_P50_MS, DAPR_P99_MS = 0.57, 1.65
"""Dapr's published figures for getting state at 1,000 requests a second."""


async def run(pairs: int = PAIRS, calls: int = CALLS) -> dict[str, Any]:
    """Measure with one caller and with sixteen, then at 1,000 calls a second."""
    results: dict[str, Any] = {}
    request = counter_pb2.GetRequest(instance="hits", keys=["home"]).SerializeToString()
    with daemon() as ours, echo() as theirs:
        async with grpc.aio.insecure_channel(ours) as one, grpc.aio.insecure_channel(theirs) as two:
            await _prepare(one)
            get: Any = one.unary_unary("/interlock.counter.v1.CounterService/Get")
            same: Any = two.unary_unary("/bare.Echo/Echo")
            for callers in (1, 16):
                mine, bare = [], []
                for _ in range(pairs):
                    mine.append(await closed_loop(lambda: get(request), calls, callers))
                    bare.append(await closed_loop(lambda: same(request), calls, callers))
                results[f"callers_{callers}"] = _compared(mine, bare)
            at_rate = await open_loop(lambda: get(request), 1_000, 10)
            results["at_1000_a_second"] = dataclasses.asdict(at_rate) | {
                "dapr_p50_ms": DAPR_P50_MS,
                "dapr_p99_ms": DAPR_P99_MS,
            }
    return results


async def _prepare(channel: grpc.aio.Channel) -> None:
    addition = counter_pb2.Addition(key="home", delta=1)
    request = counter_pb2.AddRequest(instance="hits", adds=[addition])
    add: Any = channel.unary_unary("/interlock.counter.v1.CounterService/Add")
    await add(request.SerializeToString())


def _compared(mine: list[Sample], bare: list[Sample]) -> dict[str, Any]:
    return {
        "ours": [dataclasses.asdict(s) for s in mine],
        "echo": [dataclasses.asdict(s) for s in bare],
        "rate_ratio": dataclasses.asdict(ratio([s.rate for s in mine], [s.rate for s in bare])),
        # As speed, so that more is better: how much of the echo's quickness is left.
        "p50_ratio": dataclasses.asdict(ratio([s.p50_ms for s in bare], [s.p50_ms for s in mine])),
        "p99_ratio": dataclasses.asdict(ratio([s.p99_ms for s in bare], [s.p99_ms for s in mine])),
    }

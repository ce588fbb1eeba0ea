"""Items through a queue, 1,000 a message, beside Redis lists under redis-py."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import interlock
from tests.bench.measure import ratio
from tests.bench.peers import daemon, redis

ITEM = bytes(100)
BATCH = 1_000
ROUNDS = 100
PAIRS = 10


def run(pairs: int = PAIRS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure items a second, pushed and popped, from one Python client."""
    with daemon() as address, redis() as port, interlock.open(f"grpc://{address}") as il:
        sides: dict[str, Callable[[], None]] = {"interlock": interlock_round(il)}
        if port is not None:
            sides |= redis_rounds(port)
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(pairs):
            for name, one_round in sides.items():
                began = time.perf_counter()
                for _ in range(rounds):
                    one_round()
                rates[name].append(rounds * BATCH / (time.perf_counter() - began))
    ours = rates["interlock"]
    ratios = {f"to_{n}": dataclasses.asdict(ratio(ours, r)) for n, r in rates.items() if n != "interlock"}
    return {"items_a_second": rates, **ratios}


def interlock_round(il: interlock.Client) -> Callable[[], None]:
    """Return what pushes a batch and pops it."""
    orders = il.queue("orders")
    items = [ITEM] * BATCH

    def one_round() -> None:
        orders.push_many(items)
        popped = 0
        while popped < BATCH:
            popped += len(orders.pop_many(BATCH - popped))

    return one_round


def redis_rounds(port: int) -> dict[str, Callable[[], None]]:
    """Return the same for Redis lists: by single commands in pipelines, and by variadic ones."""
    from redis import Redis  # noqa: PLC0415  (a tool of the bench, not of the tests)

    client = Redis(port=port)
    items = [ITEM] * BATCH

    def single_commands() -> None:
        pipe = client.pipeline(transaction=False)
        for item in items:
            pipe.rpush("single", item)
        pipe.execute()
        for _ in range(BATCH):
            pipe.lpop("single")
        assert len(pipe.execute()) == BATCH

    def variadic() -> None:
        client.rpush("variadic", *items)
        popped: Any = client.lpop("variadic", BATCH)
        assert len(popped) == BATCH

    return {"redis_pipelines": single_commands, "redis_variadic": variadic}

"""Ten thousand instances and ten thousand parked calls: what they take, and that it is given back."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import grpc
import grpc.aio
import pytest

from interlock.counter.v1 import counter_pb2
from interlock.host.v1 import host_pb2
from interlock.queue.v1 import queue_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from tests.stress.conftest import Report
from tests.stress.daemon import Daemon, resident_kib

MANY = 10_000
POP = "/interlock.queue.v1.QueueService/Pop"
ADD = "/interlock.counter.v1.CounterService/Add"
DELETE = "/interlock.host.v1.HostService/DeleteInstance"

Verb: TypeAlias = "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]"


def test_instances_in_process(report: Report) -> None:
    engine = Engine(EngineConfig(max_instances=MANY), clock=VirtualClock(10**18))
    add = engine.method(ADD)
    assert add is not None
    requests = [_add(f"c{index}") for index in range(MANY)]
    gc.collect()
    before, started = resident_kib(), time.perf_counter()
    for request in requests:
        assert engine.start(add, request).done
    made, took = resident_kib(), time.perf_counter() - started
    each = (made - before) / MANY
    report(f"{MANY} counters: {each:.1f} KiB and {took / MANY * 1e6:.0f} us each, first call included")
    assert len(engine.instances()) == MANY
    engine.close()
    gc.collect()
    # What malloc keeps for the next allocation is free already: it goes back when asked for.
    ctypes.CDLL(None).malloc_trim(0)
    left = resident_kib() - before
    report(f"closed: {left / 1024:.1f} MiB of {(made - before) / 1024:.1f} MiB left")
    assert left < (made - before) / 10


def _add(instance: str) -> bytes:
    addition = counter_pb2.Addition(key="k", delta=1)
    return counter_pb2.AddRequest(instance=instance, adds=[addition]).SerializeToString()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    daemon = Daemon()
    try:
        yield daemon
    finally:
        daemon.stop()


async def test_parked_calls_in_a_daemon(daemon: Daemon, report: Report) -> None:
    async with grpc.aio.insecure_channel(daemon.address) as channel:
        pop: Verb = channel.unary_unary(POP)
        await pop(queue_pb2.PopRequest(instance="q").SerializeToString())
        before, started = daemon.resident_kib(), time.perf_counter()
        parked = queue_pb2.PopRequest(instance="q", wait_ms=600_000, lease_ms=1000).SerializeToString()
        calls = [pop(parked) for _ in range(MANY)]
        waiting = [asyncio.ensure_future(_ended(call)) for call in calls]
        await _until(lambda: daemon.gauge("interlock_parked_calls", "queue") == MANY)
        took, peak = time.perf_counter() - started, daemon.resident_kib()
        report(f"{MANY} parked Pops: {(peak - before) / MANY:.1f} KiB each, parked within {took:.1f} s")
        started = time.perf_counter()
        for call in calls:
            call.cancel()
        assert set(await asyncio.gather(*waiting)) == {grpc.StatusCode.CANCELLED}
        await _until(lambda: daemon.gauge("interlock_parked_calls", "queue") == 0)
        stats: Verb = channel.unary_unary("/interlock.queue.v1.QueueService/Stats")
        left = queue_pb2.StatsResponse.FromString(await stats(b"\x0a\x01q"))
        report(f"all cancelled and forgotten within {time.perf_counter() - started:.1f} s")
        assert left.waiters == 0


async def _ended(call: grpc.aio.UnaryUnaryCall[bytes, bytes]) -> grpc.StatusCode:
    return await call.code()


async def _until(true: Callable[[], bool]) -> None:
    """Waits for what a scrape tells; each scrape is a round trip, so nothing sleeps."""
    async with asyncio.timeout(100):
        while not await asyncio.to_thread(true):
            pass


async def test_instances_in_a_daemon(daemon: Daemon, report: Report) -> None:
    async with grpc.aio.insecure_channel(daemon.address) as channel:
        add: Verb = channel.unary_unary(ADD)
        delete: Verb = channel.unary_unary(DELETE)
        await add(_add("warm"))
        before, started = daemon.resident_kib(), time.perf_counter()
        for first in range(0, MANY - 1, 500):
            names = range(first, min(first + 500, MANY - 1))
            await asyncio.gather(*(add(_add(f"c{index}")) for index in names))
        took, peak = time.perf_counter() - started, daemon.resident_kib()
        report(f"{MANY} counters: {(peak - before) / MANY:.1f} KiB each, made within {took:.1f} s")
        assert daemon.gauge("interlock_instances", "counter") == MANY
        with pytest.raises(grpc.aio.AioRpcError, match="as many as this host may hold"):
            await add(_add("one-too-many"))
        for first in range(0, MANY - 1, 500):
            names = range(first, min(first + 500, MANY - 1))
            gone = [host_pb2.DeleteInstanceRequest(module="counter", instance=f"c{i}") for i in names]
            await asyncio.gather(*(delete(request.SerializeToString()) for request in gone))
        assert daemon.gauge("interlock_instances", "counter") == 1
        left = daemon.resident_kib() - before
        report(f"deleted: {left / 1024:.1f} MiB of {(peak - before) / 1024:.1f} MiB left")
        assert left < (peak - before) / 2

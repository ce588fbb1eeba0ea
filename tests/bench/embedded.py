"""The engine alone: a call, an instance, a start, and whether many instances make calls dearer."""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path
from typing import Any

from interlock.counter.v1 import counter_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.module import Module
from interlock_host.served import STANDARD_MODULES
from interlock_host.wasm.compiler import default_cache

CALLS = 50_000
TIMES = 9
MANY = (1, 10, 100, 1_000, 10_000)
GET = "/interlock.counter.v1.CounterService/Get"
ADD = "/interlock.counter.v1.CounterService/Add"


def run(calls: int = CALLS, times: int = TIMES) -> dict[str, Any]:
    """Measure; microseconds, milliseconds and KiB as the names say."""
    engine = Engine(EngineConfig(max_instances=max(MANY)), clock=VirtualClock(10**18))
    add, get = engine.method(ADD), engine.method(GET)
    assert add is not None and get is not None
    request = counter_pb2.GetRequest(instance="c0", keys=["k"]).SerializeToString()
    addition = counter_pb2.Addition(key="k", delta=1)
    engine.start(add, counter_pb2.AddRequest(instance="c0", adds=[addition]).SerializeToString())
    call_us = _least(times, calls, lambda: engine.start(get, request))
    results: dict[str, Any] = {"call_us": call_us, "module_start_ms": _module_start(times)}
    results |= _instances(engine, add, get, calls // 5)
    engine.close()
    return results


def _least(times: int, calls: int, call: Any) -> dict[str, float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        took.append((time.perf_counter() - began) / calls * 1e6)
    return {"least": min(took), "median": statistics.median(took)}


def _module_start(times: int) -> dict[str, float]:
    path = STANDARD_MODULES / "counter.wasm"
    took = [Module(path.read_bytes(), path, default_cache()).start_seconds * 1e3 for _ in range(times)]
    return {"least": min(took), "median": statistics.median(took)}


def _instances(engine: Engine, add: Any, get: Any, calls: int) -> dict[str, Any]:
    read = counter_pb2.GetRequest
    reads = [read(instance=f"c{i}", keys=["k"]).SerializeToString() for i in range(max(MANY))]
    made: list[float] = []
    by_count: dict[str, float] = {}
    module = engine.modules["counter"]
    before = _resident_kib()
    for count in MANY:
        for index in range(len(made), count):
            instance = engine._absent(add, f"c{index}".encode())
            began = time.perf_counter()
            instance.start(get, reads[index], None)
            made.append((time.perf_counter() - began) * 1e6)
        gc.collect()
        by_count[str(count)] = min(_round_robin(engine, get, reads[:count], calls) for _ in range(3))
    idle_kib = (_resident_kib() - before) / max(MANY)
    assert len(engine.instances(module)) == max(MANY)
    return {
        "new_instance_us": {"median": statistics.median(made), "p99": sorted(made)[int(len(made) * 0.99)]},
        "idle_instance_kib": idle_kib,
        "call_us_by_instances": by_count,
    }


def _round_robin(engine: Engine, get: Any, reads: list[bytes], calls: int) -> float:
    rounds = max(1, calls // len(reads))
    began = time.perf_counter()
    for _ in range(rounds):
        for request in reads:
            engine.start(get, request)
    return (time.perf_counter() - began) / (rounds * len(reads)) * 1e6


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

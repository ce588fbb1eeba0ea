"""Calls a second of an engine that keeps nothing, as JSON. Run with the tree to measure on PYTHONPATH.

    python calls_in_process.py CALLS

Uses only what an engine has always had, so that it runs in trees of older commits.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import interlock_host
from interlock.counter.v1 import counter_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig

ADD = "/interlock.counter.v1.CounterService/Add"
GET = "/interlock.counter.v1.CounterService/Get"
_PIECES = 20
"""The fastest of so many pieces counts: whatever else runs here only makes a piece slower."""


def addition() -> bytes:
    """Return the request of an Add of one key."""
    added = counter_pb2.Addition(key="home", delta=1)
    return counter_pb2.AddRequest(instance="hits", adds=[added]).SerializeToString()


def read() -> bytes:
    """Return the request of a Get of one key."""
    return counter_pb2.GetRequest(instance="hits", keys=["home"]).SerializeToString()


def main() -> None:
    """Measure, and print."""
    engine = Engine(EngineConfig(), clock=VirtualClock(10**18))
    piece = max(1, int(sys.argv[1]) // _PIECES)
    told: dict[str, object] = {"host": str(Path(interlock_host.__file__).resolve())}
    for name, path, request in (("Add", ADD, addition()), ("Get", GET, read())):
        method = engine.method(path)
        assert method is not None
        took = []
        for _ in range(_PIECES):
            began = time.perf_counter()
            for _ in range(piece):
                engine.start(method, request)
            took.append(time.perf_counter() - began)
        told[f"{name} in process"] = piece / min(took)
    engine.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()

"""Loads and enters the modules of a folder, in a process that may die of them.

Each file is named on stdout before it is touched, so that the last line names the killer.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from random import Random

from interlock.counter.v1 import counter_pb2
from interlock_host.calls import CancelReason
from interlock_host.clock import RunClock
from interlock_host.driver import NoDriver
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, ModuleError
from interlock_host.module import CAPS, Method

_CAPS = dataclasses.replace(CAPS, max_memory=8 << 20, entry_budget_ms=1)
_CALLS = 6


class Bystander:
    """A counter in the same process, which counts on."""

    def __init__(self) -> None:
        self._engine = Engine(EngineConfig(), clock=RunClock(), driver=NoDriver())
        self._added = 0

    def check(self) -> None:
        add = self._engine.method("/interlock.counter.v1.CounterService/Add")
        assert add is not None
        addition = counter_pb2.Addition(key="k", delta=1)
        request = counter_pb2.AddRequest(instance="b", adds=[addition])
        call = self._engine.start(add, request.SerializeToString())
        self._added += 1
        assert call.answer is not None
        assert counter_pb2.AddResponse.FromString(call.answer.payload).values[0].value == self._added


def run(path: Path) -> str:
    """Serve one file to hostile callers; return how it went."""
    config = EngineConfig(standard=False, cache=None, caps=_CAPS, seed=1)
    engine = Engine(config, clock=RunClock(), driver=NoDriver())
    try:
        module = engine.add_module(path)
    except ModuleError:
        return "refused"
    chance = Random(path.name)
    for method in module.methods.values():
        for _ in range(_CALLS):
            _call(engine, method, chance)
    for instance in engine.instances():
        instance.metrics()
        assert instance.memory_bytes <= _CAPS.max_memory
    engine.close()
    assert engine.parked_calls() == 0
    return "ran"


def _call(engine: Engine, method: Method, chance: Random) -> None:
    request = b"\x0a\x01a" + chance.randbytes(chance.choice([0, 8, 100, 5000]))
    try:
        if method.client_streaming:
            stream = engine.open_stream(method, lambda record: None)
            stream.send(request)
            stream.half_close()
        else:
            call = engine.start(method, request, lambda record: None)
            if chance.randrange(2):
                call.cancel(CancelReason.DEADLINE)
    except HostError:
        pass
    engine.run_due(10)


def main() -> None:
    bystander = Bystander()
    for path in sorted(Path(sys.argv[1]).glob("*.wasm")):
        print(path.name, end=" ", flush=True)
        print(run(path), flush=True)
        bystander.check()


if __name__ == "__main__":
    main()

"""Loads and enters the modules of a folder, in a process that may die of them.

Each file is named on stdout before it is touched, so that the last line names the killer; behind
the name stands how it went, as JSON. The last line says what memory the process had when it was
warm, and has at its end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from random import Random

from interlock.counter.v1 import counter_pb2
from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import RunClock
from interlock_host.driver import NoDriver
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, ModuleError
from interlock_host.instance import Instance, State
from interlock_host.module import CAPS, Method, Module
from interlock_host.observer import EngineObserver
from tests.host.session import Messages
from tests.stress.hostile import Attacker
from tests.stress.memory import resident_kib

_CAPS = dataclasses.replace(CAPS, max_memory=8 << 20, entry_budget_ms=1, max_parked_calls=20)
_CALLS = 6
_WARM = 0.2
"""The share of the files after which the process holds what it will go on holding."""


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


@dataclasses.dataclass
class End(EngineObserver):
    """How it went with a module."""

    served: bool = False
    entries: int = 0
    answers: int = 0
    traps: int = 0
    faults: int = 0

    def trap(self, instance: Instance, message: str) -> None:
        self.traps += 1

    def fault(self, instance: Instance, message: str) -> None:
        self.faults += 1


class Visit:
    """One module, called by hostile callers."""

    def __init__(self, engine: Engine, module: Module, end: End, seed: str) -> None:
        self.engine = engine
        self.module = module
        self.end = end
        self.chance = Random(seed)
        self.attacker = Attacker(self.chance)
        self.service = Messages(module.descriptor_set, module.service).service
        self.open: list[Call] = []

    def run(self) -> None:
        for method in [*self.module.methods.values()] * _CALLS:
            with contextlib.suppress(HostError):
                self._call(method)
            self.engine.run_due(10)
            for instance in self.engine.instances():
                self._look_at(instance)
        for call in self.open:
            call.cancel(self.chance.choice(list(CancelReason)))
            assert call.done

    def _call(self, method: Method) -> None:
        kind = self.service.methods_by_name[method.name].input_type
        if not method.client_streaming:
            call = self.engine.start(method, self.attacker.request(kind), self._heard)
            if call.answer is not None and call.sink is None:
                self._heard(call.answer)
        else:
            call = stream = self.engine.open_stream(method, self._heard)
            self.open.append(stream)
            for _ in range(self.chance.randint(1, 3)):
                stream.send(self.attacker.request(kind))
            if self.chance.randrange(2):
                stream.half_close()
        self.open.append(call)

    def _heard(self, record: Record) -> None:
        self.end.answers += not record.status

    def _look_at(self, instance: Instance) -> None:
        instance.metrics()
        assert instance.memory_bytes <= _CAPS.max_memory
        assert instance.parked_calls <= _CAPS.max_parked_calls
        if instance.state is State.FAILED:  # so that the next call meets a new one
            self.end.entries += instance.entries
            self.engine.delete(self.module.name, instance.name)


def run(path: Path) -> End:
    """Serve one file to hostile callers."""
    end = End()
    config = EngineConfig(standard=False, cache=None, caps=_CAPS, seed=1)
    engine = Engine(config, clock=RunClock(), driver=NoDriver(), observer=end)
    try:
        module = engine.add_module(path)
    except ModuleError:
        return end
    end.served = True
    Visit(engine, module, end, path.name).run()
    end.entries += sum(instance.entries for instance in engine.instances())
    assert engine.parked_calls() == 0
    engine.close()
    return end


def main() -> None:
    bystander = Bystander()
    paths = sorted(Path(sys.argv[1]).glob("*.wasm"))
    warm = 0
    for number, path in enumerate(paths):
        if number == int(len(paths) * _WARM):
            warm = resident_kib()
        print(path.name, end=" ", flush=True)
        print(json.dumps(dataclasses.asdict(run(path))), flush=True)
        bystander.check()
    print("memory", json.dumps({"warm": warm, "end": resident_kib()}))


if __name__ == "__main__":
    main()

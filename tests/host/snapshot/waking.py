"""Instances that are put to sleep and woken between any two entries, and what their callers see."""

from __future__ import annotations

from pathlib import Path

from interlock_host.calls import Call, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.instance import Instance
from interlock_host.served import STANDARD_MODULES
from interlock_host.snapshot import Snapshot
from interlock_host.snapshot.form import decode, encode
from interlock_host.wasm.image import capture, restore_machine
from interlock_host.wasm.machine import Machine
from tests.host.conftest import START_NS
from tests.host.latch import Latch
from tests.host.session import Session


def woken(machine: Machine, instance: Instance) -> Machine:
    """A machine made from what a snapshot file keeps of this one; compared with it."""
    image = capture(machine)
    data = encode(Snapshot(1, 2, b"head", image))
    limits = instance.module.limits
    restored = restore_machine(
        instance.module.program, limits.max_memory, limits.entry_budget_ms, decode(data, 1, 2).image,
        random_state=machine.random.state, now=machine.now,
    )  # fmt: skip
    assert (restored.deadline, restored.memory_bytes) == (machine.deadline, machine.memory_bytes)
    assert capture(restored) == image
    return restored


def wake_all(engine: Engine) -> None:
    """Put every instance into a machine of its own that was restored."""
    for instance in engine.instances():
        if instance.machine is not None:
            instance.machine = woken(instance.machine, instance)


Step = int | tuple[str, dict[str, object]]
"""Milliseconds that pass, or a call."""
Line = tuple[int, int, int, bytes]
"""A record: the number of its call, its status, flags and payload."""


class Story(Session):
    """Calls of a standard module, and every record of any of them, in the order in which they left."""

    def __init__(self, name: str) -> None:
        packed: Path = STANDARD_MODULES / f"{name}.wasm"
        engine = Engine(EngineConfig(seed=1), clock=VirtualClock(START_NS))
        super().__init__(engine, packed, f"interlock.{name}.v1.{name.capitalize()}Service")
        self.lines: list[Line] = []
        self._calls = 0

    def tell(self, steps: list[Step], *, sleepless: bool = True) -> list[Line]:
        """Do the steps; unless `sleepless`, every instance sleeps before each."""
        for step in steps:
            if not sleepless:
                wake_all(self.engine)
            if isinstance(step, int):
                self.engine.advance(step * 1_000_000)
            else:
                self._call(*step)
        (instance,) = self.engine.instances()
        assert instance.traps == 0
        return self.lines

    def _call(self, method: str, fields: dict[str, object]) -> None:
        self._calls += 1
        number, before = self._calls, len(self.lines)

        def sink(record: Record) -> None:
            self.lines.append((number, *record))

        request = self.messages.request(method, instance="a", **fields)
        answer = self.engine.start(self.method(method), request, sink).answer
        if answer is not None and all(line[0] != number for line in self.lines[before:]):
            self.lines.append((number, *answer))


class SleepyLatch(Latch):
    """A guest whose instances sleep before each call and each time that passes."""

    def advance(self, milliseconds: int) -> None:
        wake_all(self.engine)
        super().advance(milliseconds)

    def begin(self, method: str, request: bytes) -> tuple[Call, list[Record]]:
        wake_all(self.engine)
        return super().begin(method, request)

"""How an instance gets its machine: at its first entry, and again after a trap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interlock.v1 import contract_pb2
from interlock_host.clock import Clock
from interlock_host.errors import INTERNAL, HostError
from interlock_host.observer import EngineObserver
from interlock_host.wasm.machine import Machine, Trapped
from interlock_host.wasm.program import StartFailed

if TYPE_CHECKING:
    from interlock_host.answer_room import AnswerRoom
    from interlock_host.instance import Instance
    from interlock_host.module import Module

_LAST_CODE = 16
_MOST_WORDS = 500


class Host(Protocol):
    """What an instance needs of its engine."""

    clock: Clock
    virtual: bool
    answer_room: AnswerRoom

    @property
    def observer(self) -> EngineObserver:
        """Who is told of traps, faults and events."""
        ...

    def schedule(self, instance: Instance, deadline: int) -> None:
        """Tick the instance at `deadline`."""
        ...

    def config_of(self, module: Module, name: str) -> bytes:
        """Return the configuration that the instance is made with."""
        ...

    def seed_of(self, module: Module, name: str) -> int:
        """Return the 64 bits that the instance's randomness begins at."""
        ...


def make_machine(
    module: Module,
    name: str,
    now: int,
    *,
    seed: int,
    config: bytes,
    max_memory: int | None = None,
    budget_ms: int | None = None,
) -> Machine:
    """Instantiate, initialise and configure a machine.

    Args:
        module: What to instantiate.
        name: The instance's name.
        now: Its time, in ns since the epoch.
        seed: Where its randomness begins: 64 bits.
        config: The bytes of `InstanceConfig.config`.
        max_memory: The most bytes of memory; None is what the module is granted.
        budget_ms: What one entry may take; 0 lifts it, None is what the module is granted.

    Raises:
        HostError: INTERNAL/START_FAILED, or the code with which the module
            refused its configuration.
    """
    limits = module.limits
    memory = limits.max_memory if max_memory is None else max_memory
    budget = limits.entry_budget_ms if budget_ms is None else budget_ms
    machine: Machine | None = None
    try:
        machine = Machine(module.program, memory, budget, seed, now)
        if "_initialize" in module.exports:
            machine.call("_initialize")
        machine.begin()
        if "interlock_configure" in module.exports:
            _configure(machine, module, name, config, now)
    except (StartFailed, Trapped) as error:
        text = f"{module.name} does not start: {error}{_last_words(machine)}"
        raise HostError(INTERNAL, "START_FAILED", text) from None
    return machine


def _last_words(machine: Machine | None) -> str:
    """What a runtime wrote before it gave up, which tells more than the trap."""
    said = bytes(machine.output[:_MOST_WORDS]).decode("utf-8", "replace").strip() if machine else ""
    return f"; it wrote: {said}" if said else ""


def _configure(machine: Machine, module: Module, name: str, config: bytes, now: int) -> None:
    message = contract_pb2.InstanceConfig(name=name, config=config).SerializeToString()
    if not machine.post(message):
        raise StartFailed("its configuration is larger than the module takes")
    code = machine.call("interlock_configure", len(message), now) & 0xFFFFFFFF
    machine.read_control()
    if code:
        text = f"{module.name} refuses the configuration of {name!r}"
        raise HostError(code if code <= _LAST_CODE else INTERNAL, "START_FAILED", text)

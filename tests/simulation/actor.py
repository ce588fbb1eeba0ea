"""Who takes part in a world: an instance with its clients and its reference, and calls."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from interlock_host.calls import Call, Record
from interlock_host.instance import Instance
from interlock_host.observer import EngineObserver
from tests.simulation.clients import CLIENTS, Clients, Plain
from tests.simulation.reference import NOT_ONCE, Once, Reference

Step = tuple[Any, ...]
"""What happens next: its kind, as ("advance", ms) or ("call", module, instance, method, arguments…)."""
Seen = dict[str, Counter[str]]
"""By module, how often each state was reached."""


class Violation(Exception):
    """The engine said or did what the reference does not."""


class Alarm(EngineObserver):
    """Keeps what no module of ours may do."""

    def __init__(self) -> None:
        self.raised: list[str] = []
        self.disk_failed = False
        self.expects_trap = False

    def trap(self, instance: Instance, message: str) -> None:
        if not self.expects_trap:
            self.raised.append(f"{instance.name} trapped: {message}")

    def fault(self, instance: Instance, message: str) -> None:
        self.raised.append(f"{instance.name}: {message}")

    def journal_failed(self, message: str) -> None:
        self.disk_failed = True


class Actor:
    """One instance: its clients, its reference, and what was heard."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self.clients: Clients = CLIENTS[module](name)
        self.reference: Reference | None = None
        self.heard: list[tuple[int, Record]] = []
        self.trapped: list[int] = []
        """When it trapped, in ns."""


@dataclasses.dataclass(slots=True)
class Open:
    """A call that has no final answer yet."""

    actor: Actor
    number: int
    method: str
    plain: Plain
    once: Once = NOT_ONCE
    call: Call | None = None
    carrier: int = 0
    """The call whose answer it waits for, if it is a retry of one that is parked."""
    riders: list[int] = dataclasses.field(default_factory=list)
    """Its retries."""
    left: bool = False
    """Whether its own client is gone, while a retry's waits."""

    @property
    def key(self) -> bytes:
        """What names the call and its retries within the instance; empty without a request id."""
        return self.method.encode() + b"\0" + self.once[0] if self.once[0] else b""

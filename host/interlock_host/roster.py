"""The instances that an engine knows, by module and name."""

from __future__ import annotations

import threading
from collections.abc import Callable

from interlock_host.durability.instance import DurableInstance
from interlock_host.errors import NOT_FOUND, HostError
from interlock_host.instance import Instance
from interlock_host.module import Module


class Roster:
    """Every instance under the module that serves it. Thread-safe."""

    def __init__(self) -> None:
        self.by_module: dict[Module, dict[bytes, Instance]] = {}
        """By name; to look one up takes no lock."""
        self.ephemeral = 0
        """How many of them nothing keeps: they are in memory as long as they are here."""
        self._lock = threading.Lock()

    def add_module(self, module: Module) -> None:
        """Know a module, which has no instances yet."""
        self.by_module[module] = {}

    def find(self, module: Module, name: bytes, make: Callable[[], Instance | None]) -> Instance | None:
        """Return the instance of a name, or what `make` makes of it; None if that makes none."""
        with self._lock:
            instances = self.by_module[module]
            found = instances.get(name)
            if found is None and (found := make()) is not None:
                instances[name] = found
                self.ephemeral += not isinstance(found, DurableInstance)
            return found

    def admit(self, module: Module, instance: DurableInstance) -> None:
        """Take in an instance that was made elsewhere, under the module that serves it."""
        with self._lock:
            self.by_module[module][instance.name.encode()] = instance

    def remove(self, module: Module, instance: Instance) -> None:
        """Forget an instance, unless it was forgotten before."""
        with self._lock:
            instances, name = self.by_module[module], instance.name.encode()
            if instances.get(name) is instance:
                del instances[name]
                self.ephemeral -= not isinstance(instance, DurableInstance)

    def all(self, module: Module | None = None) -> list[Instance]:
        """Return the instances of a module, or of all, by module and name."""
        with self._lock:
            served = [module] if module else sorted(self.by_module, key=lambda m: m.name)
            return [self.by_module[m][name] for m in served for name in sorted(self.by_module[m])]

    def one(self, module: Module, name: str) -> Instance:
        """Return the instance of a name.

        Raises:
            HostError: NOT_FOUND.
        """
        instance = self.by_module[module].get(name.encode())
        if instance is None:
            raise HostError(NOT_FOUND, "NOT_FOUND", f"no instance {module.name}/{name} lives here")
        return instance

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            for instances in self.by_module.values():
                instances.clear()
            self.ephemeral = 0

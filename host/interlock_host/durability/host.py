"""What a durable instance needs of its engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interlock_host.birth import Host

if TYPE_CHECKING:
    from interlock_host.durability.instance import DurableInstance
    from interlock_host.durability.waking import Waking
    from interlock_host.instance import Instance


class DurableHost(Host, Protocol):
    """An engine with a store."""

    def making(self, instance: Waking, *, due: bool) -> None:
        """Make room for a machine; `due` ones are made in any case.

        Raises:
            HostError: RESOURCE_EXHAUSTED/TOO_MANY_INSTANCES.
        """
        ...

    def fresh(self, instance: DurableInstance) -> Instance:
        """Return an instance for one read of one that has not begun."""
        ...

    def awake(self, instance: Waking) -> None:
        """The instance has a machine now."""
        ...

    def asleep(self, instance: DurableInstance) -> None:
        """The instance has no machine any more; under its lock."""
        ...

    def save_soon(self, instance: DurableInstance) -> None:
        """Much of the instance is in the journal alone: take a snapshot of it."""
        ...

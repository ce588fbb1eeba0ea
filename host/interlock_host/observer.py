"""What an engine tells whoever watches it: metrics, logs, traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock_host.instance import Instance
    from interlock_host.module import Module


class EngineObserver:
    """Hears of what happens in an engine; every method does nothing by default.

    Called under the instance's lock: return quickly, and never enter the engine.
    """

    def module_started(self, module: Module, seconds: float) -> None:
        """A module was compiled, or found compiled, in this time."""

    def trap(self, instance: Instance, message: str) -> None:
        """A machine trapped and was thrown away."""

    def fault(self, instance: Instance, message: str) -> None:
        """A record broke the ABI's rules and was dropped."""

    def event(self, instance: Instance, call_id: int, text: str) -> None:
        """A module wrote a line of log; call 0 is nobody's."""

    def output(self, instance: Instance, text: str) -> None:
        """A module wrote to its standard output or error."""

    def not_saved(self, message: str) -> None:
        """A snapshot could not be written, or an instance not brought back; it is tried again."""

    def journal_failed(self, message: str) -> None:
        """The journal cannot be written: durable calls are refused until it can."""

    def journal_resumed(self) -> None:
        """The journal can be written again."""

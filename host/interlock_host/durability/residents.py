"""Which durable instances are in memory, and which of them go when there is no room."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from interlock_host.durability.instance import DurableInstance
from interlock_host.errors import RESOURCE_EXHAUSTED, HostError

if TYPE_CHECKING:
    from interlock_host.answer_room import AnswerRoom
    from interlock_host.durability.waking import Waking
    from interlock_host.engine import Engine

_ROOM = 100
"""One in so many machines is let go of when there is no room for another."""
_EARLY_NS = 30_000_000_000
"""How long one stays at least when there is no room for answers: to wake takes longer than a call."""


class Residents:
    """The durable instances that have a machine. Thread-safe.

    Args:
        engine: Whose cap they share with the instances that are not durable.
        idle_seconds: How long one that nobody calls stays; 0 lets none go, not for want of room either.
        answers: Room for what they keep for retries. A durable answer is never forgotten for want of it:
            those that keep some sleep earlier, and what they keep sleeps with them.
    """

    def __init__(self, engine: Engine, idle_seconds: float, answers: AnswerRoom) -> None:
        self._engine = engine
        self._answers = answers
        self._idle_ns = int(idle_seconds * 1e9)
        self._lock = threading.Lock()
        self._all: dict[Waking, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Waking]:
        with self._lock:
            return iter(list(self._all))

    def add(self, instance: Waking) -> None:
        """The instance has a machine now."""
        with self._lock:
            self._all[instance] = None

    def discard(self, instance: Waking) -> None:
        """The instance has no machine any more."""
        with self._lock:
            self._all.pop(instance, None)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._all.clear()

    def room_for(self, instance: Waking, *, due: bool) -> None:
        """Make room for the machine of an instance; see `DurableHost.making`."""
        if not self._engine.full or instance in self._all:
            return
        self.shrink()
        if self._engine.full and not due:
            text = f"{self._engine.live} instances are in memory, as many as this host may hold"
            raise HostError(RESOURCE_EXHAUSTED, "TOO_MANY_INSTANCES", text)

    def shrink(self) -> bool:
        """Let some go that were not called for longest; return whether any went."""
        slept, most = 0, max(1, self._engine.config.max_instances // _ROOM)
        for instance in sorted(self.idle(), key=operator.attrgetter("last_used")) if self._idle_ns else ():
            if slept >= most:
                break
            if not instance.lock.acquire(blocking=False):
                continue  # it is not idle
            try:
                slept += hibernate(instance)
            except (HostError, OSError) as error:
                self._engine.observer.not_saved(f"{instance.module.name}/{instance.name}: {error}")
                break
            finally:
                instance.lock.release()
        return slept > 0

    def let_sleep(self, now: int) -> None:
        """Let those go that were idle for long.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
            OSError: A snapshot could not be written.
        """
        if not self._idle_ns:
            return
        for instance in sorted(self.idle(), key=operator.attrgetter("last_used")):
            early = self._answers.full and instance.answer_bytes
            if instance.last_used <= now - (min(self._idle_ns, _EARLY_NS) if early else self._idle_ns):
                hibernate(instance)

    def idle(self) -> list[DurableInstance]:
        """Return those without parked calls."""
        live = list(self)
        for instance in live:
            # Only under its lock is it certain that none is being made. Who waited here for a lock while
            # it holds that of an instance to be made could wait for a thread that waits for it.
            if instance.machine is None and instance.lock.acquire(blocking=False):
                try:
                    if instance.machine is None:
                        self.discard(instance)
                finally:
                    instance.lock.release()
        return [
            instance
            for instance in live
            if isinstance(instance, DurableInstance) and instance.machine is not None and not instance.calls
        ]


def hibernate(instance: DurableInstance) -> bool:
    """Save an instance and let it sleep; return whether it does."""
    return instance.save() and instance.sleep()

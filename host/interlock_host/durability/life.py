"""What an engine with a data directory adds: who is in memory, who sleeps, what is saved and when."""

from __future__ import annotations

import collections
import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from interlock_host.answer_room import AnswerRoom
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.keeper import Keeper
from interlock_host.durability.levels import Level
from interlock_host.durability.recovery import Progress, Recovered, recover
from interlock_host.durability.residents import Residents
from interlock_host.durability.retention import trim
from interlock_host.durability.store import JournalFailed, Store, journal_failed
from interlock_host.durability.waking import Waking
from interlock_host.errors import FAILED_PRECONDITION, HostError
from interlock_host.instance import State
from interlock_host.journal.entry import Kind
from interlock_host.journal.scan import Scan, scan
from interlock_host.module import Module
from interlock_host.observer import EngineObserver

if TYPE_CHECKING:
    from interlock_host.clock import Clock
    from interlock_host.engine import Engine
    from interlock_host.instance import Instance

_LOOKS = 4
"""How often in its idle time an instance is looked at."""


class Life:
    """The durable instances of an engine, and their engine to them."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self.engine = engine
        self.store = store
        self.clock: Clock = engine.clock
        self.virtual = engine.virtual
        self._lock = threading.Lock()
        self._all: dict[DurableInstance, None] = {}
        self.answer_room = AnswerRoom(
            self.clock, engine.config.answer_bytes, engine.schedule, on_full=self._look
        )
        self.residents = Residents(engine, store.options.idle_seconds, self.answer_room)
        self._wanted: collections.deque[DurableInstance] = collections.deque()
        self._older: dict[str, Module] = {}
        """Modules that are not served any more, by digest; instances stay on theirs."""
        self._waiting: dict[int, int] = {}
        """Ids of instances whose module is not served here, and their last LSN; what they need is kept."""
        self._lost: dict[int, int] = {}
        """Ids of instances whose name cannot be read, and the last LSN that is known of each."""
        self._unnamed = ""
        self._keeper: Keeper | None = None
        self._came_back = False
        store.on_failed = self.failed
        store.on_resumed = self._come_back

    def recover(self, progress: Progress | None = None) -> Recovered:
        """Make every instance of the data directory again."""
        recovered = recover(self, self.store, progress)
        self.clock.move_to(max((instance.last_now for instance in self.instances()), default=0))
        self.store.scan.close()
        if self.store.threads:
            self._keeper = Keeper(self.keep, max(1.0, self.store.options.idle_seconds / _LOOKS))
            if self._came_back:
                self._keeper.wake()
        return recovered

    # Instances

    def new(self, module: Module, name: str, level: Level) -> DurableInstance:
        """Return an instance that has not begun.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED, or FAILED_PRECONDITION/INSTANCE_FAILED: it may
                be one that was lost.
        """
        self.store.check()
        self.check_absent(module, name)
        instance = DurableInstance(self, module, name, self.store, level)
        with self._lock:
            self._all[instance] = None
        return instance

    def check_absent(self, module: Module, name: str) -> None:
        """Refuse to take an instance for one that never was, where that is not certain.

        Raises:
            HostError: FAILED_PRECONDITION/INSTANCE_FAILED.
        """
        if self._unnamed:
            text = f"{module.name}/{name} may be {self._unnamed}; see `interlock journal verify`"
            raise HostError(FAILED_PRECONDITION, "INSTANCE_FAILED", text)

    def admit(self, served: Module, instance: DurableInstance) -> None:
        """Take in an instance that was recovered."""
        with self._lock:
            self._all[instance] = None
        self.engine.admit(served, instance)

    def refuse_new(self, why: str) -> None:
        """Make no new instances: any name may be the one that was lost."""
        self._unnamed = why

    def lose_name(self, instance_id: int, last_lsn: int, why: str) -> None:
        """Keep what there is of an instance whose name cannot be read, and make none that may be it."""
        self._lost[instance_id] = last_lsn
        self.refuse_new(why)

    def wait_for_module(self, instance_id: int, last_lsn: int) -> None:
        """Keep what an instance needs that cannot be made now."""
        self._waiting[instance_id] = last_lsn

    def forget(self, instance: DurableInstance) -> None:
        """Remove what is kept of an instance that was deleted, once that is durable.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED; the instance is there still.
        """
        if instance.id:
            try:
                self.store.sync(instance.last_lsn)
            except HostError as error:
                instance.lose(error.failure)
                raise
        with self._lock:
            self._all.pop(instance, None)
        self.residents.discard(instance)
        if instance.id:
            with contextlib.suppress(OSError):  # the next recovery removes them
                self.store.snapshots.remove(instance.id)

    def instances(self) -> list[DurableInstance]:
        """Return all durable instances, in memory or not."""
        with self._lock:
            return list(self._all)

    @property
    def sleeping(self) -> list[DurableInstance]:
        """Those whose state is on the disk alone."""
        return [instance for instance in self.instances() if instance.asleep]

    # Modules

    def served(self, package: str) -> Module | None:
        """Return the module that is served under a package."""
        return self.engine.module_of(package)

    def module_of(self, served: Module, digest: str) -> Module:
        """Return the module of a digest, which may be older than the one that is served.

        Raises:
            ModuleError: It does not compile here.
            ModuleDamaged: The file that was kept is not what it was.
        """
        if served.digest == digest:
            return served
        older = self._older.get(digest)
        if older is None:
            wasm = self.store.modules.get(digest)
            caps = self.engine.caps_of(served.name)
            older = Module(wasm, Path(f"modules/{digest}.wasm"), self.engine.config.cache, caps)
            older.name = served.name
            self._older[digest] = older
        return older

    # The engine, to an instance

    @property
    def observer(self) -> EngineObserver:
        """Who is told of traps, faults and events."""
        return self.engine.observer

    def schedule(self, instance: Instance, deadline: int) -> None:
        """Tick the instance at `deadline`."""
        self.engine.schedule(instance, deadline)

    def config_of(self, module: Module, name: str) -> bytes:
        """Return the configuration that an instance is made with."""
        return self.engine.config_of(module, name)

    def seed_of(self, module: Module, name: str) -> int:
        """Return 64 bits for an instance."""
        return self.engine.seed_of(module, name)

    def making(self, instance: Waking, *, due: bool) -> None:
        """Make room for a machine.

        Args:
            instance: Whose it will be.
            due: Whether it is made for what is due in it: the cap gives way to that.

        Raises:
            HostError: RESOURCE_EXHAUSTED/TOO_MANY_INSTANCES.
        """
        self.residents.room_for(instance, due=due)

    def fresh(self, instance: DurableInstance) -> Instance:
        """Return an instance for one read of one that has not begun."""
        return self.engine.fresh(instance.module, instance.name)

    def awake(self, instance: Waking) -> None:
        """The instance has a machine now."""
        self.residents.add(instance)

    def asleep(self, instance: DurableInstance) -> None:
        """The instance has no machine any more; under its lock."""
        self.residents.discard(instance)

    def settled(self, instance: DurableInstance) -> None:
        """The instance was recovered; others sleep where that is too many in memory."""
        self.residents.add(instance)
        if len(self.residents) > self.engine.config.max_instances:
            self.residents.shrink()

    def save_soon(self, instance: DurableInstance) -> None:
        """Take a snapshot of the instance when there is time."""
        self._wanted.append(instance)
        if self._keeper is not None:
            self._keeper.wake()

    # Saving and sleeping

    def _look(self) -> None:
        """Let instances sleep soon, should some be idle."""
        if self._keeper is not None:
            self._keeper.wake()

    def keep(self) -> None:
        """Save what asked for it, let idle instances sleep, and remove journal that nobody needs.

        A disk that refuses is told to the observer; all of it is tried again.
        """
        if self._came_back:
            self._came_back = False
            self.resumed()
        try:
            while self._wanted:
                self._wanted.popleft().save()
            self.residents.let_sleep(self.clock.now())
            trim(self)
        except (HostError, OSError) as error:
            self.observer.not_saved(str(error))

    def drop_refused(self) -> int:
        """Delete the instances that cannot be made again, and return how many; what they held is lost.

        Those whose module is not served here stay as they are.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
            JournalFailed: As that.
            OSError: A file could not be removed.
        """
        failed = [instance for instance in self.instances() if instance.state is State.FAILED]
        for instance in failed:
            instance.delete()
            self.forget(instance)
        lsn, dropped = 0, len(failed) + len(self._lost)
        for instance_id, last_lsn in self._lost.items():
            lsn = self.store.append(Kind.DELETE, instance_id, last_lsn, self.clock.now())
        self.store.sync(lsn)
        for instance_id in self._lost:
            self.store.snapshots.remove(instance_id)
        self._lost.clear()
        self._unnamed = ""
        return dropped

    def behind_the_host(self) -> dict[int, int]:
        """Return the ids of instances that cannot be made now, with their last LSNs; these are kept."""
        return self._waiting | self._lost

    # Failures of the disk

    def failed(self, failure: JournalFailed) -> None:
        """Nothing can be written: forget what the disk does not have, and tell every caller."""
        self.observer.journal_failed(str(failure))
        self.store.barrier.fail(self.store.journal.durable_lsn, journal_failed(failure))
        for instance in self.instances():
            instance.lose(failure)
        # What an entry emitted that was appended before the failure and held behind it. Once LSNs are
        # given out again, it would leave with whoever gets its own.
        self.store.barrier.fail(self.store.journal.durable_lsn, journal_failed(failure))
        self.store.recovered()

    def _come_back(self) -> None:
        """Leave `resumed` to the keeper: the thread that syncs may wait for no instance."""
        if self.store.threads:
            self._came_back = True
            if self._keeper is not None:
                self._keeper.wake()
        else:
            self.resumed()

    def resumed(self) -> None:
        """The disk takes entries again: come back, and do what is due."""
        self.observer.journal_resumed()
        scanned: Scan | None = None
        with contextlib.suppress(OSError):  # each tries for itself then, and again later
            scanned = scan(self.store.disk)
        for instance in self.instances():
            try:
                instance.revive(scanned)
            except HostError as error:
                self.observer.not_saved(f"{instance.module.name}/{instance.name}: {error}")

    # End

    def close(self, *, clean: bool = True) -> None:
        """Cancel what is parked (reason 4), sync, seal, and let the data directory go."""
        if self._keeper is not None:
            self._keeper.close()
        if clean and self.store.failure is None:
            for instance in self.instances():
                instance.stop()
        self.store.close(clean=clean and self.store.failure is None)
        with self._lock:
            self._all.clear()
        self.residents.clear()

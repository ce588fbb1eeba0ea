"""A world with a disk: power fails, processes are killed, disks refuse, instances sleep and wake."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable

from interlock_host.calls import Record, Sink
from interlock_host.clock import VirtualClock
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.module import Module
from tests.simulation.actor import Open, Seen, Step, Violation
from tests.simulation.disk import NEVER, PowerLost, SimDisk
from tests.simulation.journaled import JournaledWorld
from tests.simulation.kept import Kept
from tests.simulation.reference import MS

OPTIONS = StoreOptions(
    segment_bytes=4 << 10, snapshot_entries=100, snapshot_bytes=16 << 10, journal_bytes=32 << 10,
    idle_seconds=0.05,
)  # fmt: skip
STATES = (
    "power lost", "power lost in a write", "power lost in a sync", "power lost in another operation",
    "power lost in recovery", "killed", "stopped", "an entry was lost", "an unheard entry was kept",
    "an instance was lost", "the journal was cut", "write failed", "sync failed", "another operation failed",
    "resumed", "refused while failed", "slept", "woke", "recovered", "a parked call lost its caller",
    "clock went back", "no room for another", "an answer was lost",
)  # fmt: skip


class DurableWorld(JournaledWorld):
    """As `World`, with a data directory on a `SimDisk`.

    The engine says which of the entries that nobody heard of it found again. That
    it found all that anybody heard of is checked, and the references go on from
    exactly these: a state between two entries would be none of theirs.
    """

    def __init__(self, seen: Seen | None = None, disk: SimDisk | None = None, power_seed: int = 0) -> None:
        self.disk = disk or SimDisk()
        self.power_seed = power_seed
        """How what was not synced is found, where power fails in a step."""
        self._failures = 0
        """Of the disk, before this step."""
        self.asyncs: set[tuple[str, str]] = set()
        """Instances that are answered before the disk has what they say."""
        self.latest = 0
        """The latest time that any clock told, before this one."""
        super().__init__(seen)

    def new_engine(self) -> Engine:
        """Open the data directory as it is."""
        config = EngineConfig(seed=1, level_of=self._level_of, max_instances=self.cap)
        return self.open_engine(Store(self.disk, OPTIONS, threads=False), config)

    def is_odd(self) -> bool:
        """Whether an operation of the disk is about to fail."""
        return self.failed or any(self.disk.faults.values())

    def disk_refused(self) -> bool:
        """Whether an operation of the disk failed in this step."""
        return self.disk.failures > self._failures

    def _level_of(self, module: Module, name: str) -> Level:
        return Level.ASYNC if (module.name, name) in self.asyncs else Level.DURABLE

    def new_actor(self, module: str, name: str) -> Kept:
        """Return an instance that is not there yet."""
        actor = super().new_actor(module, name)
        actor.is_async = (module, name) in self.asyncs
        return actor

    def ear(self, opened: Open) -> Sink:
        """Return what hears the records of a call, until power fails: what unwinds then, nobody hears."""
        number, heard, disk = opened.number, opened.actor.heard, self.disk

        def hear(record: Record) -> None:
            if not disk.dead:
                heard.append((number, record))

        return hear

    def close(self) -> None:
        """End the engine, which may not be able to write any more."""
        self.disk.faults.clear()
        self.disk.power_ends = NEVER
        if not self.disk.dead:
            super().close()

    def step(self, step: Step) -> None:
        """Do what the step says; where power fails in it, find out what is left."""
        self._failures = self.disk.failures
        try:
            super().step(step)
            self._after_step()
        except PowerLost:
            self.done += 1
            self._power_lost()

    def _after_step(self) -> None:
        self.catch_up()
        for actor in list(self.actors.values()):
            if actor.heard:
                self.listen(actor)
        if self.alarm.disk_failed:
            self._disk_failed()
        for actor in self.actors.values():
            actor.synced(self.store.journal.durable_lsn)
        if not self.failed and not len(self.store.barrier):
            self.nothing_waits()

    # The disk

    def _cap(self, instances: int) -> None:
        """Keep so many instances in memory, and no more."""
        self.cap = instances
        self.engine.config = dataclasses.replace(self.engine.config, max_instances=instances)

    def _async(self, module: str, name: str) -> None:
        """Answer for an instance, once it is made, before the disk has what it says."""
        self.asyncs.add((module, name))

    def _flush(self) -> None:
        if not self.failed:
            self.store.flush()

    def _keep(self) -> None:
        """Save, let sleep, and trim."""
        if self.failed:
            return
        asleep = sum(instance.asleep for instance in self._instances())
        assert self.engine.life is not None
        self.engine.life.keep()
        self.disk_seen["slept"] += max(0, sum(i.asleep for i in self._instances()) - asleep)

    def _instances(self) -> list[DurableInstance]:
        return [instance for instance in self.engine.instances() if isinstance(instance, DurableInstance)]

    def _fault(self, kind: str, number: int, after: int) -> None:
        """Let an operation of the disk fail: one of a kind, after some that go well."""
        self.disk.faults[kind] = [0] * after + [number]

    def _disk_failed(self) -> None:
        """Nothing of what was not on the disk was ever there: every client was told."""
        self.alarm.disk_failed = False
        if self.failed:
            return
        self.failed = True
        self.disk_seen[f"{self.disk.failed_kind} failed"] += 1
        for number in [number for number, opened in self.open.items() if opened.left]:
            del self.open[number]  # it had no client of its own
        if self.open:
            number = next(iter(self.open))
            raise Violation(self.tell(number, "was not told that the journal failed"))
        for actor in self.actors.values():
            if actor.is_async:
                self.forget_sent(actor)
            actor.suspend(self.store.journal.durable_lsn, self.seen.setdefault(actor.module, Counter()))

    def _resume(self) -> None:
        if not self.failed or not self.store.resume():
            self.done -= 1
            return
        self.failed = False
        self.disk_seen["resumed"] += 1
        for actor in list(self.actors.values()):
            if not actor.resume():
                self._lost(actor)
        self.catch_up()

    # Power and processes

    def _power(self, operations: int, byte: int, seed: int) -> None:
        """Let power fail in an operation to come."""
        self.disk.power_ends, self.disk.power_ends_byte = self.disk.operations + operations, byte
        self.power_seed = seed

    def _power_lost(self) -> None:
        kind = self.disk.last_kind
        operation = f"a {kind}" if kind in {"write", "sync"} else "another operation"
        self.disk_seen[f"power lost in {operation}"] += 1
        self._restart(lambda: self.disk.after_power_loss(self.power_seed))

    def _crash(self, seed: int, back_ms: int, again: int) -> None:
        """Power fails between operations, and perhaps again in an operation of the recovery.

        The clock may be behind afterwards.
        """
        self.disk_seen["power lost"] += 1
        self._restart(lambda: self.disk.after_power_loss(seed), back_ms, again)

    def _kill(self) -> None:
        """The process ends; what it wrote is there."""
        self.disk_seen["killed"] += 1
        self._restart(self.disk.after_kill)

    def _stop(self) -> None:
        """The process ends as it should."""
        self.disk_seen["stopped"] += 1
        self.engine.close()
        self._after_step()
        self._restart(self.disk.after_kill)

    def _restart(self, disk: Callable[[], SimDisk], back_ms: int = 0, again: int = 0) -> None:
        self.catch_up()
        for actor in self.actors.values():
            self.listen(actor)
        self.open.clear()
        self.failed = self.alarm.disk_failed = False
        self.disk = disk()
        self.disk.power_ends = again or NEVER
        self.disk_seen["clock went back"] += back_ms > 0
        self.latest = max(self.latest, self.clock.now())
        self.clock = VirtualClock(self.clock.now() - back_ms * MS)
        self.engine = self._recovered_engine()
        assert self.engine.recovered is not None
        if self.engine.recovered.refused:
            raise Violation(f"was not recovered: {self.engine.recovered.refused}")
        self.disk_seen["the journal was cut"] += self.store.scan.cut is not None
        self._recovered()

    def _recovered_engine(self) -> Engine:
        self.appended.clear()
        try:
            engine = self.new_engine()
        except PowerLost:
            self.disk_seen["power lost in recovery"] += 1
            self.disk = self.disk.after_power_loss(self.disk.operations)
            self.appended.clear()
            engine = self.new_engine()
        self.disk.power_ends = NEVER
        return engine

    def _recovered(self) -> None:
        found = {instance.id: instance for instance in self._instances()}
        claims = {id_: instance.last_lsn for id_, instance in found.items()}
        for entry in reversed(self.appended):
            claims[entry.instance] = entry.previous
        for actor in list(self.actors.values()):
            claim = claims.pop(actor.id, None)
            if claim is None:
                self._lost(actor)
            else:
                self._rebuild(actor, claim, found[actor.id].last_now)
        if claims:
            raise Violation(f"instances came back that were deleted: {sorted(claims)}")
        self.catch_up()
        for instance in found.values():
            if instance.parked_calls:
                raise Violation(f"{instance.name} has {instance.parked_calls} parked calls, and no client")

    def _lost(self, actor: Kept) -> None:
        """Nothing of an instance is left."""
        if not actor.may_be_gone:
            raise Violation(f"{actor.name} is gone; its LSN {actor.heard_of} was heard of")
        self.disk_seen["an instance was lost"] += actor.id > 0
        self.forget(actor)

    def _rebuild(self, actor: Kept, lsn: int, now: int) -> None:
        """Go on from the entry that the engine goes on from, and from its time.

        A snapshot is of a time after its last entry, and what was due by then was done.
        """
        if now > self.latest:
            raise Violation(f"{actor.name} is {now - self.latest} ns ahead of all clocks that were")
        self.disk_seen["recovered"] += 1
        self.disk_seen["an entry was lost"] += lsn < actor.lsn
        self.disk_seen["an unheard entry was kept"] += lsn > actor.heard_of
        self.disk_seen["an answer was lost"] += actor.is_async and lsn < actor.lsn
        if actor.is_async:
            self.forget_sent(actor)
        actor.recover(lsn, now, self.seen.setdefault(actor.module, Counter()))

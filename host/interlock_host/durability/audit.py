"""Reading a data directory without owning it: what is in it, and whether it is what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from interlock.journal.v1 import journal_pb2
from interlock_host.answer_room import AnswerRoom
from interlock_host.clock import VirtualClock
from interlock_host.disk import Disk
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import level_of
from interlock_host.durability.replay import replay
from interlock_host.durability.store import History, Store
from interlock_host.errors import ModuleError
from interlock_host.instance import NEVER, State
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.scan import Scan, scan
from interlock_host.module import Module, short_name
from interlock_host.observer import EngineObserver
from interlock_host.snapshot.form import Snapshot, SnapshotDamaged
from interlock_host.snapshot.modules import ModuleDamaged, ModuleStore
from interlock_host.snapshot.store import Found, SnapshotStore


class Kept(NamedTuple):
    """An instance of a data directory."""

    id: int
    birth: journal_pb2.Birth
    deleted: bool

    @property
    def name(self) -> str:
        """As the command line names it: queue/orders."""
        return f"{short_name(self.birth.package)}/{self.birth.name}"


class Replayed(NamedTuple):
    """An instance that was made again, every answer as the journal says."""

    begun_at: int
    """The LSN of the snapshot that it began from; 0: from its CREATE."""
    entries: int
    seconds: float
    last_lsn: int
    state: State
    failure: str
    now: int
    deadline: int | None
    parked_calls: int
    memory_bytes: int


class Archive:
    """A data directory, read as it stands. Nothing in it is changed, and no lock is taken.

    Args:
        disk: The data directory.
        cache: The folder of compiled modules, or None.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, disk: Disk, cache: Path | None = None) -> None:
        self.scan: Scan = scan(disk)
        self.snapshots = SnapshotStore(disk, read_only=True)
        self._modules = ModuleStore(disk, read_only=True)
        self._cache = cache
        self._compiled: dict[str, Module] = {}
        self._damage: dict[int, list[str]] = {}
        """Of the snapshots that were asked for, by instance."""

    def close(self) -> None:
        """Let the files go."""
        self.scan.close()

    def instances(self) -> list[Kept]:
        """Return the instances whose name can be read, by name; deleted ones included."""
        births = ((instance_id, self._birth(instance_id)) for instance_id in self._ids())
        known = [Kept(i, birth, self._deleted(i)) for i, birth in births if birth is not None]
        return sorted(known, key=lambda kept: (kept.name, kept.id))

    def find(self, name: str) -> Kept | None:
        """Return the instance of this name that was made last."""
        return next((kept for kept in reversed(self.instances()) if kept.name == name), None)

    def _deleted(self, instance_id: int) -> bool:
        extent = self.scan.instances.get(instance_id)
        return extent is not None and extent.deleted

    def _birth(self, instance_id: int) -> journal_pb2.Birth | None:
        entry = next(self.scan.readable(instance_id), None)
        if entry is not None and entry.kind == Kind.CREATE:
            return journal_pb2.Birth.FromString(entry.payload)
        snapshot = self._newest(instance_id).snapshot
        return journal_pb2.SnapshotHead.FromString(snapshot.head).birth if snapshot is not None else None

    def snapshot_damage(self) -> Iterator[str]:
        """Read every snapshot; name those that are not whole, and say why."""
        for instance_id in self.snapshots.instances():
            for lsn in self.snapshots.lsns(instance_id):
                try:
                    self.snapshots.read(instance_id, lsn)
                except SnapshotDamaged as error:
                    yield str(error)

    def refusals(self) -> Iterator[str]:
        """Say which instances could not be made again, and why."""
        named = self.instances()
        for kept in named:
            if not kept.deleted:
                yield from (f"{kept.name}: {why}" for why in self._why_not(kept))
        for instance_id in sorted(self._ids() - {kept.id for kept in named}):
            if not self._deleted(instance_id):
                why = self._history(instance_id).damage or "its CREATE is lost"
                yield f"instance {instance_id}, of an unknown name: {why}"

    def _why_not(self, kept: Kept) -> Iterator[str]:
        try:
            self.module(kept.birth.digest)
        except (ModuleDamaged, ModuleError) as error:
            yield str(error)
        if why := self._history(kept.id).damage:
            yield why

    def _history(self, instance_id: int) -> History:
        return Store.history_in(self.scan, instance_id, self._newest(instance_id))

    def _newest(self, instance_id: int) -> Found:
        """Return the newest snapshot that is whole, and all damage: the store tells of each file once."""
        found = self.snapshots.newest(instance_id)
        damage = self._damage.setdefault(instance_id, [])
        damage.extend(found.damage)
        return found._replace(damage=damage)

    def _ids(self) -> set[int]:
        return {*self.scan.instances, *self.snapshots.instances()}

    def module(self, digest: str) -> Module:
        """Return a kept module.

        Raises:
            ModuleDamaged: Its file is not there, or is another.
            ModuleError: It does not compile here.
        """
        if digest not in self._compiled:
            wasm = self._modules.get(digest)
            self._compiled[digest] = Module(wasm, Path(f"modules/{digest}.wasm"), self._cache)
        return self._compiled[digest]

    def replay(
        self, kept: Kept, module: Module | None = None, progress: Callable[[int], None] | None = None
    ) -> Replayed:
        """Make an instance again, and compare every answer with the journal.

        Args:
            kept: Which one.
            module: Made with this module in place of its own: would it have answered the same?
            progress: Told how many entries were replayed.

        Raises:
            NotReplayed: An answer differs, or an entry is missing; says where.
            JournalDamaged: The journal has a hole.
            ModuleDamaged: Its module is not there, or is another.
            ModuleError: Its module does not compile here.
        """
        snapshot = self._begin(kept)
        after = snapshot.lsn if snapshot is not None else 0
        entries = self.scan.entries(kept.id, after)
        host = _Nobody(progress)
        instance = DurableInstance(
            host, module or self.module(kept.birth.digest), kept.birth.name, None,  # type: ignore[arg-type]
            level_of(kept.birth.durability),
        )  # fmt: skip
        instance.replaying = True
        began = time.perf_counter()
        replay(instance, snapshot, host.counting(entries))
        machine = instance.machine
        return Replayed(
            begun_at=after,
            entries=host.replayed,
            seconds=time.perf_counter() - began,
            last_lsn=instance.last_lsn,
            state=instance.state,
            failure=instance.failure,
            now=instance.last_now,
            deadline=machine.deadline if machine is not None and machine.deadline != NEVER else None,
            parked_calls=len(instance.calls),
            memory_bytes=machine.memory_bytes if machine is not None else 0,
        )

    def _begin(self, kept: Kept) -> Snapshot | None:
        """Return the newest snapshot, where the journal does not begin with the instance's CREATE."""
        entry = next(self.scan.readable(kept.id), None)
        if entry is not None and entry.kind == Kind.CREATE:
            return None
        return self._newest(kept.id).snapshot


class _Nobody:
    """Stands in for an engine: nothing is due, and nobody is told."""

    virtual = True

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self.clock = VirtualClock(0)
        self.observer = EngineObserver()
        self.answer_room = AnswerRoom(self.clock)
        self.replayed = 0
        self._progress = progress

    def schedule(self, instance: object, deadline: int) -> None:
        """Leave it."""

    def counting(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Count entries as they are taken."""
        for entry in entries:
            yield entry
            self.replayed += 1
            if self._progress is not None:
                self._progress(self.replayed)

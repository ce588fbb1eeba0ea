"""Recovery: every instance of a data directory is made again, before the first call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from interlock.journal.v1 import journal_pb2
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import level_of
from interlock_host.durability.store import History, Store
from interlock_host.errors import HostError, ModuleError
from interlock_host.journal.entry import Kind
from interlock_host.snapshot.form import Snapshot
from interlock_host.snapshot.modules import ModuleDamaged

if TYPE_CHECKING:
    from interlock_host.durability.life import Life


class Recovered(NamedTuple):
    """What recovery found."""

    instances: int
    entries: int
    seconds: float
    refused: list[str]
    """Instances that could not be made again, and why."""
    notes: list[str]
    """What was wrong and cost nothing that anyone was told of."""


class Found(NamedTuple):
    """An instance of the data directory."""

    id: int
    birth: journal_pb2.Birth
    history: History
    last_lsn: int


Progress = Callable[[int, int], None]
"""Instances made again, of how many."""


def recover(life: Life, store: Store, progress: Progress | None = None) -> Recovered:
    """Make every instance again, and hand it to the engine.

    One that cannot be made again answers UNAVAILABLE/INSTANCE_FAILED, with the
    place of the damage, until it is deleted; the others go on.
    """
    began = time.perf_counter()
    scan = store.scan
    ids = sorted(set(scan.instances) | set(store.snapshots.instances()))
    refused: list[str] = []
    notes = [str(note) for note in scan.notes]
    if scan.cut is not None:
        notes.append(f"the journal was not closed; its end is cut: {scan.cut}")
    entries = 0
    for done, instance_id in enumerate(ids):
        if progress is not None:
            progress(done, len(ids))
        found, why = _find(life, store, instance_id, notes)
        if found is None:
            if why:
                refused.append(why)
            continue
        instance, why = _make(life, store, found)
        entries += instance.unsaved_entries if instance is not None else 0
        if why:
            refused.append(why)
    _note_unnamed(life, store, refused)
    if progress is not None:
        progress(len(ids), len(ids))
    return Recovered(len(ids), entries, time.perf_counter() - began, refused, notes)


def _find(life: Life, store: Store, instance_id: int, notes: list[str]) -> tuple[Found | None, str]:
    """Return what there is of an instance, and what is wrong with that; neither of a deleted one."""
    extent = store.scan.instances.get(instance_id)
    if extent is not None and extent.deleted:
        store.snapshots.remove(instance_id)
        return None, ""
    found = store.snapshots.newest(instance_id)
    notes.extend(found.damage)
    history = store.history_in(store.scan, instance_id, found)
    birth = _birth(store, instance_id, found.snapshot)
    if birth is None:
        why = f"instance {instance_id}, of an unknown name: {history.damage or 'its CREATE is lost'}"
        life.lose_name(instance_id, extent.last_lsn if extent else instance_id, why)
        return None, why
    last = max(extent.last_lsn if extent else 0, found.snapshot.lsn if found.snapshot else 0)
    return Found(instance_id, birth, history, last), ""


def _birth(store: Store, instance_id: int, snapshot: Snapshot | None) -> journal_pb2.Birth | None:
    if snapshot is not None:
        return journal_pb2.SnapshotHead.FromString(snapshot.head).birth
    for entry in store.scan.readable(instance_id):
        if entry.kind == Kind.CREATE:
            return journal_pb2.Birth.FromString(entry.payload)
    return None


def _make(life: Life, store: Store, found: Found) -> tuple[DurableInstance | None, str]:
    birth = found.birth
    where = f"{birth.package}/{birth.name}"
    served = life.served(birth.package)
    if served is None:
        life.wait_for_module(found.id, found.last_lsn)
        return None, f"{where}: no module {birth.package} is served here; it waits until one is"
    module, why = served, found.history.damage
    try:
        module = life.module_of(served, birth.digest)
    except (ModuleDamaged, ModuleError) as error:
        why = why or str(error)
    instance = DurableInstance(life, module, birth.name, store, level_of(birth.durability))
    instance.id, instance.last_lsn, instance.birth = found.id, found.last_lsn, birth
    life.admit(served, instance)
    if why:
        instance.refuse(why)
        return instance, f"{where}: {why}"
    try:
        with instance.lock:
            instance.restore(found.history.snapshot, found.history.entries)
    except HostError as error:
        instance.refuse(str(error))
    if instance.failure:
        return instance, f"{where}: {instance.failure}"
    life.settled(instance)
    return instance, ""


def _note_unnamed(life: Life, store: Store, refused: list[str]) -> None:
    """Where a birth was lost and nothing else is known of the instance, any new name may be its name."""
    known = {*store.scan.instances, *store.snapshots.instances()}
    for damage in store.scan.damage:
        text = f"an instance whose name cannot be read was lost: {damage}"
        if damage.instance is None:
            life.refuse_new(text)
        elif damage.instance == damage.lsn and damage.instance not in known:
            life.lose_name(damage.instance, damage.lsn, text)
        else:
            continue
        refused.append(text)

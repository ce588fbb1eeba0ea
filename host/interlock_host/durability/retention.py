"""How much of the journal is kept: what any instance may yet be made again from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from interlock_host.journal.entry import Kind

if TYPE_CHECKING:
    from interlock_host.durability.life import Life


def trim(life: Life) -> None:
    """Remove segments that no instance needs; save those that hold back too many bytes."""
    journal, options = life.store.journal, life.store.options
    if len(journal.segments()) < 2:  # the one that is written to stays
        return
    journal.drop_before(_needed(life))
    segments = journal.segments()
    if sum(segment.bytes for segment in segments) <= options.journal_bytes or len(segments) < 2:
        return
    behind = segments[0].last_lsn
    for instance in life.instances():
        if instance.id and instance.saved_lsn <= behind:
            instance.save()
    journal.drop_before(_needed(life, pressed=True))


def _needed(life: Life, *, pressed: bool = False) -> int:
    """Return the first LSN that any instance may be made again from.

    Args:
        pressed: Each instance's newest snapshot is enough. One whose snapshot is of its last
            entry then needs nothing, however long ago that was.
    """
    store = life.store
    needed = store.journal.durable_lsn + 1  # before all else: what comes later is behind it
    last = {instance.id: instance.last_lsn for instance in life.instances()}
    last |= life.behind_the_host()
    for instance_id in {*last, *store.snapshots.instances()} - {0}:
        lsns = store.snapshots.lsns(instance_id)
        if not lsns or (not pressed and len(lsns) < store.options.snapshots_kept):
            needed = min(needed, instance_id)
        elif not pressed:
            needed = min(needed, lsns[0] + 1)
        elif lsns[-1] != last.get(instance_id):
            needed = min(needed, lsns[-1] + 1)
    return needed


def save_all(life: Life, progress: Callable[[int, int], None]) -> int:
    """Save every instance, and remove the journal behind; return how many there are."""
    kept = [instance for instance in life.instances() if instance.id and instance.machine is not None]
    for instance in kept[:1]:
        # An entry, of no effect, begins another segment: only those behind it can go.
        with instance.lock:
            instance.append(Kind.TIME, None)
    for done, instance in enumerate(kept):
        progress(done, len(kept))
        instance.save()
    progress(len(kept), len(kept))
    life.store.journal.drop_before(_needed(life, pressed=True))
    return len(kept)

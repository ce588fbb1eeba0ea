"""What a journal holds: where each instance's entries are, and what is wrong with the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from interlock_host.disk import Disk
from interlock_host.journal.damage import FOREVER, Cut, Damage, Note
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.index import Index
from interlock_host.journal.reader import Reader, Tail
from interlock_host.journal.segment import FOLDER, Segment

Progress = Callable[[int, int], None]
"""Files read, files in all."""


class JournalDamaged(Exception):
    """Entries of an instance, or of all (None), are lost. `damage` says where."""

    def __init__(self, instance: int | None, damage: Damage) -> None:
        super().__init__(str(damage) if instance is None else f"instance {instance}: {damage}")
        self.instance = instance
        self.damage = damage


class Extent(NamedTuple):
    """What the journal has of an instance."""

    first_lsn: int
    last_lsn: int
    entries: int
    bytes: int
    deleted: bool


class Scan:
    """A journal as it was found. Nothing on disk was changed.

    Attributes:
        first_lsn: Of the first file; 1 when there is none.
        last_lsn: Of the last entry, lost ones included; one less than `first_lsn` when there is none.
        durable_mark: The highest LSN that the journal itself says was durable.
        sealed: It was closed, and nothing was written after that.
        cut: What was written at its end, is not whole, and was never known to be durable.
        damage: What was durable and is lost.
        notes: What is odd and cost nothing.
        segments: The files that are segments by their name.
        tail: Where a writer goes on.
    """

    def __init__(self, reader: Reader) -> None:
        self.first_lsn: int = reader.first_lsn
        self.last_lsn: int = reader.last_lsn
        self.durable_mark: int = reader.mark
        self.sealed: bool = reader.sealed
        self.cut: Cut | None = reader.cut
        self.damage: list[Damage] = reader.damage
        self.notes: list[Note] = reader.notes
        self.segments: list[Segment] = reader.segments
        self.tail: Tail = reader.tail
        self._index: Index = reader.index

    @cached_property
    def instances(self) -> dict[int, Extent]:
        """What is known of each instance that has a readable entry, deleted ones included."""
        return {instance: self._extent(instance) for instance in self._index.places}

    def entries(self, instance: int, after: int = 0) -> Iterator[Entry]:
        """Go through an instance's entries behind an LSN.

        Raises:
            JournalDamaged: One of them is lost; nothing is returned then.
        """
        damage = self.damaged(instance, after)
        if damage is not None:
            raise JournalDamaged(instance, damage)
        return self._linked(instance, after)

    def readable(self, instance: int) -> Iterator[Entry]:
        """Go through what can be read of an instance, damaged or not."""
        return map(self._index.read, self._index.places.get(instance, ()))

    def all(self, after: int = 0) -> Iterator[Entry]:
        """Go through all readable entries behind an LSN, in order, of whole and of damaged instances."""
        return self._index.all(after)

    def damaged(self, instance: int, snapshot_lsn: int = 0) -> Damage | None:
        """Say why an instance cannot be rebuilt from its newest snapshot (0: from none); None if it can."""
        if snapshot_lsn > self.last_lsn:
            text = f"the journal ends before the snapshot at LSN {snapshot_lsn} of the instance"
            return Damage(FOLDER, 0, self.last_lsn + 1, instance, text, snapshot_lsn)
        for damage in self.damage:
            if damage.until > snapshot_lsn and self._hits(instance, damage, snapshot_lsn):
                return damage
        return self._broken_link(instance, snapshot_lsn)

    def refusal(self) -> Damage | None:
        """Say why nothing may be appended: what comes after that damage would not be read."""
        return next((damage for damage in self.damage if damage.until == FOREVER), None)

    def close(self) -> None:
        """Let the files go."""
        self._index.close()

    def _extent(self, instance: int) -> Extent:
        index = self._index
        places = index.places[instance]
        first, last = index.links(places[0]).lsn, index.links(places[-1]).lsn
        deleted = index.kind(places[-1]) == Kind.DELETE
        return Extent(first, last, len(places), index.bytes[instance], deleted)

    def _linked(self, instance: int, after: int) -> Iterator[Entry]:
        index = self._index
        places = index.places.get(instance, ())
        last = 0
        for number in range(index.after(instance, after), len(places)):
            entry = index.read(places[number])
            if last and entry.previous != last:
                text = f"the entry before is {entry.previous}, and it is missing"
                raise JournalDamaged(instance, Damage(FOLDER, 0, last + 1, instance, text, entry.lsn - 1))
            last = entry.lsn
            yield entry

    def _hits(self, instance: int, damage: Damage, snapshot_lsn: int) -> bool:
        if damage.instance is not None:
            return damage.instance == instance
        return not self._misses(instance, damage, snapshot_lsn)

    def _misses(self, instance: int, hole: Damage, snapshot_lsn: int) -> bool:
        """Say whether it is certain that no entry of an instance that matters was in a hole.

        So it is if the instance is younger; if its next entry names one from before the
        hole, or one that the snapshot holds, as the one before it; if it was deleted.
        """
        if instance > hole.until:
            return True
        index = self._index
        places = index.places.get(instance)
        if not places:
            return False
        behind = index.after(instance, hole.until)
        if behind == len(places):
            return index.kind(places[-1]) == Kind.DELETE
        previous = index.links(places[behind]).previous
        return 0 < previous < hole.lsn or 0 < previous <= snapshot_lsn

    def _broken_link(self, instance: int, snapshot_lsn: int) -> Damage | None:
        index = self._index
        places = index.places.get(instance, ())
        number = index.after(instance, snapshot_lsn)
        if number == len(places):
            return None
        first = index.links(places[number])
        if first.previous <= snapshot_lsn:
            return None
        text = f"LSN {first.previous} of the instance is not in the journal"
        return Damage(FOLDER, 0, first.previous, instance, text, first.lsn - 1)


def scan(disk: Disk, progress: Progress | None = None, *, after: int = 0) -> Scan:
    """Read a journal once.

    Args:
        after: Files that hold no entry behind this LSN are left out, as if they had been dropped.

    Raises:
        OSError: A file cannot be read.
    """
    reader = Reader(disk, after)
    reader.run(progress)
    return Scan(reader)

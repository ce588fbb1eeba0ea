"""A small journal whose content is known, and a judge of what a scan makes of it."""

from __future__ import annotations

from collections import defaultdict

import pytest

from interlock_host.disk import Disk
from interlock_host.journal import Entry, Journal, JournalDamaged, Kind, Scan, scan
from tests.host.snapshot.memory_disk import MemoryDisk

STAMP = 0x1122334455667788
EXACT, REFUSED, CUT = "exact", "refused", "cut"


class Author:
    """Appends to a journal, and knows what it appended."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.entries: list[Entry] = []
        self.durable = 0
        """How many of them were flushed."""
        self._heads: dict[int, int] = {}

    def create(self, payload: bytes = b"birth") -> int:
        return self._append(Kind.CREATE, 0, 0, b"", payload)

    def call(self, instance: int, payload: bytes = b"call", identity: bytes = b"") -> int:
        return self._append(Kind.CALL, instance, self._heads[instance], identity, payload)

    def delete(self, instance: int) -> int:
        return self._append(Kind.DELETE, instance, self._heads[instance], b"", b"")

    def flush(self) -> None:
        assert self.journal.flush()
        self.durable = len(self.entries)

    def discard(self) -> None:
        """What was not durable is not in the journal any more, and its LSNs are given out again."""
        self.go_on(self.journal, self.entries[: self.durable])

    def go_on(self, journal: Journal, entries: list[Entry]) -> None:
        """Another process takes over behind the entries that it found, and made durable by opening."""
        self.journal = journal
        self.entries = list(entries)
        self.durable = len(entries)
        self._heads = {entry.instance: entry.lsn for entry in entries}

    def _append(self, kind: Kind, instance: int, previous: int, identity: bytes, payload: bytes) -> int:
        lsn = self.journal.last_lsn + 1
        outcome = lsn * 0x01010101 & 0xFFFFFFFF
        made = Entry(
            lsn, kind, instance or lsn, previous, -lsn, lsn << 33, lsn & 0xFFFF, outcome, identity, payload
        )
        given = self.journal.append(
            kind, instance, previous, made.now, made.call, made.method, outcome, identity, payload
        )
        assert given == lsn
        self._heads[made.instance] = lsn
        self.entries.append(made)
        return lsn


def small(disk: Disk, *, sealed: bool) -> Author:
    """Three instances in five batches and two files; payloads of many lengths, two entries at the end."""
    author = Author(Journal(disk, segment_bytes=1500, stamp=STAMP))
    first, second = author.create(b""), author.create(b"birth of another")
    author.call(first, b"x", identity=b"once")
    author.flush()
    author.call(second, b"12345678")
    author.flush()
    third = author.create(b"the third")
    author.call(first, bytes(range(33)))
    author.call(third, b"")
    author.flush()
    author.call(second, b"y" * 7, identity=b"a longer identity")
    author.flush()
    author.call(third, b"z" * 15)
    author.call(first, b"the last")
    author.flush()
    if sealed:
        author.journal.seal()
    author.journal.close()
    return author


def files(disk: MemoryDisk) -> dict[str, bytes]:
    return {path: bytes(data) for path, data in disk.files.items()}


def holding(content: dict[str, bytes]) -> MemoryDisk:
    disk = MemoryDisk()
    disk.files = {path: bytearray(data) for path, data in content.items()}
    return disk


def judge(disk: MemoryDisk, entries: list[Entry], *, marked: int) -> str:
    """Say how a scan took the journal of `entries`; fail where it shows a state that never was.

    Args:
        marked: The last LSN that some mark says was durable: none up to it may be cut.
    """
    found = scan(disk)
    verdict = _check(found, entries, marked)
    if found.refusal() is not None:
        with pytest.raises(JournalDamaged):
            Journal(disk, found)
    else:
        _goes_on(disk, found, entries)
    return verdict


def _check(found: Scan, entries: list[Entry], marked: int) -> str:
    verdict = EXACT
    end = found.last_lsn + 1
    if found.cut is not None:
        verdict, end = CUT, found.cut.lsn
        assert end > marked, "what was durable is not cut"
        assert found.cut.bytes > 0
        assert not found.sealed
    for instance, expected in by_instance(entries).items():
        damage = found.damaged(instance)
        if damage is None:
            assert list(found.entries(instance)) == [entry for entry in expected if entry.lsn < end]
            continue
        verdict = REFUSED
        assert damage.path.startswith("journal") and str(damage.offset) in str(damage)
        assert any(damage.lsn <= entry.lsn <= damage.until for entry in expected) or damage.instance is None
        with pytest.raises(JournalDamaged, match=f"LSN {damage.lsn}"):
            found.entries(instance)
    known = set(entries)
    assert all(entry in known for entry in found.all()), "nothing is found that was not written"
    return verdict


def _goes_on(disk: MemoryDisk, found: Scan, entries: list[Entry]) -> None:
    """Whatever was found, a new instance's entries are found beside it."""
    whole = {id_: list(found.entries(id_)) for id_ in by_instance(entries) if not found.damaged(id_)}
    author = Author(Journal(disk, found))
    assert author.journal.last_lsn == found.last_lsn
    new = author.create()
    author.call(new)
    author.flush()
    author.journal.close()
    again = scan(disk)
    assert again.cut is None
    assert list(again.entries(new)) == author.entries
    for instance, expected in whole.items():
        assert again.damaged(instance) is None
        assert list(again.entries(instance)) == expected


def by_instance(entries: list[Entry]) -> dict[int, list[Entry]]:
    grouped: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.instance].append(entry)
    return grouped

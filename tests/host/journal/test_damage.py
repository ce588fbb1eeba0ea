"""Bytes of a journal that change, go or come back: never a wrong state, never a crash."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from interlock_host.journal import Fenced, Journal, Kind, scan
from tests.host.journal.sample import CUT, EXACT, REFUSED, STAMP, Author, files, holding, judge, small
from tests.host.snapshot.memory_disk import MemoryDisk

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
PATTERNS = range(1, 256) if SOAK else (0x01, 0x80, 0x28, 0xFF)
ROUNDS = 20_000 if SOAK else 1_000


def written(*, sealed: bool) -> tuple[Author, dict[str, bytes], int]:
    """A small journal, its files, and the highest LSN that a mark covers."""
    disk = MemoryDisk()
    author = small(disk, sealed=sealed)
    return author, files(disk), scan(disk).durable_mark


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("sealed", [True, False])
def test_every_flip(sealed: bool, pattern: int) -> None:
    author, content, marked = written(sealed=sealed)
    assert len(content) == 2 and marked == (len(author.entries) if sealed else len(author.entries) - 2)
    verdicts: Counter[str] = Counter()
    for path, data in content.items():
        for offset in range(len(data)):
            flipped = bytearray(data)
            flipped[offset] ^= pattern
            found = scan(holding({**content, path: bytes(flipped)}))
            assert found.damage or found.cut or found.notes, "no flip goes unseen"
            assert [lost.instance is None for lost in found.damage] in ([], [False]), "one flip, one instance"
            disk = holding({**content, path: bytes(flipped)})
            verdicts[judge(disk, author.entries, marked=marked)] += 1
    assert verdicts[EXACT] > verdicts[REFUSED] > 0
    assert bool(verdicts[CUT]) is not sealed


@pytest.mark.parametrize("sealed", [True, False])
def test_every_length(sealed: bool) -> None:
    """A file that ends anywhere: the last is an interrupted write, another one is missing a part."""
    author, content, _ = written(sealed=sealed)
    first, last = sorted(content)
    whole = content[last]
    for size in range(len(whole)):
        disk = holding({**content, last: whole[:size]})
        found = scan(disk)
        assert found.damage == []
        assert judge(disk, author.entries, marked=0) in (EXACT, CUT)
    for size in range(len(content[first])):
        disk = holding({**content, first: content[first][:size]})
        intact = scan(disk).damage == []
        assert judge(disk, author.entries, marked=len(author.entries)) == (EXACT if intact else REFUSED)


def test_more_than_a_flip() -> None:
    """Stretches of zeros, of noise and of the file's own other bytes, one to three at once."""
    author, content, _ = written(sealed=True)
    chance = random.Random(1)
    verdicts: Counter[str] = Counter()
    for _ in range(ROUNDS):
        changed = {path: bytearray(data) for path, data in content.items()}
        for _ in range(chance.randint(1, 3)):
            data = changed[chance.choice(sorted(changed))]
            start, size = chance.randrange(len(data)), chance.choice((2, 8, 64, 300))
            size = min(size, len(data) - start)
            other = chance.randrange(len(data) - size + 1)
            data[start : start + size] = chance.choice(
                (bytes(size), chance.randbytes(size), bytes(data[other : other + size]))
            )
        end = author.durable if scan(holding(as_bytes(changed))).sealed else 0
        verdicts[judge(holding(as_bytes(changed)), author.entries, marked=end)] += 1
    assert min(verdicts[EXACT], verdicts[REFUSED]) > ROUNDS / 50, verdicts


def as_bytes(content: dict[str, bytearray]) -> dict[str, bytes]:
    return {path: bytes(data) for path, data in content.items()}


def test_a_hole_takes_only_those_who_may_be_in_it() -> None:
    """A batch that is gone whole: its neighbours' links say whose entries were in it."""
    disk = MemoryDisk()
    author = Author(Journal(disk, stamp=STAMP))
    before, inside, silent, gone = (author.create() for _ in range(4))
    author.flush()
    author.delete(gone)
    author.flush()
    start = len(next(iter(disk.files.values())))
    lost = author.call(inside)
    author.flush()
    end = len(next(iter(disk.files.values())))
    author.call(before)
    author.call(inside)
    after = author.create()
    author.flush()
    for data in disk.files.values():
        data[start:end] = bytes(end - start)
    found = scan(disk)
    assert found.damaged(before) is None and found.damaged(after) is None and found.damaged(gone) is None
    for instance in (inside, silent):
        damage = found.damaged(instance)
        assert damage is not None
        assert (damage.offset, damage.lsn, damage.until, damage.instance) == (start, lost, lost, None)
    assert found.damaged(inside, lost) is None, "a snapshot behind the hole does without it"
    assert found.damaged(silent, lost) is None
    assert [entry.lsn for entry in found.readable(inside)] == [inside, lost + 2]
    assert judge(disk, author.entries, marked=lost) == REFUSED


def test_an_instance_goes_on_behind_its_lost_entry() -> None:
    """A snapshot holds what the journal lost; what is appended behind that needs the snapshot."""
    disk = MemoryDisk()
    author = Author(Journal(disk, stamp=STAMP))
    first, second = author.create(), author.create()
    lost = author.call(first)
    author.flush()
    author.journal.seal()
    (path,) = disk.files
    disk.files[path][-200] ^= 1
    assert [damage.lsn for damage in scan(disk).damage] == [lost]
    journal = Journal(disk)
    for instance, previous in ((second, lost), (first, lost + 1), (second, first)):
        with pytest.raises(Fenced):
            journal.append(Kind.CALL, instance, previous, 0, 0, 0, 0, b"", b"")
    behind = journal.append(Kind.CALL, first, lost, 0, 0, 0, 0, b"", b"")
    with pytest.raises(Fenced):
        journal.append(Kind.CALL, first, lost, 0, 0, 0, 0, b"", b"")
    journal.flush()
    found = scan(disk)
    assert [entry.lsn for entry in found.entries(first, lost)] == [behind]
    assert found.damaged(first) is not None


def test_the_snapshot_is_ahead() -> None:
    """A journal that was put back from an old copy, beside newer snapshots, is not taken for the whole."""
    author, content, _ = written(sealed=True)
    found = scan(holding(content))
    assert found.damaged(1, author.durable) is None
    damage = found.damaged(1, author.durable + 1)
    assert damage is not None and damage.lsn == author.durable + 1


def test_a_payload_is_no_batch() -> None:
    """A client that sends what looks like batches gains nothing by it when the batch around it is damaged."""
    forger = MemoryDisk()
    forged = small(forger, sealed=True)
    disk = MemoryDisk()
    author = Author(Journal(disk, stamp=STAMP + 1))
    victim, other = author.create(), author.create()
    author.flush()
    start = len(next(iter(disk.files.values())))
    author.call(victim, b"".join(files(forger).values()))
    author.flush()
    author.call(other)
    author.flush()
    for data in disk.files.values():
        data[start : start + 8] = bytes(8)
        footer = data.rindex(b"ILKJEND1", 0, data.rindex(b"ILKJRNL1"))
        data[footer : footer + 8] = bytes(8)
    assert forged.entries[0] not in list(scan(disk).all())
    assert scan(disk).damaged(other) is None
    assert judge(disk, author.entries, marked=author.durable) == REFUSED

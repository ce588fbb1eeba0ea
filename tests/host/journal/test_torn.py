"""A power loss in the middle of a flush: sectors reach the medium in any order, or not at all."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import random

import pytest

from interlock_host.journal import Journal, JournalFailed, scan
from tests.host.journal.sample import CUT, EXACT, STAMP, Author, files, holding, judge
from tests.host.snapshot.memory_disk import MemoryDisk
from tests.simulation.disk import PowerLost, SimDisk

SECTOR = 512
SEEDS = range(2_000 if os.environ.get("INTERLOCK_SOAK") else 100)


def test_every_set_of_sectors() -> None:
    """The last batch spans eight sectors; any of them may hold zeros instead, or what noise was there."""
    disk = MemoryDisk()
    author = Author(Journal(disk, stamp=STAMP))
    ids = [author.create() for _ in range(3)]
    author.flush()
    (path,) = disk.files
    start = len(disk.files[path])
    for number in range(6):
        author.call(ids[number % 3], bytes([number]) * 400)
    author.flush()
    data = files(disk)[path]
    sectors = range(start // SECTOR, (len(data) + SECTOR - 1) // SECTOR)
    noise = random.Random(1).randbytes(SECTOR)
    assert len(sectors) == 7
    for lost in itertools.product((False, True), repeat=len(sectors)):
        for filling in (bytes(SECTOR), noise):
            torn = bytearray(data)
            for sector, gone in zip(sectors, lost, strict=True):
                begin, end = max(start, sector * SECTOR), min(len(data), (sector + 1) * SECTOR)
                if gone:
                    torn[begin:end] = filling[: end - begin]
            verdict = judge(holding({path: bytes(torn)}), author.entries, marked=3)
            assert verdict == CUT if any(lost[1:-1]) else verdict in (CUT, EXACT)


def test_the_mark_of_a_torn_batch_counts() -> None:
    """Its header says what was durable before it, so what is before it is damage and not a cut."""
    disk = MemoryDisk()
    author = Author(Journal(disk, stamp=STAMP))
    first, second = author.create(), author.create()
    author.flush()
    (path,) = disk.files
    author.call(first)
    author.flush()
    flipped = len(disk.files[path]) - 100
    start = len(disk.files[path])
    author.call(second)
    author.flush()
    data = files(disk)[path]
    for size in range(start, len(data)):
        torn = bytearray(data[:size])
        torn[flipped] ^= 1
        proven = size >= start + 64
        found = scan(holding({path: bytes(torn)}))
        assert found.durable_mark == (3 if proven else 2)
        assert [lost.lsn for lost in found.damage] == ([3] if proven else [])
        assert found.cut is not None
        judge(holding({path: bytes(torn)}), author.entries, marked=found.durable_mark)


@pytest.mark.parametrize("seed", SEEDS)
def test_power_ends_anywhere(seed: int) -> None:
    """Five processes on one disk, each ended in some operation: nothing durable is lost or made up."""
    chance = random.Random(seed)
    disk = SimDisk()
    author = Author(Journal(disk, stamp=STAMP))
    for _ in range(5):
        disk.power_ends = disk.operations + chance.randint(1, 25)
        disk.power_ends_byte = chance.randint(0, 600)
        with contextlib.suppress(PowerLost, OSError, JournalFailed):
            live(disk, author, chance)
        power_lost = chance.random() < 0.7
        disk = disk.after_power_loss(chance.randrange(1 << 30)) if power_lost else disk.after_kill()
        found = scan(disk)
        entries = list(found.all())
        assert found.damage == []
        assert entries == author.entries[: len(entries)]
        assert len(entries) >= author.durable


def live(disk: SimDisk, author: Author, chance: random.Random) -> None:
    """One process: it opens, writes, meets a disk that refuses, and perhaps closes."""
    if chance.random() < 0.5:
        refused = chance.choice(("write", "sync", "create", "sync_folder", "truncate", "rename", "remove"))
        disk.faults[refused] = [0] * chance.randint(0, 5) + [chance.choice((errno.ENOSPC, errno.EIO))]
    found = scan(disk)
    segment_bytes = chance.choice((300, 1000, 100_000))
    author.go_on(Journal(disk, found, segment_bytes=segment_bytes, stamp=STAMP), list(found.all()))
    ids = sorted(found.instances) or [author.create()]
    for _ in range(chance.randint(0, 8)):
        for _ in range(chance.randint(1, 4)):
            author.call(chance.choice(ids), chance.randbytes(chance.choice((0, 10, 400))))
        try:
            author.flush()
        except JournalFailed as failure:
            if failure.final:
                return
            author.discard()
            ids = sorted({entry.instance for entry in author.entries})
            if not author.journal.resume() or not ids:
                return
    if chance.random() < 0.5:
        author.journal.seal()

"""A disk that refuses: nothing undurable is taken for durable, and the journal goes on where that is safe."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock_host.disk import RealDisk
from interlock_host.journal import Journal, JournalFailed, scan
from tests.host.journal.sample import STAMP, Author, files, holding
from tests.host.snapshot.memory_disk import MemoryDisk

FULL = errno.ENOSPC
RESUMABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


def started(disk: MemoryDisk, segment_bytes: int = 1 << 20) -> Author:
    """Two durable entries, one of them of instance 1."""
    author = Author(Journal(disk, segment_bytes=segment_bytes, stamp=STAMP))
    author.create()
    author.create()
    author.flush()
    return author


def refusing(disk: MemoryDisk, number: int, *steps: str) -> None:
    disk.failing = lambda step, path: OSError(number, os.strerror(number), path) if step in steps else None


def obeying(disk: MemoryDisk) -> None:
    disk.failing = lambda step, path: None
    disk.room = None


def fails(author: Author, *, final: bool) -> JournalFailed:
    """A flush fails, all that was not durable is gone, and nothing is taken any more."""
    author.call(1, b"not durable")
    epoch = author.journal.epoch
    with pytest.raises(JournalFailed) as failed:
        author.journal.flush()
    journal = author.journal
    assert journal.failure is failed.value and failed.value.final is final
    assert journal.last_lsn == journal.durable_lsn == author.durable
    assert (journal.pending_bytes, journal.epoch) == (0, epoch + 1)
    author.discard()
    with pytest.raises(JournalFailed):
        author.call(1)
    with pytest.raises(JournalFailed):
        journal.flush()
    return failed.value


def goes_on(disk: MemoryDisk, author: Author) -> None:
    """The LSNs that were discarded are given out again; a later scan finds these entries and no others."""
    assert author.journal.resume() and author.journal.failure is None
    author.call(1, b"after it")
    author.call(2)
    author.flush()
    author.journal.close()
    found = scan(disk)
    assert list(found.all()) == author.entries
    assert (found.cut, found.damage, found.notes) == (None, [], [])


def whole_batch_bytes() -> int:
    disk = MemoryDisk()
    author = started(disk)
    before = sum(map(len, disk.files.values()))
    author.call(1, b"not durable")
    author.flush()
    return sum(map(len, disk.files.values())) - before


def test_full_after_any_byte() -> None:
    for room in range(whole_batch_bytes()):
        disk = MemoryDisk()
        author = started(disk)
        before = files(disk)
        disk.room = room
        fails(author, final=False)
        assert files(disk) == before, "what was begun is taken back at once"
        assert list(scan(disk).all()) == author.entries
        assert not author.journal.resume(), "it is still full"
        obeying(disk)
        goes_on(disk, author)


def test_full_and_not_even_cut() -> None:
    """The half batch stays; a restart in between cuts it, a resume too."""
    for room in range(whole_batch_bytes()):
        disk = MemoryDisk()
        author = started(disk)
        disk.room = room
        refusing(disk, errno.EROFS, "truncate")
        fails(author, final=False)
        restarted = holding(files(disk))
        assert scan(restarted).damage == []
        assert list(scan(restarted).all()) == author.entries
        other = Author(Journal(restarted))
        other.go_on(other.journal, author.entries)
        other.call(1)
        other.flush()
        assert list(scan(restarted).all()) == other.entries
        assert not author.journal.resume()
        obeying(disk)
        goes_on(disk, author)


@pytest.mark.parametrize("number", RESUMABLE)
@pytest.mark.parametrize("step", ["write", "create"])
def test_a_refusal_that_passes(step: str, number: int) -> None:
    disk = MemoryDisk()
    author = started(disk, segment_bytes=10)
    refusing(disk, number, step)
    failure = fails(author, final=False)
    assert failure.error.errno == number and os.strerror(number) in str(failure)
    assert not author.journal.resume()
    obeying(disk)
    goes_on(disk, author)


@pytest.mark.parametrize("step", ["write", "create"])
def test_a_refusal_of_another_kind_is_final(step: str) -> None:
    disk = MemoryDisk()
    author = started(disk, segment_bytes=10)
    refusing(disk, errno.EBADF, step)
    fails(author, final=True)
    obeying(disk)
    assert not author.journal.resume()


@pytest.mark.parametrize("number", RESUMABLE)
@pytest.mark.parametrize("step", ["sync", "sync_folder"])
def test_a_failed_sync_is_final(step: str, number: int) -> None:
    """The system may count as written what it could not write; only reading the disk again tells."""
    disk = MemoryDisk()
    author = started(disk, segment_bytes=10)
    refusing(disk, number, step)
    failure = fails(author, final=True)
    assert "restart" in str(failure)
    obeying(disk)
    assert not author.journal.resume()
    with pytest.raises(JournalFailed):
        author.journal.seal()


def test_what_is_refused_again_and_again_keeps_nothing() -> None:
    disk = MemoryDisk()
    author = started(disk)
    refusing(disk, FULL, "write")
    failure = fails(author, final=False)
    for _ in range(100):
        with pytest.raises(JournalFailed):
            author.call(1)
    walked = failure.__traceback__
    frames = 0
    while walked is not None:
        walked, frames = walked.tb_next, frames + 1
    assert frames < 20


def test_a_sync_that_fails_while_it_is_tried_again_is_final() -> None:
    disk = MemoryDisk()
    author = started(disk)
    refusing(disk, FULL, "write")
    fails(author, final=False)
    refusing(disk, errno.EIO, "sync")
    assert not author.journal.resume()
    assert author.journal.failure is not None and author.journal.failure.final


def test_it_is_tried_with_as_much_as_was_refused() -> None:
    """Room for a few bytes is not enough: the next flush would fail again."""
    disk = MemoryDisk()
    author = started(disk)
    author.call(1, bytes(10_000))
    disk.room = 5000
    with pytest.raises(JournalFailed):
        author.journal.flush()
    author.discard()
    assert not author.journal.resume()
    disk.room = 20_000
    goes_on(disk, author)


def test_what_was_appended_during_a_failing_flush_is_discarded_too() -> None:
    disk = MemoryDisk()
    author = started(disk)
    journal = author.journal

    def fail(step: str, path: str) -> OSError | None:
        if step == "write":
            author.create()
            return OSError(FULL, os.strerror(FULL), path)
        return None

    author.call(1)
    disk.failing = fail
    with pytest.raises(JournalFailed):
        journal.flush()
    assert (journal.last_lsn, journal.pending_bytes) == (2, 0)
    author.discard()
    obeying(disk)
    goes_on(disk, author)


def test_opening_on_a_disk_that_refuses() -> None:
    """An error, with everything as it was; the next try is as good."""
    for step in ("truncate", "sync", "create", "write", "rename", "sync_folder"):
        disk = MemoryDisk()
        author = started(disk)
        disk.files[min(disk.files)] += b"torn"
        refusing(disk, errno.EIO, step)
        with pytest.raises(OSError):
            Journal(disk)
        obeying(disk)
        assert list(scan(disk).all()) == author.entries
        Journal(disk).close()
        assert list(scan(disk).all()) == author.entries


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_real_disk_that_is_full(small_disk: Path) -> None:
    """It fills up, refuses, is given room, and goes on; a restart finds the same."""
    disk = RealDisk(small_disk)
    author = Author(Journal(disk, segment_bytes=100_000))
    first = author.create()
    author.flush()
    with pytest.raises(JournalFailed, match="No space left"):
        for _ in range(1000):
            author.call(first, os.urandom(5000))
            author.flush()
    author.discard()
    assert 100 < author.durable < 300
    assert not author.journal.resume()
    assert author.journal.drop_before(author.durable // 2) > 0
    assert author.journal.resume()
    author.call(first, b"room again")
    author.flush()
    author.journal.seal()
    author.journal.close()
    found = scan(disk)
    kept = found.first_lsn - 1
    assert list(found.all()) == author.entries[kept:]
    assert found.sealed and found.damage == []
    found.close()


LIMITED = """
import errno, resource, sys
from pathlib import Path
from interlock_host.disk import RealDisk
from interlock_host.journal import Journal, JournalFailed, Kind

journal = Journal(RealDisk(Path(sys.argv[1])))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
last = journal.append(Kind.CREATE, 0, 0, 0, 0, 0, 0, b"", b"")
try:
    for number in range(100):
        last = journal.append(Kind.CALL, 1, last, 0, number, 0, 0, b"", bytes(100))
        journal.flush()
except JournalFailed as failure:
    assert failure.error.errno == errno.EFBIG and not failure.final, failure
assert not journal.resume()
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert journal.resume()
journal.append(Kind.CALL, 1, journal.last_lsn, 0, 1000, 0, 0, b"", b"")
journal.flush()
print(journal.durable_lsn)
"""


def test_a_real_file_that_may_not_grow(tmp_path: Path) -> None:
    """A limit of the system's on the size of files: it writes a part, refuses the rest, and is lifted."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = scan(RealDisk(tmp_path))
    assert found.last_lsn == int(done.stdout) < 30
    calls = [entry.call for entry in found.entries(1, 1)]
    assert calls == [*range(len(calls) - 1), 1000]
    assert (found.cut, found.damage, found.notes) == (None, [], [])

"""Appending, flushing, rolling, sealing and dropping, where nothing goes wrong."""

from __future__ import annotations

import struct
import threading

import pytest

from interlock_host.journal import Entry, Fenced, Flush, Journal, Kind, entry, scan
from tests.host.journal.sample import STAMP, Author, by_instance, small
from tests.host.snapshot.memory_disk import MemoryDisk


def test_what_is_appended_is_read() -> None:
    disk = MemoryDisk()
    author = small(disk, sealed=True)
    found = scan(disk)
    assert list(found.all()) == author.entries
    assert (found.sealed, found.cut, found.damage, found.notes) == (True, None, [], [])
    assert found.last_lsn == found.durable_mark == author.durable
    for instance, expected in by_instance(author.entries).items():
        assert list(found.entries(instance)) == expected
        extent = found.instances[instance]
        assert (extent.first_lsn, extent.last_lsn) == (expected[0].lsn, expected[-1].lsn)
        assert (extent.entries, extent.deleted) == (len(expected), False)
        for after in range(author.durable + 1):
            assert list(found.entries(instance, after)) == [e for e in expected if e.lsn > after]
    for after in range(author.durable + 1):
        assert list(found.all(after)) == author.entries[after:]


def test_every_field_to_its_limits() -> None:
    disk = MemoryDisk()
    journal = Journal(disk)
    journal.append(Kind.CREATE, 0, 0, -(1 << 63), (1 << 64) - 1, 0xFFFF, 0xFFFFFFFF, b"i" * 0xFFFF, b"")
    journal.append(Kind.CALL, 1, 1, (1 << 63) - 1, 0, 0, 0, b"", b"p" * 5_000_000)
    journal.flush()
    first, second = scan(disk).entries(1)
    expected = Entry(1, 1, 1, 0, -(1 << 63), (1 << 64) - 1, 0xFFFF, 0xFFFFFFFF, b"i" * 0xFFFF, b"")
    assert first == expected
    assert second == Entry(2, 2, 1, 1, (1 << 63) - 1, 0, 0, 0, b"", b"p" * 5_000_000)


def test_what_does_not_fit_changes_nothing() -> None:
    journal = Journal(MemoryDisk())
    created = journal.append(Kind.CREATE, 0, 0, 0, 0, 0, 0, b"", b"")
    with pytest.raises(struct.error):
        journal.append(Kind.CALL, created, created, 0, 0, 1 << 16, 0, b"", b"")
    assert journal.last_lsn == 1
    assert journal.append(Kind.CALL, created, created, 0, 0, 1, 0, b"", b"") == 2


@pytest.mark.parametrize("width", range(9))
def test_an_entry_says_how_long_it_is(width: int) -> None:
    data = entry.encode(1, 2, 3, 4, 5, 6, 7, 8, b"i" * width, b"payload")
    assert len(data) == entry.span(data, 0) and len(data) % 8 == 0
    assert entry.whole(data, 0, len(data)) and not entry.whole(data, 0, len(data) - 8)


def test_appends_are_fenced() -> None:
    journal = Journal(MemoryDisk())
    author = Author(journal)
    first, second = author.create(), author.create()
    author.call(first)
    for kind, instance, previous in (
        (Kind.CALL, first, first),
        (Kind.CALL, second, 3),
        (Kind.CALL, 99, 0),
        (Kind.CALL, 0, 0),
        (Kind.CREATE, first, 0),
        (Kind.CREATE, 0, 3),
    ):
        with pytest.raises(Fenced):
            journal.append(kind, instance, previous, 0, 0, 0, 0, b"", b"")
    assert journal.last_lsn == 3
    author.delete(first)
    with pytest.raises(Fenced):
        author.call(first)


def test_nothing_is_written_before_the_flush() -> None:
    disk = MemoryDisk()
    author = Author(Journal(disk))
    author.create()
    assert (author.journal.last_lsn, author.journal.durable_lsn) == (1, 0)
    assert author.journal.pending_bytes > 0 and not disk.files
    author.flush()
    assert (author.journal.durable_lsn, author.journal.pending_bytes) == (1, 0)
    assert not author.journal.flush()


def test_a_flush_tells_what_it_did() -> None:
    told: list[Flush] = []
    author = Author(Journal(MemoryDisk(), on_flush=told.append))
    author.create(b"12345678")
    author.create(b"")
    author.flush()
    assert [(flush.entries, flush.bytes) for flush in told] == [(2, 72 + 64)]


def test_files_are_synced_before_the_next_begins() -> None:
    disk = MemoryDisk()
    small(disk, sealed=False)
    first, last = sorted(disk.files)
    steps = disk.steps
    assert steps.index(f"create {last}") > max(n for n, step in enumerate(steps) if step == f"sync {first}")
    assert steps[steps.index(f"create {last}") + 1 :][:3] == [
        "sync_folder journal",
        f"write {last}",
        f"sync {last}",
    ]


def test_another_process_goes_on() -> None:
    disk = MemoryDisk()
    author = small(disk, sealed=True)
    for _ in range(3):
        author.go_on(Journal(disk), author.entries)
        author.call(1)
        author.flush()
        author.journal.seal()
    found = scan(disk)
    assert list(found.all()) == author.entries
    assert found.sealed


def test_seals_do_not_pile_up() -> None:
    disk = MemoryDisk()
    small(disk, sealed=True)
    before = {path: bytes(data) for path, data in disk.files.items()}
    for _ in range(3):
        journal = Journal(disk)
        journal.seal()
        journal.close()
    assert disk.files == before


def test_an_empty_journal() -> None:
    disk = MemoryDisk()
    found = scan(disk)
    assert (found.first_lsn, found.last_lsn, found.instances, list(found.all())) == (1, 0, {}, [])
    journal = Journal(disk)
    journal.seal()
    assert scan(disk).sealed
    author = Author(Journal(disk))
    author.create()
    author.flush()
    assert list(scan(disk).all()) == author.entries
    assert not scan(disk).sealed


def test_old_files_are_dropped() -> None:
    disk = MemoryDisk()
    author = Author(Journal(disk, segment_bytes=400))
    first = author.create()
    for _ in range(9):
        author.flush()
        author.call(first)
    author.flush()
    segments = author.journal.segments()
    assert [segment.last_lsn + 1 for segment in segments[:-1]] == [
        segment.first_lsn for segment in segments[1:]
    ]
    assert [segment.bytes for segment in segments] == [len(disk.files[segment.path]) for segment in segments]
    assert author.journal.drop_before(segments[1].last_lsn) == segments[0].bytes, (
        "its last entry is not before it"
    )
    assert author.journal.drop_before(1000) == sum(segment.bytes for segment in segments[1:-1])
    assert list(disk.files) == [segments[-1].path], "LSNs go on from the last file"
    found = scan(disk)
    kept = segments[-1].first_lsn
    assert found.first_lsn == kept
    assert list(found.entries(first, kept - 1)) == author.entries[kept - 1 :]
    damage = found.damaged(first)
    assert damage is not None and damage.lsn == kept - 1, "without a snapshot it is not whole"


def test_an_instance_all_of_whose_entries_were_dropped_goes_on() -> None:
    disk = MemoryDisk()
    author = Author(Journal(disk, segment_bytes=100))
    old, new = author.create(), author.create()
    last = author.call(old)
    author.flush()
    author.call(new)
    author.flush()
    author.journal.drop_before(last + 1)
    journal = Journal(disk)
    with pytest.raises(Fenced):
        journal.append(Kind.CALL, old, last + 1, 0, 0, 0, 0, b"", b"")
    lsn = journal.append(Kind.CALL, old, last, 0, 0, 0, 0, b"", b"")
    with pytest.raises(Fenced):
        journal.append(Kind.CALL, old, last, 0, 0, 0, 0, b"", b"")
    journal.flush()
    assert [found.lsn for found in scan(disk).entries(old, last)] == [lsn]


def test_threads_append_while_others_flush() -> None:
    """Each thread's instance has all of its entries, in its order."""
    disk = MemoryDisk()
    journal = Journal(disk, segment_bytes=20_000, stamp=STAMP)
    threads, calls = 4, 300
    start = threading.Barrier(threads + 1)

    def write() -> None:
        start.wait()
        last = instance = journal.append(Kind.CREATE, 0, 0, 0, 0, 0, 0, b"", b"")
        for number in range(calls):
            last = journal.append(Kind.CALL, instance, last, number, number, 0, 0, b"", b"payload")

    writers = [threading.Thread(target=write) for _ in range(threads)]
    for writer in writers:
        writer.start()
    start.wait()
    while any(writer.is_alive() for writer in writers):
        journal.flush()
    journal.flush()
    found = scan(disk)
    assert found.last_lsn == threads * (calls + 1)
    assert [entry.lsn for entry in found.all()] == list(range(1, found.last_lsn + 1))
    for instance in found.instances:
        assert [e.call for e in found.entries(instance)] == [0, *range(calls)]

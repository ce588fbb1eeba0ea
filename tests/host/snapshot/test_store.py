"""Snapshots on a disk that fails, tears and rots."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interlock_host.disk import Disk, RealDisk
from interlock_host.snapshot import Snapshot, SnapshotDamaged, SnapshotStore
from interlock_host.wasm.image import PAGE_BYTES, WASM_PAGE_BYTES, Image
from tests.host.snapshot.memory_disk import MemoryDisk

ID = 7
OLD, NEW = 10, 20


def image(letter: bytes) -> Image:
    return Image(WASM_PAGE_BYTES, ((PAGE_BYTES, letter * PAGE_BYTES),), (ord(letter),), 1024)


def path(lsn: int, instance: int = ID) -> str:
    return f"snapshots/{instance:020}-{lsn:020}.snap"


def found(store: SnapshotStore, instance: int = ID) -> tuple[int, bytes] | None:
    """The LSN and the head of the newest whole snapshot, which is what was written."""
    return told(store.newest(instance).snapshot, instance)


def told(snapshot: Snapshot | None, instance: int = ID) -> tuple[int, bytes] | None:
    if snapshot is None:
        return None
    assert snapshot.image.memory == image(snapshot.head).memory
    assert (snapshot.image.globals, snapshot.instance) == ((ord(snapshot.head),), instance)
    return snapshot.lsn, snapshot.head


@pytest.fixture(params=["memory", "real"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return RealDisk(tmp_path) if request.param == "real" else MemoryDisk()


@pytest.fixture
def memory() -> MemoryDisk:
    """A disk with an old snapshot and a new one."""
    disk = MemoryDisk()
    store = SnapshotStore(disk)
    store.write(ID, OLD, b"o", image(b"o"))
    store.write(ID, NEW, b"n", image(b"n"))
    disk.steps.clear()
    return disk


def test_newest(disk: Disk) -> None:
    store = SnapshotStore(disk)
    assert found(store) is None
    assert store.newest(ID).damage == []
    assert store.oldest_kept(ID) is None
    for lsn, letter in ((OLD, b"o"), (NEW, b"n"), (1 << 63, b"x")):
        size = store.write(ID, lsn, letter, image(letter))
        assert size == len(disk.read(path(lsn)))
        assert found(store) == (lsn, letter)
    store.write(ID + 1, 5, b"y", image(b"y"))
    for opened in (store, SnapshotStore(disk), SnapshotStore(disk, read_only=True)):
        assert found(opened) == (1 << 63, b"x")
        assert opened.lsns(ID) == [NEW, 1 << 63]
        assert opened.oldest_kept(ID) == NEW
        assert opened.instances() == [ID, ID + 1]
    assert disk.list("snapshots") == [Path(path(*at)).name for at in ((NEW,), (1 << 63,), (5, ID + 1))]


@pytest.mark.parametrize("keep", [1, 3])
def test_keep(disk: Disk, keep: int) -> None:
    store = SnapshotStore(disk, keep)
    for lsn in range(1, 6):
        store.write(ID, lsn, b"a", image(b"a"))
    assert store.lsns(ID) == list(range(6 - keep, 6))
    assert len(disk.list("snapshots")) == keep
    with pytest.raises(ValueError, match="at least one"):
        SnapshotStore(disk, 0)


def test_same_lsn(disk: Disk) -> None:
    """Written again, it is replaced: the host's part may have changed without an entry."""
    store = SnapshotStore(disk)
    store.write(ID, OLD, b"o", image(b"o"))
    store.write(ID, OLD, b"n", image(b"n"))
    assert found(store) == (OLD, b"n")
    assert store.lsns(ID) == [OLD]


def test_remove(disk: Disk) -> None:
    store = SnapshotStore(disk)
    for instance in (ID, ID + 1):
        for lsn in (OLD, NEW):
            store.write(instance, lsn, b"a", image(b"a"))
    store.remove(ID)
    assert (store.instances(), found(store), found(store, ID + 1)) == ([ID + 1], None, (NEW, b"a"))
    assert len(disk.list("snapshots")) == 2
    store.remove(ID)


def test_remove_lasts(memory: MemoryDisk) -> None:
    """No file may come back: the journal forgets that the instance was deleted."""
    memory.files[path(NEW)][30] ^= 1
    store = SnapshotStore(memory)
    store.newest(ID)
    memory.steps.clear()
    store.remove(ID)
    assert memory.steps == [f"remove {path(OLD)}", f"remove {path(NEW)}", "sync_folder snapshots"]
    assert store.newest(ID) == (None, [], 0, False)


def test_name_that_may_not_last(memory: MemoryDisk) -> None:
    """A file whose name could not be synced, nor be removed, does not count, and goes with its instance."""
    store = SnapshotStore(memory)
    memory.failing = lambda step, path: OSError("gone") if step in ("sync_folder", "remove") else None
    with pytest.raises(OSError, match="gone"):
        store.write(ID, LATEST, b"l", image(b"l"))
    assert store.lsns(ID) == [OLD, NEW]
    assert path(LATEST) in memory.files
    memory.failing = lambda step, path: None
    assert store.newest(ID).reached == LATEST
    store.remove(ID)
    assert memory.files == {}


def test_remove_fails(memory: MemoryDisk) -> None:
    store = SnapshotStore(memory)
    memory.failing = fails("remove", path(NEW))
    with pytest.raises(OSError, match="Input/output"):
        store.remove(ID)
    assert store.instances() == [ID]
    memory.failing = lambda step, path: None
    store.remove(ID)
    assert (store.instances(), memory.files) == ([], {})


def test_other_names_are_left_alone(disk: Disk) -> None:
    disk.make_folder("snapshots")
    names = ["notes.txt", f"{OLD:020}.snap", f"{ID:020}-{OLD:020}.snap.bak"]
    for name in names:
        disk.create(f"snapshots/{name}").close()
    assert SnapshotStore(disk).instances() == []
    assert disk.list("snapshots") == sorted(names)


# Damage


def check_fallback(disk: MemoryDisk) -> None:
    """The newest is damaged: the older one stands in for it, and the file is named."""
    result = SnapshotStore(disk).newest(ID)
    assert told(result.snapshot) == (OLD, b"o")
    assert result.reached == NEW
    (line,) = result.damage
    assert line.startswith(f"{path(NEW)}: it")


def test_every_flip(memory: MemoryDisk) -> None:
    data = memory.files[path(NEW)]
    assert len(data) < 200
    for at in range(len(data)):
        for mask in (1, 0x80, 0xFF):
            data[at] ^= mask
            check_fallback(memory)
            data[at] ^= mask
    assert found(SnapshotStore(memory)) == (NEW, b"n")


def test_every_length(memory: MemoryDisk) -> None:
    data = bytes(memory.files[path(NEW)])
    for size in range(len(data)):
        memory.files[path(NEW)] = bytearray(data[:size])
        check_fallback(memory)


def test_all_damaged(memory: MemoryDisk) -> None:
    for lsn in (OLD, NEW):
        memory.files[path(lsn)][30] ^= 1
    result = SnapshotStore(memory).newest(ID)
    assert result.snapshot is None
    assert [line.split(":")[0] for line in result.damage] == [path(NEW), path(OLD)]


def test_files_that_changed_places(memory: MemoryDisk) -> None:
    """Each is whole, and neither is what its name says."""
    files = memory.files
    files[path(OLD)], files[path(NEW)] = files[path(NEW)], files[path(OLD)]
    files[path(NEW, ID + 1)] = files[path(OLD)]
    store = SnapshotStore(memory)
    assert found(store) is None
    result = store.newest(ID + 1)
    assert result.snapshot is None
    assert result.damage == [f"{path(NEW, ID + 1)}: it is of instance {ID} at LSN {NEW}"]


def test_unreadable(memory: MemoryDisk) -> None:
    memory.failing = fails("read", path(NEW), errno.EIO)
    result = SnapshotStore(memory).newest(ID)
    assert told(result.snapshot) == (OLD, b"o")
    assert result.damage == [f"{path(NEW)}: Input/output error"]


def test_damaged_one_does_not_count(memory: MemoryDisk) -> None:
    """Otherwise the next write would remove the last whole one but its own."""
    memory.files[path(NEW)][30] ^= 1
    store = SnapshotStore(memory)
    assert len(store.newest(ID).damage) == 1
    assert (store.lsns(ID), store.newest(ID).damage) == ([OLD], [])
    assert store.newest(ID).reached == NEW, "what the older one leads to must come as far"
    store.write(ID, LATEST, b"l", image(b"l"))
    assert (store.lsns(ID), store.oldest_kept(ID)) == ([OLD, LATEST], OLD)
    memory.files[path(LATEST)][30] ^= 1
    assert found(store) == (OLD, b"o")
    assert path(NEW) in memory.files
    store.write(ID, NEW, b"n", image(b"n"))
    assert found(store) == (NEW, b"n")


def test_read(memory: MemoryDisk) -> None:
    store = SnapshotStore(memory, read_only=True)
    assert [told(store.read(ID, lsn)) for lsn in store.lsns(ID)] == [(OLD, b"o"), (NEW, b"n")]
    with pytest.raises(SnapshotDamaged, match=f"^{path(LATEST)}: No such file"):
        store.read(ID, LATEST)


# Writing


def fails(step: str, at: str = "", code: int = errno.EIO) -> Callable[[str, str], OSError | None]:
    """A disk on which this step fails, everywhere or at one path."""

    def failing(name: str, where: str) -> OSError | None:
        return OSError(code, os.strerror(code)) if name == step and at in ("", where) else None

    return failing


LATEST = 30
WRITE = ("create", "write", "sync", "rename", "sync_folder")


def test_order(memory: MemoryDisk) -> None:
    """A name is given to synced bytes only; nothing is removed before the new name is synced."""
    SnapshotStore(memory).write(ID, LATEST, b"l", image(b"l"))
    temporary = f"{path(LATEST)}.tmp"
    assert [step for step in memory.steps if not step.startswith("read")] == [
        "sync_folder ",
        f"create {temporary}",
        f"write {temporary}",
        f"sync {temporary}",
        f"rename {path(LATEST)}",
        "sync_folder snapshots",
        f"remove {path(OLD)}",
    ]


@pytest.mark.parametrize("step", WRITE)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
def test_write_fails(memory: MemoryDisk, step: str, code: int) -> None:
    """The old ones are in place; once the disk works, so does the store."""
    store = SnapshotStore(memory)
    before = {name: bytes(data) for name, data in memory.files.items()}
    memory.failing = fails(step, "" if step != "sync_folder" else "snapshots", code)
    with pytest.raises(OSError, match=os.strerror(code)):
        store.write(ID, LATEST, b"l", image(b"l"))
    assert before == memory.files
    assert found(store) == (NEW, b"n")
    memory.failing = lambda step, path: None
    store.write(ID, LATEST, b"l", image(b"l"))
    assert found(store) == found(SnapshotStore(memory)) == (LATEST, b"l")
    assert store.lsns(ID) == [NEW, LATEST]


def test_disk_fills_at_every_byte(memory: MemoryDisk) -> None:
    store = SnapshotStore(memory)
    before = dict(memory.files)
    for room in range(store.write(ID + 1, OLD, b"l", image(b"l"))):
        memory.room = room
        with pytest.raises(OSError, match="No space left"):
            store.write(ID, LATEST, b"l", image(b"l"))
        assert memory.files == before | {path(OLD, ID + 1): memory.files[path(OLD, ID + 1)]}
    assert found(store) == (NEW, b"n")


def test_old_one_stays(memory: MemoryDisk) -> None:
    """A file that cannot be removed is no reason to fail; it goes with the next."""
    store = SnapshotStore(memory)
    memory.failing = fails("remove", path(OLD))
    store.write(ID, LATEST, b"l", image(b"l"))
    assert store.lsns(ID) == [OLD, NEW, LATEST]
    memory.failing = lambda step, path: None
    store.write(ID, LATEST + 1, b"m", image(b"m"))
    assert store.lsns(ID) == SnapshotStore(memory).lsns(ID) == [LATEST, LATEST + 1]


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", range(6))
def test_crash_at_every_step(memory: MemoryDisk, after: int) -> None:
    """What is opened next holds the old snapshot or the new one, whole, and nothing half written."""
    store = SnapshotStore(memory)
    memory.steps.clear()

    def crash(step: str, path: str) -> None:
        if len(memory.steps) == after:
            raise Crash

    memory.failing = crash
    with pytest.raises(Crash):
        store.write(ID, LATEST, b"l", image(b"l"))
    memory.failing = lambda step, path: None
    again = SnapshotStore(memory)
    assert again.newest(ID).damage == []
    assert found(again) == ((LATEST, b"l") if after > 3 else (NEW, b"n"))
    assert all(name.endswith(".snap") for name in memory.files)
    again.write(ID, LATEST, b"l", image(b"l"))
    assert found(again) == (LATEST, b"l")


def test_leftovers(disk: Disk) -> None:
    SnapshotStore(disk).write(ID, OLD, b"o", image(b"o"))
    leftover = f"{path(NEW)}.tmp"
    disk.create(leftover).close()
    assert SnapshotStore(disk, read_only=True).lsns(ID) == [OLD]
    assert Path(leftover).name in disk.list("snapshots"), "its owner may be writing it"
    assert SnapshotStore(disk).lsns(ID) == [OLD]
    assert disk.list("snapshots") == [Path(path(OLD)).name]


def test_read_only_makes_nothing(tmp_path: Path) -> None:
    assert SnapshotStore(RealDisk(tmp_path), read_only=True).instances() == []
    assert list(tmp_path.iterdir()) == []


def test_threads(tmp_path: Path) -> None:
    """Instances do not wait for each other, nor hear of each other."""
    store = SnapshotStore(RealDisk(tmp_path))

    def use(instance: int) -> None:
        for lsn in range(1, 10):
            store.write(instance, lsn, b"a", image(b"a"))
            assert found(store, instance) == (lsn, b"a")
        if instance % 2:
            store.remove(instance)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    for opened in (store, SnapshotStore(RealDisk(tmp_path))):
        assert {instance: opened.lsns(instance) for instance in opened.instances()} == {
            instance: [8, 9] for instance in range(0, 8, 2)
        }

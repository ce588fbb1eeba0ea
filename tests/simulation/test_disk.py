"""The disk that loses power keeps what was synced, and promises nothing else."""

from __future__ import annotations

import errno
import itertools

import pytest

from tests.simulation.disk import SECTOR, PowerLost, SimDisk

DRAWS = 200


def found(disk: SimDisk, path: str = "f") -> set[bytes | None]:
    """What may be found after a loss of power."""
    return {
        after.read(path) if path in after.list("") else None
        for after in map(disk.after_power_loss, range(DRAWS))
    }


def synced(data: bytes = b"first") -> SimDisk:
    disk = SimDisk()
    file = disk.create("f")
    file.write(data)
    file.sync()
    disk.sync_folder("")
    return disk


def test_synced() -> None:
    assert found(synced()) == {b"first"}


def test_name_not_synced() -> None:
    """A file whose folder was not synced may be gone, however well it was synced itself."""
    disk = SimDisk()
    file = disk.create("f")
    file.write(b"first")
    file.sync()
    assert found(disk) == {b"first", None}


def test_torn() -> None:
    """Behind what was synced: anything of what was written, and zeros."""
    disk = synced()
    disk.append("f").write(b"second")
    seen = found(disk)
    assert {b"first", b"firstsecond", b"first\0\0\0\0\0\0"} <= seen
    assert all(one is not None and one.startswith(b"first") for one in seen)
    assert any(one is not None and one.startswith(b"firsts") and one != b"firstsecond" for one in seen)


def test_out_of_order() -> None:
    """A later sector may be there without an earlier one."""
    disk = synced(b"")
    disk.append("f").write(b"a" * SECTOR + b"b" * SECTOR)
    assert bytes(SECTOR) + b"b" * SECTOR in found(disk)


def test_cut() -> None:
    """A cut that was not synced may be undone; what was written over it, torn."""
    disk = synced(b"first" + b"x" * SECTOR)
    file = disk.append("f")
    file.truncate(5)
    file.write(b"y")
    seen = found(disk)
    assert {b"first" + b"x" * SECTOR, b"firsty"} <= seen
    assert all(one is not None and one.startswith(b"first") for one in seen)


def test_rename() -> None:
    """A rename is there or not: never half, and never for sure before its folder is synced."""
    disk = synced(b"old")
    file = disk.create("g")
    file.write(b"new")
    file.sync()
    disk.rename("g", "f")
    assert found(disk) == {b"old", b"new"}
    disk.sync_folder("")
    assert found(disk) == {b"new"}


def test_order_of_names() -> None:
    """Names change in order: the second of two removals is not there without the first."""
    disk = SimDisk()
    for name in "ab":
        disk.create(name)
    disk.sync_folder("")
    disk.remove("a")
    disk.remove("b")
    assert {tuple(disk.after_power_loss(seed).list("")) for seed in range(DRAWS)} == {("a", "b"), ("b",), ()}


def test_failed_sync() -> None:
    """What an fsync failed for is lost, whatever a later one says."""
    disk = synced()
    file = disk.append("f")
    file.write(b"lost")
    disk.faults["sync"] = [errno.EIO]
    with pytest.raises(OSError, match="EIO"):
        file.sync()
    file.write(b"kept")
    file.sync()
    assert disk.read("f") == b"firstlostkept"
    assert found(disk) == {b"first\0\0\0\0kept"}


def test_failed_write() -> None:
    """A part of it is there."""
    disk = synced()
    disk.faults["write"] = [errno.ENOSPC]
    with pytest.raises(OSError, match="ENOSPC"):
        disk.append("f").write(b"seven77")
    assert disk.read("f") == b"firstsev"


def test_power_ends() -> None:
    """In the operation that was named, and nothing is written after that."""
    for operation, byte in itertools.product(range(1, 5), (0, 1)):
        disk = SimDisk()
        disk.power_ends, disk.power_ends_byte = operation, byte
        with pytest.raises(PowerLost):
            synced_on(disk)
        assert disk.operations == operation
        with pytest.raises(PowerLost):
            disk.create("other")


def synced_on(disk: SimDisk) -> None:
    file = disk.create("f")
    file.write(b"first")
    file.sync()
    disk.sync_folder("")


def test_killed() -> None:
    """A process that ends loses nothing that it wrote; power may take it later."""
    disk = synced()
    disk.append("f").write(b"second")
    after = disk.after_kill()
    assert after.read("f") == b"firstsecond"
    assert b"first" in found(after)

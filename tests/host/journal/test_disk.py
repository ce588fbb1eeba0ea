"""A folder of the operating system's, as the journal sees it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from interlock_host.disk import RealDisk


@pytest.fixture
def disk(tmp_path: Path) -> RealDisk:
    disk = RealDisk(tmp_path)
    disk.make_folder("a/b")
    return disk


def test_a_file_grows_at_its_end(disk: RealDisk) -> None:
    file = disk.create("a/b/file")
    file.write(b"one")
    file.sync()
    file.close()
    file.close()
    file = disk.append("a/b/file")
    assert file.size == 3
    file.write(b"two")
    assert file.size == 6 and disk.read("a/b/file")[:] == b"onetwo"
    file.truncate(4)
    file.sync()
    file.write(b"!")
    file.close()
    assert disk.read("a/b/file")[:] == b"onet!"


def test_a_write_in_parts(disk: RealDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may take less than it was given; size counts what it took."""
    file = disk.create("file")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:7]))
    file.write(bytes(range(100)))
    assert file.size == 100 and disk.read("file")[:] == bytes(range(100))
    taken = iter([5, 3])

    def refuse(descriptor: int, data: bytes) -> int:
        size = next(taken, 0)
        if not size:
            raise OSError(28, "No space left on device")
        return write(descriptor, bytes(data)[:size])

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(OSError):
        file.write(b"more than it takes")
    assert file.size == 108


def test_names(disk: RealDisk) -> None:
    disk.create("a/second").close()
    disk.create("a/first").close()
    assert disk.list("a") == ["b", "first", "second"]
    assert disk.list("absent") == []
    with pytest.raises(FileExistsError):
        disk.create("a/first")
    with pytest.raises(FileNotFoundError):
        disk.append("a/third")
    disk.rename("a/first", "a/second")
    disk.remove("a/second")
    assert disk.list("a") == ["b"]
    disk.make_folder("a/b")
    disk.sync_folder("")
    disk.sync_folder("a/b")


def test_a_file_may_be_cut_while_what_was_read_of_it_is_in_use(disk: RealDisk) -> None:
    """A map of it would end the process by SIGBUS."""
    file = disk.create("file")
    file.write(bytes(10) * 10_000)
    found = disk.read("file")
    file.truncate(1)
    assert found[99_999:] == b"\0"
    file.close()
    assert len(disk.read("file")) == 1


def test_an_empty_file_is_read(disk: RealDisk) -> None:
    disk.create("empty").close()
    assert disk.read("empty") == b""


def test_files_are_ours_alone(disk: RealDisk, tmp_path: Path) -> None:
    disk.create("a/file").close()
    assert stat.S_IMODE((tmp_path / "a/file").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700

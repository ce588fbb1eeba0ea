"""A data directory in memory, whose calls fail when they are told to."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable


class MemoryFile:
    """One file that is open for writing."""

    def __init__(self, disk: MemoryDisk, path: str) -> None:
        self._disk = disk
        self._path = path

    @property
    def size(self) -> int:
        return len(self._disk.files[self._path])

    def write(self, data: bytes) -> None:
        room = self._disk.room
        if room is not None and len(data) > room:
            self._disk.files[self._path] += data[:room]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._disk.step("write", self._path)
        self._disk.files[self._path] += data

    def sync(self) -> None:
        self._disk.step("sync", self._path)

    def truncate(self, size: int) -> None:
        self._disk.step("truncate", self._path)
        del self._disk.files[self._path][size:]

    def close(self) -> None:
        pass


class MemoryDisk:
    """The `Disk` of tests."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.folders: set[str] = set()
        self.room: int | None = None
        """How many bytes one write may have; None is any number."""
        self.steps: list[str] = []
        """What was done, in order."""
        self.failing: Callable[[str, str], OSError | None] = lambda step, path: None
        """Tells with which error a step on a path fails."""

    def step(self, name: str, path: str) -> None:
        error = self.failing(name, path)
        if error is not None:
            raise error
        self.steps.append(f"{name} {path}")

    def create(self, path: str) -> MemoryFile:
        self.step("create", path)
        if path in self.files:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.files[path] = bytearray()
        return MemoryFile(self, path)

    def append(self, path: str) -> MemoryFile:
        self.step("append", path)
        return MemoryFile(self, self._there(path))

    def read(self, path: str) -> bytes:
        self.step("read", path)
        return bytes(self.files[self._there(path)])

    def list(self, folder: str) -> list[str]:
        depth = len(folder) + 1
        return sorted(path[depth:] for path in self.files if path.startswith(f"{folder}/"))

    def rename(self, old: str, new: str) -> None:
        self.step("rename", new)
        self.files[new] = self.files.pop(self._there(old))

    def remove(self, path: str) -> None:
        self._there(path)
        self.step("remove", path)
        del self.files[path]

    def make_folder(self, path: str) -> None:
        self.folders.add(path)

    def sync_folder(self, path: str) -> None:
        self.step("sync_folder", path)

    def _there(self, path: str) -> str:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return path

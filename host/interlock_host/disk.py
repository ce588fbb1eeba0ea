"""One folder of files, as everything that lasts needs it.

The journal and the snapshots reach the disk only through `Disk`, so that a test can
put one in its place that tears writes, loses what was not synced, or is full.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import weakref
from pathlib import Path
from typing import Protocol

Buffer = bytes | mmap.mmap

_PIECE = 1 << 20
_WRITE = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class File(Protocol):
    """A file that grows at its end. Every method raises OSError."""

    @property
    def size(self) -> int:
        """Bytes up to where the next write begins."""
        ...

    def write(self, data: bytes) -> None:
        """Put all of `data` at the end; after an error any part of it may be there."""
        ...

    def sync(self) -> None:
        """Return once all that was written, and the file's size, survive a loss of power."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes; lasting from the next `sync`."""
        ...

    def close(self) -> None:
        """Let the file go; nothing is synced."""
        ...


class Disk(Protocol):
    """A folder. Paths are relative to it, with "/". Every method raises OSError."""

    def create(self, path: str) -> File:
        """Make an empty file; FileExistsError if there is one."""
        ...

    def append(self, path: str) -> File:
        """Open a file that exists, at its end."""
        ...

    def read(self, path: str) -> Buffer:
        """Return the whole of a file."""
        ...

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; none if there is no such folder."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name at once, in place of a file that has it."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder, and those it is in; nothing happens if it is there."""
        ...

    def sync_folder(self, path: str) -> None:
        """Return once the names in a folder survive a loss of power; "" is the root."""
        ...


class RealFile:
    """A file of the operating system's. Reads nothing, so the only position is its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._was_cut = False

    @property
    def size(self) -> int:
        """Bytes up to where the next write begins."""
        return self._size

    @property
    def closed(self) -> bool:
        """Whether it was let go."""
        return self._descriptor < 0

    def write(self, data: bytes) -> None:
        """Put all of `data` at the end. The system may take a part only, and says why the next time."""
        written = os.write(self._descriptor, data)
        self._size += written
        rest = memoryview(data)[written:]
        while rest:
            written = os.write(self._descriptor, rest)
            self._size += written
            rest = rest[written:]

    def sync(self) -> None:
        """Sync the data, and of the metadata what is needed to read it.

        After a cut the whole inode goes: whether fdatasync carries a size that
        shrank differs between file systems.
        """
        if self._was_cut:
            os.fsync(self._descriptor)
            self._was_cut = False
        else:
            _sync_data(self._descriptor)

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""
        self._was_cut = True
        os.ftruncate(self._descriptor, size)
        self._size = size

    def close(self) -> None:
        """Close the descriptor; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class RealDisk:
    """A folder of the operating system's; files are ours alone (0600, folders 0700)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._written: weakref.WeakValueDictionary[str, RealFile] = weakref.WeakValueDictionary()
        """By path, the files that were opened for writing, and may be still."""

    def create(self, path: str) -> RealFile:
        """Make an empty file."""
        return self._open(path, os.O_CREAT | os.O_EXCL)

    def append(self, path: str) -> RealFile:
        """Open a file that exists, at its end."""
        return self._open(path, 0)

    def read(self, path: str) -> Buffer:
        """Map a file, once all of it was read; copy it while it is open for writing.

        A map costs no memory that the system could not take back. But what a bad
        medium does to it, or a cut that takes a page away, is a signal that ends the
        process. So the bytes are read first, by a call that can fail, and are in the
        page cache after that; and what may be cut is not mapped.
        """
        writer = self._written.get(path)
        if writer is not None and not writer.closed:
            return (self._root / path).read_bytes()
        with open(self._root / path, "rb", buffering=0) as file:
            piece = bytearray(_PIECE)
            while file.readinto(piece):
                pass
            if os.fstat(file.fileno()).st_size == 0:
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _open(self, path: str, flags: int) -> RealFile:
        file = RealFile(os.open(self._root / path, _WRITE | flags, 0o600))
        self._written[path] = file
        return file

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted."""
        try:
            return sorted(os.listdir(self._root / folder))
        except FileNotFoundError:
            return []

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        os.replace(self._root / old, self._root / new)

    def remove(self, path: str) -> None:
        """Remove a file."""
        os.unlink(self._root / path)

    def make_folder(self, path: str) -> None:
        """Make a folder, and those it is in."""
        folder = self._root
        for name in path.split("/"):
            folder /= name
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)

    def sync_folder(self, path: str) -> None:
        """Sync the names in a folder."""
        descriptor = os.open(self._root / path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_new(disk: Disk, path: str, data: bytes) -> None:
    """Make a file that is not there with these bytes, and sync them; its name is for the caller to sync.

    Raises:
        OSError: It is there, or could not be written; a part of it may be.
    """
    file = disk.create(path)
    try:
        file.write(data)
        file.sync()
    finally:
        file.close()


def _sync_data(descriptor: int) -> None:
    """Sync a file's data down to the medium: on macOS only F_FULLFSYNC passes the drive's cache."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)

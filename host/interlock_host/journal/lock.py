"""One process at a time for a data directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
import time
import weakref
from pathlib import Path


class DataLocked(Exception):
    """Another process has the data directory. The message says which."""


class DataLock:
    """A `flock` on a file that says who holds it.

    The lock dies with its process, however that ends; the text that stays behind is
    no lock.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            DataLocked: Somebody has it.
            OSError: The file cannot be made.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 4096, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise DataLocked(f"{path.parent} is in use: {holder.replace(chr(10), ', ')}") from None
        _held.add(self)
        _write(self._descriptor, _who())

    def close(self) -> None:
        """Give the lock back. The file stays: to remove it would let two processes lock two files."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            _write(descriptor, "")
            os.close(descriptor)

    def leave(self) -> None:
        """In a forked child: let go of the parent's lock, which would otherwise outlive the parent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


_held: weakref.WeakSet[DataLock] = weakref.WeakSet()


def _leave_all() -> None:
    for lock in _held:
        lock.leave()


os.register_at_fork(after_in_child=_leave_all)


def _write(descriptor: int, text: str) -> None:
    """Say something in the file. The lock holds on a disk that is full, too."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _who() -> str:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    program = Path(sys.argv[0]).name or "python"
    return f"pid {os.getpid()}\nhost {socket.gethostname()}\nsince {since}\nprogram {program}\n"

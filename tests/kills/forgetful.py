"""A disk that loses what was not synced when its process dies.

SIGKILL alone cannot show that a sync is missing: the kernel's page cache outlives the
process. Here what is written stays in the process until it is synced, so that a kill
loses what a loss of power would. Names are as lasting as the kernel makes them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from interlock_host.disk import Buffer, RealDisk, RealFile


class Fate:
    """Counts steps of the disk, and ends the process at one of them.

    Args:
        step: Which, from 1; 0 for never.
        seconds: What a sync takes: the longer, the more is lost by a host that does not wait for it.
    """

    def __init__(self, step: int = 0, seconds: float = 0.0) -> None:
        self._left = step
        self._lock = threading.Lock()
        self._seconds = seconds

    def step(self, halfway: Callable[[], None] = lambda: None) -> None:
        """Begin a step; where it is the last one, do half of it and die."""
        with self._lock:
            self._left -= 1
            if self._left:
                return
            halfway()
            os.kill(os.getpid(), signal.SIGKILL)

    def pause(self) -> None:
        """Take as long as a slow disk would. Nothing here waits for anything."""
        threading.Event().wait(self._seconds)


class ForgetfulFile:
    """A file of the system's, without what was not synced."""

    def __init__(self, file: RealFile, fate: Fate) -> None:
        self._file = file
        self._fate = fate
        self.unsynced = b""

    @property
    def size(self) -> int:
        """Bytes up to where the next write begins."""
        return self._file.size + len(self.unsynced)

    def write(self, data: bytes) -> None:
        """Keep data until it is synced."""
        self._fate.step()
        self.unsynced += data

    def sync(self) -> None:
        """Write what was kept; a death in the middle tears it."""
        self._fate.step(self._tear)
        self._fate.pause()
        self._file.write(self.unsynced)
        self._file.sync()
        self.unsynced = b""
        self._fate.step()

    def _tear(self) -> None:
        self._file.write(self.unsynced[: len(self.unsynced) // 2])

    def truncate(self, size: int) -> None:
        """Cut what was kept, and what was written."""
        self._fate.step()
        kept = size - self._file.size
        self.unsynced = self.unsynced[: max(kept, 0)]
        if kept < 0:
            self._file.truncate(size)

    def close(self) -> None:
        """Close it; what was not synced can still be read, and is lost like the rest."""
        self._file.close()


class ForgetfulDisk(RealDisk):
    """A folder of such files. One process, one disk."""

    fate = Fate()

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._kept: dict[str, ForgetfulFile] = {}

    def create(self, path: str) -> ForgetfulFile:  # type: ignore[override]
        """Make an empty file."""
        self.fate.step()
        return self._wrap(path, super().create(path))

    def append(self, path: str) -> ForgetfulFile:  # type: ignore[override]
        """Open a file that exists."""
        return self._wrap(path, super().append(path))

    def _wrap(self, path: str, file: RealFile) -> ForgetfulFile:
        wrapped = ForgetfulFile(file, self.fate)
        if path in self._kept:
            wrapped.unsynced = self._kept[path].unsynced
        self._kept[path] = wrapped
        return wrapped

    def read(self, path: str) -> Buffer:
        """Return a file with what is not synced: the page cache would have it."""
        kept = self._kept.get(path)
        if kept is not None and kept.unsynced:
            return bytes(super().read(path)) + kept.unsynced
        return super().read(path)

    def rename(self, old: str, new: str) -> None:
        """Rename at once."""
        self.fate.step()
        super().rename(old, new)
        if old in self._kept:
            self._kept[new] = self._kept.pop(old)

    def remove(self, path: str) -> None:
        """Remove at once."""
        self.fate.step()
        super().remove(path)
        self._kept.pop(path, None)

    def sync_folder(self, path: str) -> None:
        """Sync at once."""
        self.fate.step()
        super().sync_folder(path)

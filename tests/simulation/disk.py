"""A disk in memory that loses power: what was synced stays, the rest stays, goes, or is torn.

What it does not promise is what file systems do not (T. Pillai et al., "All file
systems are not created equal", OSDI 2014): sectors that were not synced may
reach the medium in any order; a name lasts from the sync of its folder on;
after a failed fsync the pages count as clean and are lost (A. Rebello et al.,
"Can applications recover from fsync failures?", ATC 2020).
"""

from __future__ import annotations

import errno
import random
from typing import NoReturn

SECTOR = 512
NEVER = 1 << 62


class PowerLost(BaseException):
    """The process ends here. No code of the engine's may catch it."""


class Inode:
    """The bytes of a file."""

    __slots__ = ("before", "clean", "data", "lost")

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.clean = len(data)
        """How many bytes at the front are as they were synced."""
        self.before: bytes | None = None
        """What was synced, where `data` was cut below that since."""
        self.lost: list[tuple[int, int]] = []
        """What an fsync failed for: it is read, and no later sync writes it."""

    def on_medium(self) -> bytes:
        """Return what was synced."""
        return self.before if self.before is not None else self._without_lost(self.clean)

    def _without_lost(self, size: int) -> bytes:
        medium = bytearray(self.data[:size])
        for start, end in self.lost:
            medium[start:end] = bytes(max(0, min(end, size) - start))
        return bytes(medium)

    def sync(self) -> None:
        self.clean, self.before = len(self.data), None

    def fail_sync(self) -> None:
        if self.clean < len(self.data):
            self.lost.append((self.clean, len(self.data)))
        self.clean = len(self.data)

    def truncate(self, size: int) -> None:
        if size < self.clean and self.before is None:
            self.before = self.on_medium()
        del self.data[size:]
        self.clean = min(self.clean, size)
        self.lost = [(start, min(end, size)) for start, end in self.lost if start < size]

    def after_power_loss(self, chance: random.Random) -> bytes:
        """Return what may be found: by sectors what was synced, what was written since, or nothing."""
        old, new = self.on_medium(), self._without_lost(len(self.data))
        if old == new:
            return old
        start = self.clean
        size = chance.choice(
            (len(old), len(new), chance.randint(min(len(old), len(new)), max(len(old), len(new))))
        )
        found = bytearray(new[:start])
        while len(found) < size:
            at = len(found)
            end = min(at + SECTOR - at % SECTOR, size)
            written = new[at:end].ljust(end - at, b"\0")
            kept = chance.choice((end - at, end - at, end - at, 0, chance.randint(0, end - at)))
            found += written[:kept] + old[at + kept : end].ljust(end - at - kept, b"\0")
        return bytes(found[:size])


Change = dict[str, Inode | None]
"""What happens to names at once: the file that each has then, if any."""


class SimFile:
    """An open file."""

    def __init__(self, disk: SimDisk, inode: Inode) -> None:
        self._disk = disk
        self._inode = inode

    @property
    def size(self) -> int:
        return len(self._inode.data)

    def write(self, data: bytes) -> None:
        whole = self._disk.begin("write", len(data))
        self._inode.data += data[:whole]
        self._disk.end()

    def sync(self) -> None:
        if self._disk.begin("sync", 1):
            if "sync" not in self._disk.lazy:
                self._inode.sync()
        elif not self._disk.dead:
            self._inode.fail_sync()
        self._disk.end()

    def truncate(self, size: int) -> None:
        if self._disk.begin("truncate", 1):
            self._inode.truncate(size)
        self._disk.end()

    def close(self) -> None:
        pass


class SimDisk:
    """A folder of files. Every method is an operation, before, in or behind which power may fail."""

    def __init__(self, files: dict[str, bytes] | None = None, folders: set[str] | None = None) -> None:
        self.names: dict[str, Inode] = {path: Inode(data) for path, data in (files or {}).items()}
        self.folders = {""} | (folders or set())
        self.operations = 0
        self.writes: dict[int, int] = {}
        """How many bytes the operations wrote that were writes."""
        self.power_ends = NEVER
        """The operation in which power fails."""
        self.power_ends_byte = 0
        """Of a write, before this byte; of others 0 is before it and 1 behind it."""
        self.dead = False
        self.lazy: set[str] = set()
        """Operations that say that they were done, and do nothing: "sync", "sync_folder"."""
        self.faults: dict[str, list[int]] = {}
        """What the next operations of a kind fail with: an errno each, 0 for none."""
        self.fails: dict[int, int] = {}
        """What operations fail with, by their number."""
        self._synced_names = dict(self.names)
        self._changes: dict[str, list[Change]] = {}
        """By folder, what happened to its names since it was synced, in order."""
        self._failure = 0
        self.failures = 0
        """How many operations failed."""
        self.failed_kind = self.last_kind = ""
        """Of the operation that failed last, and of the last one."""

    # Faults

    def begin(self, kind: str, size: int) -> int:
        """Begin an operation; return how much of it happens. `end` raises what is to be raised."""
        if self.dead:
            raise PowerLost
        self.operations += 1
        self.last_kind = kind
        if kind == "write":
            self.writes[self.operations] = size
        if self.operations == self.power_ends:
            self.dead = True
            return min(self.power_ends_byte, size)
        planned = self.faults.get(kind)
        self._failure = planned.pop(0) if planned else self.fails.get(self.operations, 0)
        if self._failure:
            self.failures += 1
            self.failed_kind = kind if kind in {"write", "sync"} else "another operation"
        return (size * 3 // 7 if kind == "write" else 0) if self._failure else size

    def end(self) -> None:
        """End an operation, well or not."""
        if self.dead:
            raise PowerLost
        failure, self._failure = self._failure, 0
        if failure:
            self._raise(failure)

    def _raise(self, failure: int) -> NoReturn:
        raise OSError(failure, errno.errorcode[failure])

    def _change(self, folder: str, change: Change) -> None:
        self._changes.setdefault(folder, []).append(change)
        _change(self.names, [change])

    # Files

    def create(self, path: str) -> SimFile:
        self._check_folder(path)
        if path in self.names:
            raise FileExistsError(errno.EEXIST, path)
        inode = Inode()
        if self.begin("create", 1):
            self._change(_folder(path), {path: inode})
        self.end()
        return SimFile(self, inode)

    def append(self, path: str) -> SimFile:
        return SimFile(self, self._inode(path))

    def read(self, path: str) -> bytes:
        inode = self._inode(path)
        self.begin("read", 1)
        self.end()
        return bytes(inode.data)

    def list(self, folder: str) -> list[str]:
        head = f"{folder}/" if folder else ""
        known = [*self.names, *self.folders - {""}]
        return sorted(
            {path[len(head) :].split("/")[0] for path in known if path.startswith(head) and path != head}
        )

    def rename(self, old: str, new: str) -> None:
        inode = self._inode(old)
        assert _folder(old) == _folder(new), "a rename between folders is two changes on a disk"
        if self.begin("rename", 1):
            self._change(_folder(new), {old: None, new: inode})
        self.end()

    def remove(self, path: str) -> None:
        self._inode(path)
        if self.begin("remove", 1):
            self._change(_folder(path), {path: None})
        self.end()

    def make_folder(self, path: str) -> None:
        """Folders last at once: that none is lost is tested on real disks."""
        parts = path.split("/")
        self.folders |= {"/".join(parts[: n + 1]) for n in range(len(parts))}

    def sync_folder(self, path: str) -> None:
        if path not in self.folders:
            raise FileNotFoundError(errno.ENOENT, path)
        if self.begin("sync_folder", 1) and "sync_folder" not in self.lazy:
            _change(self._synced_names, self._changes.pop(path, []))
        self.end()

    def _inode(self, path: str) -> Inode:
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, path)
        return self.names[path]

    def _check_folder(self, path: str) -> None:
        if _folder(path) not in self.folders:
            raise FileNotFoundError(errno.ENOENT, path)

    # The end

    def after_kill(self) -> SimDisk:
        """Return the disk as the next process finds it, where only this one ended."""
        disk = SimDisk({}, set(self.folders))
        disk.names, disk._synced_names, disk._changes = self.names, self._synced_names, self._changes
        return disk

    def after_power_loss(self, seed: int) -> SimDisk:
        """Return the disk as it is found when power is back; with seed 0, nothing but what was synced."""
        if not seed:
            synced = {path: inode.on_medium() for path, inode in self._synced_names.items()}
            return SimDisk(synced, set(self.folders))
        chance = random.Random(seed)
        names = dict(self._synced_names)
        for changes in self._changes.values():
            _change(names, changes[: chance.choice((0, len(changes), chance.randint(0, len(changes))))])
        found = {inode: inode.after_power_loss(chance) for inode in names.values()}
        return SimDisk({path: found[inode] for path, inode in names.items()}, set(self.folders))


def _change(names: dict[str, Inode], changes: list[Change]) -> None:
    for change in changes:
        for path, inode in change.items():
            if inode is None:
                names.pop(path, None)
            else:
                names[path] = inode


def _folder(path: str) -> str:
    return path.rpartition("/")[0]

"""The snapshots of a data directory: of each instance the newest few."""

from __future__ import annotations

import contextlib
import re
import threading
from typing import NamedTuple

from interlock_host.disk import Disk
from interlock_host.snapshot.form import Snapshot, SnapshotDamaged, SnapshotUnreadable, decode, encode
from interlock_host.snapshot.whole import open_folder, write_whole
from interlock_host.wasm.image import Image

FOLDER = "snapshots"
_NAME = re.compile(r"([0-9]{20})-([0-9]{20})\.snap")


class Found(NamedTuple):
    """What there is of an instance."""

    snapshot: Snapshot | None
    """The newest one that is whole."""
    damage: list[str]
    """Of each newer file, its path and what is wrong with it."""
    reached: int = 0
    """The LSN of the newest file, whole or not: the instance was there. A state that the
    journal does not lead that far, because its entries were dropped, is an old one."""
    unreadable: bool = False
    """Whether the disk would not give one of the newer files now: it may be whole."""


class SnapshotStore:
    """Keeps snapshots. Thread-safe, as long as each instance's own have one user at a time.

    The names in the folder are read once: nobody else writes there.

    Args:
        disk: Of the data directory.
        keep: How many snapshots of an instance stay; the older ones are what a
            damaged newest falls back to.
        read_only: Whether nothing may change, because another process owns the
            directory; otherwise what a crash left half written is removed.

    Raises:
        OSError: The folder cannot be read, or made.
    """

    def __init__(self, disk: Disk, keep: int = 2, *, read_only: bool = False) -> None:
        if keep < 1:
            raise ValueError("a store keeps at least one snapshot of an instance")
        self._disk = disk
        self._keep = keep
        self._lock = threading.Lock()
        self._lsns: dict[int, list[int]] = {}
        """By instance, rising: those that count."""
        self._discounted: dict[int, list[int]] = {}
        """By instance, files that are there and do not count: one was found damaged, the name of
        another may not last."""
        if not read_only:
            open_folder(disk, FOLDER)
        for name in disk.list(FOLDER):
            if found := _NAME.fullmatch(name):
                self._add(int(found[1]), int(found[2]))

    def write(self, instance: int, lsn: int, head: bytes, image: Image) -> int:
        """Keep a snapshot durably, then remove those of the instance that are too many.

        The entry `lsn` must be durable itself: the journal hands out again the
        numbers of those that are not.

        Returns:
            The size of its file, in bytes.

        Raises:
            OSError: It could not be written; the earlier ones are all there still.
        """
        data = encode(Snapshot(instance, lsn, head, image))
        try:
            write_whole(self._disk, FOLDER, _name(instance, lsn), data)
        except OSError:
            if lsn not in self.lsns(instance) and not self._gone(instance, lsn):
                self._discount(instance, lsn)
            raise
        with self._lock:
            self._add(instance, lsn)
            surplus = self._lsns[instance][: -self._keep]
        for old in surplus:
            if self._gone(instance, old):
                with self._lock:
                    _take(self._lsns, instance, old)
        return len(data)

    def _add(self, instance: int, lsn: int) -> None:
        _take(self._discounted, instance, lsn)
        lsns = self._lsns.setdefault(instance, [])
        if lsn not in lsns:
            lsns.append(lsn)
            lsns.sort()

    def _gone(self, instance: int, lsn: int) -> bool:
        """Remove a file; tell whether it is gone. A surplus one that is not goes with the next write."""
        try:
            self._disk.remove(_path(instance, lsn))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def newest(self, instance: int) -> Found:
        """Return the newest snapshot of an instance that is whole.

        A damaged one is told of once. Its file stays, for whoever looks into it, but
        counts no more: what it should have been a second copy of is not removed for it.
        """
        damage: list[str] = []
        unreadable = False
        reached = max(self._files(instance), default=0)
        for lsn in reversed(self.lsns(instance)):
            try:
                return Found(self.read(instance, lsn), damage, reached, unreadable)
            except SnapshotUnreadable as error:
                damage.append(str(error))
                unreadable = True
            except SnapshotDamaged as error:
                damage.append(str(error))
                self._discount(instance, lsn)
        return Found(None, damage, reached, unreadable)

    def _discount(self, instance: int, lsn: int) -> None:
        with self._lock:
            _take(self._lsns, instance, lsn)
            _take(self._discounted, instance, lsn)
            self._discounted.setdefault(instance, []).append(lsn)

    def _files(self, instance: int) -> list[int]:
        with self._lock:
            return [*self._lsns.get(instance, ()), *self._discounted.get(instance, ())]

    def read(self, instance: int, lsn: int) -> Snapshot:
        """Return one snapshot.

        Raises:
            SnapshotDamaged: It is not whole, or cannot be read; names the file.
        """
        path = _path(instance, lsn)
        try:
            return decode(bytes(self._disk.read(path)), instance, lsn)
        except SnapshotDamaged as error:
            raise SnapshotDamaged(f"{path}: {error}") from None
        except OSError as error:
            raise SnapshotUnreadable(f"{path}: {error.strerror or error}") from error

    def instances(self) -> list[int]:
        """Return the ids of all instances that have a file, whether it counts or not."""
        with self._lock:
            return sorted(self._lsns.keys() | self._discounted.keys())

    def lsns(self, instance: int) -> list[int]:
        """Return the LSNs of an instance's snapshots that count, rising."""
        with self._lock:
            return list(self._lsns.get(instance, ()))

    def oldest_kept(self, instance: int) -> int | None:
        """Return the LSN behind which the journal is needed; None: all of it is."""
        return next(iter(self.lsns(instance)), None)

    def remove(self, instance: int) -> None:
        """Forget an instance, durably: once this returns, its DELETE need not be kept.

        Raises:
            OSError: A file is there still, or may come back.
        """
        for lsn in self._files(instance):
            with contextlib.suppress(FileNotFoundError):
                self._disk.remove(_path(instance, lsn))
        self._disk.sync_folder(FOLDER)
        with self._lock:
            self._lsns.pop(instance, None)
            self._discounted.pop(instance, None)


def _take(lsns: dict[int, list[int]], instance: int, lsn: int) -> None:
    if lsn in lsns.get(instance, ()):
        lsns[instance].remove(lsn)


def _name(instance: int, lsn: int) -> str:
    return f"{instance:020}-{lsn:020}.snap"


def _path(instance: int, lsn: int) -> str:
    return f"{FOLDER}/{_name(instance, lsn)}"

"""The snapshots of a data directory: of each instance the newest few."""

from __future__ import annotations

import contextlib
import re
import threading
from typing import NamedTuple

from interlock_host.disk import Disk
from interlock_host.snapshot.form import Snapshot, SnapshotDamaged, decode, encode
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


class SnapshotStore:
    """Keeps snapshots. Thread-safe; an instance's own snapshots are written one at a time.

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
        """By instance, rising."""
        self._reached: dict[int, int] = {}
        """By instance, the newest of all, whether found damaged since or not."""
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
        write_whole(self._disk, FOLDER, _name(instance, lsn), data)
        with self._lock:
            self._add(instance, lsn)
            surplus = self._lsns[instance][: -self._keep]
        self._drop(instance, surplus)
        return len(data)

    def _add(self, instance: int, lsn: int) -> None:
        lsns = self._lsns.setdefault(instance, [])
        if lsn not in lsns:
            lsns.append(lsn)
            lsns.sort()
        self._reached[instance] = max(lsn, self._reached.get(instance, 0))

    def _drop(self, instance: int, lsns: list[int]) -> None:
        """Remove files; one that cannot be is tried again with the next."""
        for lsn in lsns:
            try:
                self._disk.remove(_path(instance, lsn))
            except FileNotFoundError:
                pass
            except OSError:
                continue
            self._forget(instance, lsn)

    def _forget(self, instance: int, lsn: int) -> None:
        with self._lock, contextlib.suppress(KeyError, ValueError):
            self._lsns[instance].remove(lsn)

    def newest(self, instance: int) -> Found:
        """Return the newest snapshot of an instance that is whole.

        A damaged one is told of once. Its file stays, for whoever looks into it, but
        counts no more: what it should have been a second copy of is not removed for it.
        """
        damage: list[str] = []
        reached = self._reached.get(instance, 0)
        for lsn in reversed(self.lsns(instance)):
            try:
                return Found(self.read(instance, lsn), damage, reached)
            except SnapshotDamaged as error:
                damage.append(str(error))
                self._forget(instance, lsn)
        return Found(None, damage, reached)

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
            raise SnapshotDamaged(f"{path}: {error.strerror or error}") from error

    def instances(self) -> list[int]:
        """Return the ids of all instances that have a snapshot, whole or damaged."""
        with self._lock:
            return sorted(self._lsns)

    def lsns(self, instance: int) -> list[int]:
        """Return the LSNs of an instance's snapshots, rising, without those found damaged."""
        with self._lock:
            return list(self._lsns.get(instance, ()))

    def oldest_kept(self, instance: int) -> int | None:
        """Return the LSN behind which the journal is needed; None: all of it is."""
        return next(iter(self.lsns(instance)), None)

    def remove(self, instance: int) -> None:
        """Forget an instance.

        Raises:
            OSError: A file is there still.
        """
        for lsn in self.lsns(instance):
            with contextlib.suppress(FileNotFoundError):
                self._disk.remove(_path(instance, lsn))
        with self._lock:
            self._lsns.pop(instance, None)
            self._reached.pop(instance, None)


def _name(instance: int, lsn: int) -> str:
    return f"{instance:020}-{lsn:020}.snap"


def _path(instance: int, lsn: int) -> str:
    return f"{FOLDER}/{_name(instance, lsn)}"

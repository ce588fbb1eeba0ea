"""One data directory, open: its journal, its snapshots, its modules, and who may write."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from interlock_host.disk import Disk, RealDisk
from interlock_host.durability.barrier import Barrier
from interlock_host.durability.folder import FORM, FORMAT, LOCK, claim
from interlock_host.errors import UNAVAILABLE, Failure, HostError
from interlock_host.journal.committer import Committer
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.failures import Fenced, JournalFailed
from interlock_host.journal.journal import Flush, Journal
from interlock_host.journal.lock import DataLock
from interlock_host.journal.scan import Progress, Scan, scan
from interlock_host.module import Module
from interlock_host.snapshot.form import Snapshot
from interlock_host.snapshot.modules import ModuleStore
from interlock_host.snapshot.store import Found, SnapshotStore
from interlock_host.snapshot.whole import write_whole

_LONGEST_SYNC = 60.0
"""Seconds. A disk that needs longer than this for one sync is as good as gone."""


@dataclasses.dataclass(frozen=True)
class StoreOptions:
    """How a data directory is kept."""

    segment_bytes: int = 64 << 20
    async_seconds: float = 0.05
    """How long an `async` instance's entries may wait for the disk."""
    gather_seconds: float = 0.0
    """How long a sync waits for more entries where several came for the last one."""
    snapshot_entries: int = 20_000
    """Entries of one instance after which it is saved anew."""
    snapshot_bytes: int = 16 << 20
    """Bytes of one instance's entries after which it is saved anew."""
    journal_bytes: int = 512 << 20
    """Beyond this, instances that hold back the oldest segment are saved so that it can go."""
    snapshots_kept: int = 2
    """Per instance; the older ones, and the journal behind them, stand in for a damaged newest."""
    idle_seconds: float = 300.0
    """After which an instance without parked calls hibernates; 0 turns that off."""


class History(NamedTuple):
    """What an instance is made from again."""

    snapshot: Snapshot | None
    entries: Iterable[Entry]
    """Behind the snapshot."""
    damage: str
    """Why it cannot be made again; empty if it can."""
    notes: list[str]
    """What is wrong, and cost nothing."""
    again: bool = False
    """Whether another try may find more: the disk would not give a file."""


def _nobody(_: float) -> None:
    pass


class Store:
    """What a host writes and reads back. Thread-safe.

    Args:
        disk: The data directory.
        options: How it is kept.
        threads: Whether a thread of the store's own syncs; without it, `flush` does, when told.
        progress: Told how many files of the journal were read, of how many.

    Raises:
        OSError: The directory cannot be read or written.
    """

    def __init__(
        self,
        disk: Disk,
        options: StoreOptions | None = None,
        *,
        threads: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.disk = disk
        self.options = options or StoreOptions()
        if not check_format(disk):
            write_whole(disk, "", FORMAT, FORM)
        self.scan: Scan = scan(disk, progress)
        self.snapshots = SnapshotStore(disk, self.options.snapshots_kept)
        self.modules = ModuleStore(disk)
        self.synced_entries = self.synced_bytes = 0
        self.on_sync: Callable[[float], None] = _nobody
        """Told how long each sync took, in seconds, on the thread that made it."""
        self.journal = Journal(
            disk, self.scan, segment_bytes=self.options.segment_bytes, on_flush=self._flushed
        )
        self.barrier = Barrier()
        self.barrier.durable = self.journal.durable_lsn
        self.on_durable: Callable[[int], None] = self.barrier.release
        """Told of every sync, on the store's thread."""
        self.on_failed: Callable[[JournalFailed], None] = self._fail_held
        """Told of every failure, on the store's thread; ends with `recovered`."""
        self.on_resumed: Callable[[], None] = lambda: None
        self._losing: JournalFailed | None = None
        self._kept_modules: set[str] = set()
        self._keeping_module = threading.Lock()
        self._held: DataLock | None = None
        self._committer: Committer | None = None
        self.threads = threads
        if threads:
            self._committer = Committer(
                self.journal,
                self._durable,
                self._failed,
                self._resumed,
                async_seconds=self.options.async_seconds,
                gather_seconds=self.options.gather_seconds,
            )

    @classmethod
    def open(
        cls,
        path: Path,
        options: StoreOptions | None = None,
        progress: Progress | None = None,
    ) -> Store:
        """Open a data directory for this process alone; it is made if it is not there.

        Raises:
            DataLocked: Another process has it; the text names the process.
            OSError: It cannot be read or written, others may change it, or it is something else's.
        """
        claim(path)
        lock = DataLock(path / LOCK)
        try:
            store = cls(RealDisk(path), options, progress=progress)
        except BaseException:
            lock.close()
            raise
        store._held = lock
        return store

    # Writing

    @property
    def failure(self) -> JournalFailed | None:
        """Why nothing can be written now, if so."""
        # In this order: the journal's own is lifted only while `_losing` is there.
        return self.journal.failure or self._losing

    def check(self) -> None:
        """Refuse what could not be written.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
        """
        failure = self.failure
        if failure is not None:
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", str(failure))

    def append(
        self, kind: Kind, instance: int, previous: int, now: int, *,
        call: int = 0, method: int = 0, outcome: int = 0, identity: bytes = b"", payload: bytes = b"",
        urgent: bool = True,
    ) -> int:  # fmt: skip
        """Append an entry and ask for its sync; return its LSN.

        Raises:
            JournalFailed: Nothing can be written now.
            Fenced: `previous` is not the instance's last entry.
        """
        if self._losing is not None:
            raise self._losing.again()
        lsn = self.journal.append(kind, instance, previous, now, call, method, outcome, identity, payload)
        if self._committer is not None:
            self._committer.wake(urgent)
        return lsn

    def keep_module(self, module: Module) -> None:
        """Keep a module's file durably, before an instance is made with it.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
        """
        if module.digest in self._kept_modules:
            return
        try:
            with self._keeping_module:  # two writers of one file would be in each other's way
                self.modules.put(module.digest, module.wasm)
        except OSError as error:
            text = f"cannot keep {module.name} in the data directory: {error.strerror or error}"
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", text) from error
        self._kept_modules.add(module.digest)

    def flush(self) -> bool:
        """Write and sync what is pending, on this thread; hand on what waited for it.

        Returns:
            Whether that could be done; if not, `failure` says why.
        """
        try:
            self.journal.flush()
        except JournalFailed as failure:
            self._failed(failure)
            return False
        self.on_durable(self.journal.durable_lsn)
        return True

    def resume(self) -> bool:
        """Try to write again after a failure; return whether that can be done."""
        if self._losing is None and self.journal.resume():
            self.on_resumed()
            return True
        return False

    def sync(self, lsn: int) -> None:
        """Return when `lsn` is durable.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
        """
        if self.journal.durable_lsn >= lsn:
            return
        if self._committer is None:
            self.flush()
        else:
            self._committer.wait(lsn, _LONGEST_SYNC)
        self.check()
        if self.journal.durable_lsn < lsn:
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", f"no sync of the journal in {_LONGEST_SYNC} s")

    def _flushed(self, flush: Flush) -> None:
        self.synced_entries += flush.entries
        self.synced_bytes += flush.bytes
        self.on_sync(flush.write_seconds + flush.sync_seconds)

    def _durable(self, lsn: int) -> None:
        self.on_durable(lsn)

    def _resumed(self) -> None:
        self.on_resumed()

    def _failed(self, failure: JournalFailed) -> None:
        self._losing = failure
        self.on_failed(failure)

    def _fail_held(self, failure: JournalFailed) -> None:
        self.barrier.fail(self.journal.durable_lsn, journal_failed(failure))
        self.recovered()

    def recovered(self) -> None:
        """What was not durable is forgotten everywhere: the journal may go on when the disk does."""
        self._losing = None

    # Reading

    def history(self, instance: int, last_lsn: int, scanned: Scan | None = None) -> History:
        """Return what an instance is made from again.

        Args:
            instance: Its id.
            last_lsn: Its last entry; where the newest snapshot is of that, the journal is not read.
            scanned: A journal that was read after that entry; None reads as much as this takes.
        """
        found = self.snapshots.newest(instance)
        if found.snapshot is not None and found.snapshot.lsn == last_lsn:
            return History(found.snapshot, (), "", found.damage)
        after = found.snapshot.lsn if found.snapshot is not None else instance - 1
        history = self.history_in(scanned or scan(self.disk, after=after), instance, found)
        if max(self.snapshots.lsns(instance), default=0) > found.reached or (scanned and history.damage):
            # One that was being written is there now, and the journal before it may be trimmed.
            return self.history(instance, last_lsn)
        return history

    @staticmethod
    def history_in(scanned: Scan, instance: int, found: Found) -> History:
        """Return what an instance is made from again, out of a journal that was read."""
        snapshot, notes = found.snapshot, found.damage
        after = snapshot.lsn if snapshot is not None else 0
        extent = scanned.instances.get(instance)
        damage = scanned.damaged(instance, after)
        why = ""
        if damage is not None:
            why = f"the journal is damaged: {damage}"
        elif snapshot is None and extent is None:
            why = "neither a snapshot nor the journal has it"
        elif max(after, extent.last_lsn if extent else 0) < found.reached:
            why = f"the journal no longer leads to its LSN {found.reached}"
        if why:
            return History(snapshot, (), "; ".join([why, *notes]), notes, found.unreadable)
        return History(snapshot, scanned.entries(instance, after), "", notes)

    # End

    def close(self, *, clean: bool = True) -> None:
        """Sync, seal and let the directory go.

        Args:
            clean: Whether the journal is sealed; without it, as after a crash.
        """
        if self._committer is not None:
            self._committer.close()
        if clean:
            with contextlib.suppress(JournalFailed):
                self.journal.flush()
                self.on_durable(self.journal.durable_lsn)
                self.journal.seal()
        self.journal.close()
        if self._held is not None:
            self._held.close()


def check_format(disk: Disk) -> bool:
    """Refuse a folder that holds something else, or was written by a later version.

    Returns:
        Whether it says what it is; a new one does not yet.

    Raises:
        OSError: It is refused, or cannot be read.
    """
    try:
        found = bytes(disk.read(FORMAT))
    except FileNotFoundError:
        return False
    if found != FORM:
        raise OSError(f"{FORMAT} says {found[:60]!r}; this version reads {FORM!r}")
    return True


def journal_failed(failure: JournalFailed) -> Failure:
    """Return the answer of calls whose entries could not be written."""
    return Failure(UNAVAILABLE, "JOURNAL_FAILED", str(failure))


__all__ = [
    "FORMAT", "Entry", "Fenced", "JournalFailed", "Kind", "Store", "StoreOptions",
    "check_format", "journal_failed",
]  # fmt: skip

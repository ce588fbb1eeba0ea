"""The writer of a journal: appends in memory, flushes in batches."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import NamedTuple

from interlock_host.disk import Disk
from interlock_host.journal import batch, entry
from interlock_host.journal.entry import Kind
from interlock_host.journal.failures import Fenced, JournalFailed
from interlock_host.journal.scan import JournalDamaged, Scan
from interlock_host.journal.scan import scan as scan_disk
from interlock_host.journal.segment import Segment
from interlock_host.journal.writer import Writer

SEGMENT_BYTES = 64 << 20

_CREATE, _DELETE = int(Kind.CREATE), int(Kind.DELETE)


class Flush(NamedTuple):
    """What one flush did."""

    entries: int
    bytes: int
    """Of the entries, without what the batch adds."""
    write_seconds: float
    sync_seconds: float


def _ignore(_: Flush) -> None:
    pass


class Journal:
    """One log for all instances of a data directory.

    `append` puts an entry into memory; `flush` writes all entries appended so far as one
    batch and syncs it. While one flush runs the entries of the next gather: the slower the
    disk, the larger the batches (group commit: Gawlick and Kinkade 1985, Helland et al. 1987).
    Appends may come from any thread, flushes too, one at a time.

    Attributes:
        last_lsn: Of the last entry that was appended.
        durable_lsn: Everything up to here is on disk.
        pending_bytes: What the next flush writes.
        failure: Why nothing is appended now.
        epoch: How often the journal has failed. LSNs that were discarded are given out
            again, so an LSN means the same entry only within an epoch.
    """

    def __init__(
        self,
        disk: Disk,
        scan: Scan | None = None,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        stamp: int | None = None,
        on_flush: Callable[[Flush], None] = _ignore,
    ) -> None:
        """Open a journal behind what a scan found; cuts what the scan says is to be cut.

        Args:
            scan: None scans now.
            stamp: The random number of a new journal; for tests that must repeat.
            on_flush: Called after each flush that wrote something, by the flushing thread.

        Raises:
            JournalDamaged: What would be appended could not be read again.
            OSError: The disk refused.
        """
        found = scan or scan_disk(disk)
        refusal = found.refusal()
        if refusal is not None:
            raise JournalDamaged(None, refusal)
        if stamp is None:
            stamp = int.from_bytes(os.urandom(8), "little")
        self._writer = Writer(disk, found, segment_bytes, stamp)
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._heads = {id_: extent.last_lsn for id_, extent in found.instances.items() if not extent.deleted}
        self._first_lsn = found.first_lsn
        self._lost = found.damage
        if scan is None:
            found.close()
        self._sealed = found.sealed
        self._on_flush = on_flush
        self._entries: list[bytes] = []
        self._slots: list[int] = []
        self.last_lsn = found.last_lsn
        self.durable_lsn = found.last_lsn
        self.failure: JournalFailed | None = None
        self.epoch = 0
        self.pending_bytes = 0

    def append(  # noqa: PLR0917
        self,
        kind: int,
        instance: int,
        previous: int,
        now: int,
        call: int,
        method: int,
        outcome: int,
        identity: bytes,
        payload: bytes,
    ) -> int:
        """Put an entry behind all others, in memory, and return its LSN.

        Args:
            instance: 0 with CREATE: the LSN becomes the id.
            previous: What the caller knows as the instance's last entry.

        Raises:
            Fenced: It is not.
            JournalFailed: The journal has failed, and was not resumed.
        """
        with self._lock:
            if self.failure is not None:
                raise self.failure.again()
            lsn = self.last_lsn + 1
            if self._heads.get(instance) != previous:
                self._check_head(kind, instance, previous)
                instance = instance or lsn
            data = entry.encode(lsn, kind, instance, previous, now, call, method, outcome, identity, payload)
            size = len(data)
            self._entries.append(data)
            self._slots += (instance, size, kind)
            if kind == _DELETE:
                self._heads.pop(instance, None)
            else:
                self._heads[instance] = lsn
            self.pending_bytes += size
            self.last_lsn = lsn
            return lsn

    def flush(self) -> bool:
        """Write and sync what was appended; False if there was nothing.

        Raises:
            JournalFailed: Nothing of it is durable, and all that is not durable is
                discarded: the journal stands again where `durable_lsn` says.
        """
        with self._flushing:
            return self._flush()

    def resume(self) -> bool:
        """Try to go on after a failure; False while the disk still refuses, or if the failure is final."""
        with self._flushing:
            failure = self.failure
            if failure is None:
                return True
            if failure.final:
                return False
            try:
                self._writer.try_again(self.durable_lsn + 1)
            except JournalFailed as again:
                self.failure = again
                return False
            self.failure = None
            return True

    def seal(self) -> None:
        """Flush, and write that the journal ends here and nothing is missing.

        Raises:
            JournalFailed: It could not be said.
        """
        with self._flushing:
            self._flush()
            if not self._sealed:
                self._write(batch.SEALED, [], [])

    def close(self) -> None:
        """Let the file go, as it is."""
        with self._flushing:
            self._writer.close()

    def drop_before(self, lsn: int) -> int:
        """Remove the files all of whose entries are before an LSN, and return the bytes given back.

        The last file that holds a batch stays: the LSNs go on from it.
        """
        with self._flushing:
            return self._writer.drop_before(lsn)

    def segments(self) -> list[Segment]:
        """Return the files, oldest first."""
        return list(self._writer.segments)

    def _flush(self) -> bool:
        with self._lock:
            if self.failure is not None:
                raise self.failure.again()
            entries, self._entries = self._entries, []
            slots, self._slots = self._slots, []
            size, self.pending_bytes = self.pending_bytes, 0
        if not entries:
            return False
        self._write(0, slots, entries)
        self.durable_lsn += len(entries)
        writer = self._writer
        self._on_flush(Flush(len(entries), size, writer.write_seconds, writer.sync_seconds))
        return True

    def _write(self, flags: int, slots: list[int], entries: list[bytes]) -> None:
        try:
            self._writer.write(self.durable_lsn + 1, self.durable_lsn, flags, slots, entries)
        except JournalFailed as failure:
            self._fail(failure, entries)
            raise
        self._sealed = bool(flags)

    def _fail(self, failure: JournalFailed, entries: list[bytes]) -> None:
        """Go back to what is durable."""
        with self._lock:
            self.epoch += 1
            self.failure = failure
            for data in reversed(entries + self._entries):
                _, instance, previous = entry.links(data, 0)
                if previous:
                    self._heads[instance] = previous
                else:
                    self._heads.pop(instance, None)
            self._entries, self._slots, self.pending_bytes = [], [], 0
            self.last_lsn = self.durable_lsn

    def _check_head(self, kind: int, instance: int, previous: int) -> None:
        """Let in what is new: an instance, or the first entry behind one that the journal has no more.

        That one was dropped with its file, or lost; the caller has it from a snapshot.
        """
        head = self._heads.get(instance)
        born = kind == _CREATE and instance == 0 and previous == 0
        dropped = head is None and 0 < instance <= previous < self._first_lsn
        lost = (
            instance > 0
            and (head or 0) < previous
            and any(
                damage.lsn <= previous <= damage.until and damage.instance in (None, instance)
                for damage in self._lost
            )
        )
        if not (born or dropped or lost):
            raise Fenced(instance, previous, head)

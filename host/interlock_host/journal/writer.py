"""The end of a journal on disk: the file that batches go to."""

from __future__ import annotations

import contextlib
import errno
import time

from interlock_host.disk import Disk, File
from interlock_host.journal import batch
from interlock_host.journal.failures import JournalFailed
from interlock_host.journal.opening import prepare
from interlock_host.journal.scan import Scan
from interlock_host.journal.segment import FOLDER, Segment, path_of

RESUMABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
"""What a write may fail with and be tried again, once the file was cut back."""


class Writer:
    """Writes batches behind each other, and begins a new file when one is large enough.

    Not safe for threads. What it knows of the file's size and of the last
    batch is what is durable: only a batch that was written and synced changes it.

    Attributes:
        segments: The files, oldest first.
        write_seconds, sync_seconds: What the last batch took.
    """

    def __init__(self, disk: Disk, scan: Scan, segment_bytes: int, stamp: int) -> None:
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._stamp = stamp if scan.tail.stamp is None else scan.tail.stamp
        self._chain = scan.tail.chain
        self._file: File | None = None
        self._size = 0
        self._wanted = 0
        self.write_seconds = 0.0
        self.sync_seconds = 0.0
        self.segments = prepare(disk, scan)

    def write(self, first: int, mark: int, flags: int, slots: list[int], entries: list[bytes]) -> None:
        """Write a batch and sync it.

        Raises:
            JournalFailed: It is not durable.
        """
        data, chain = batch.encode(self._stamp, first, mark, flags, self._chain, slots, entries)
        if self._file is None or (entries and self._size and self._size + len(data) > self._segment_bytes):
            self._roll(first)
        assert self._file is not None
        self._put(self._file, data)
        if entries:
            self._chain = chain
        self._size += len(data)
        self.segments[-1] = self.segments[-1]._replace(last_lsn=first + len(entries) - 1, bytes=self._size)

    def try_again(self, first: int) -> None:
        """Find out whether the disk takes what it refused: as many bytes, synced, and cut off again.

        Cutting alone would succeed on a full disk, and the next flush would fail.

        Args:
            first: LSN of the entry that would be written next.

        Raises:
            JournalFailed: It does not.
        """
        if self._file is None:
            self._roll(first)
        assert self._file is not None
        self._cut_back(self._file)
        self._put(self._file, bytes(self._wanted))
        self._cut_back(self._file)

    def drop_before(self, lsn: int) -> int:
        """Remove the files all of whose entries are before `lsn`, but not the last that holds a batch."""
        freed = 0
        kept = [segment for segment in self.segments if segment.bytes]
        while len(kept) > 1 and kept[0].last_lsn < lsn:
            self._disk.remove(kept[0].path)
            self.segments.remove(kept[0])
            freed += kept.pop(0).bytes
        if freed:
            self._disk.sync_folder(FOLDER)
        return freed

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _roll(self, first: int) -> None:
        """Begin the file of an LSN; one that was only sealed since it has that name is gone on with."""
        self.close()
        path = path_of(first)
        there = bool(self.segments) and self.segments[-1].path == path
        try:
            self._file = self._disk.append(path) if there else self._disk.create(path)
        except OSError as error:
            raise _failed("create a segment", error) from error
        self._size = self._file.size
        if not there:
            self.segments.append(Segment(path, first, first - 1, 0))
        try:
            self._disk.sync_folder(FOLDER)
        except OSError as error:
            raise JournalFailed("sync the folder", error, final=True) from error

    def _put(self, file: File, data: bytes) -> None:
        """Write and sync. A write that fails is taken back at once, so that a restart finds nothing of it."""
        self._wanted = len(data)
        started = time.perf_counter()
        try:
            file.write(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                file.truncate(self._size)
            raise _failed("write", error) from error
        written = time.perf_counter()
        self._sync(file)
        self.write_seconds, self.sync_seconds = written - started, time.perf_counter() - written

    def _cut_back(self, file: File) -> None:
        try:
            file.truncate(self._size)
        except OSError as error:
            raise _failed("cut", error) from error
        self._sync(file)

    def _sync(self, file: File) -> None:
        try:
            file.sync()
        except OSError as error:
            raise JournalFailed("sync", error, final=True) from error


def _failed(doing: str, error: OSError) -> JournalFailed:
    return JournalFailed(doing, error, final=error.errno not in RESUMABLE)

"""The end of a journal on disk: the file that batches go to."""

from __future__ import annotations

import errno

from interlock_host.disk import Disk, File
from interlock_host.journal import batch
from interlock_host.journal.failures import JournalFailed
from interlock_host.journal.scan import Scan
from interlock_host.journal.segment import FOLDER, Segment, path_of

RESUMABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
"""What a write may fail with and be tried again, once the file was cut back."""


class Writer:
    """Writes batches behind each other, and begins a new file when one is large enough.

    Not safe for threads. `size` and `chain` speak of what is durable; only a batch
    that was written and synced moves them.
    """

    def __init__(self, disk: Disk, scan: Scan, segment_bytes: int, stamp: int) -> None:
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._stamp = stamp if scan.tail.stamp is None else scan.tail.stamp
        self._chain = scan.tail.chain
        self._file: File | None = None
        self._size = 0
        disk.make_folder(FOLDER)
        disk.sync_folder("")
        self.segments = _cut(disk, scan)
        if self.segments:
            _sync(disk, self.segments[-1].path)

    def write(self, first: int, mark: int, flags: int, slots: list[int], entries: list[bytes]) -> None:
        """Write a batch and sync it.

        Raises:
            JournalFailed: It is not durable.
        """
        data, chain = batch.encode(self._stamp, first, mark, flags, self._chain, slots, entries)
        if self._file is None or (self._size and self._size + len(data) > self._segment_bytes):
            self._roll(first)
        assert self._file is not None
        try:
            self._file.write(data)
        except OSError as error:
            raise _failed("write", error) from error
        self._sync(self._file)
        self._chain = chain
        self._size += len(data)
        self.segments[-1] = self.segments[-1]._replace(last_lsn=first + len(entries) - 1, bytes=self._size)

    def cut_back(self) -> None:
        """Take away what a failed write left behind the last durable byte.

        Raises:
            JournalFailed: It is still there.
        """
        if self._file is None:
            return
        try:
            self._file.truncate(self._size)
        except OSError as error:
            raise _failed("cut", error) from error
        self._sync(self._file)

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
        self.close()
        path = path_of(first)
        try:
            self._file = self._disk.create(path)
        except OSError as error:
            raise _failed("create a segment", error) from error
        self._size = 0
        self.segments.append(Segment(path, first, first - 1, 0))
        try:
            self._disk.sync_folder(FOLDER)
        except OSError as error:
            raise JournalFailed("sync the folder", error, final=True) from error

    def _sync(self, file: File) -> None:
        try:
            file.sync()
        except OSError as error:
            raise JournalFailed("sync", error, final=True) from error


def _failed(doing: str, error: OSError) -> JournalFailed:
    return JournalFailed(doing, error, final=error.errno not in RESUMABLE)


def _cut(disk: Disk, scan: Scan) -> list[Segment]:
    """Take away what the scan found at the end, and files with nothing in them. Return those that stay."""
    kept = [segment for segment in scan.segments if segment.bytes]
    gone = [segment.path for segment in scan.segments if not segment.bytes]
    if scan.cut is not None:
        place = [segment.path for segment in kept].index(scan.cut.path)
        keep_part = scan.cut.offset > 0
        gone += [segment.path for segment in kept[place + keep_part :]]
        kept = kept[: place + keep_part]
        if keep_part:
            kept[-1] = kept[-1]._replace(bytes=scan.cut.offset)
            _truncate(disk, scan.cut.path, scan.cut.offset)
    for path in gone:
        disk.remove(path)
    if gone:
        disk.sync_folder(FOLDER)
    return kept


def _truncate(disk: Disk, path: str, size: int) -> None:
    file = disk.append(path)
    try:
        file.truncate(size)
        file.sync()
    finally:
        file.close()


def _sync(disk: Disk, path: str) -> None:
    file = disk.append(path)
    try:
        file.sync()
    finally:
        file.close()

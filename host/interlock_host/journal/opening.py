"""What is done to the files of a journal before anything is appended to it."""

from __future__ import annotations

from interlock_host.disk import Disk, write_new
from interlock_host.journal.scan import Scan
from interlock_host.journal.segment import (
    FOLDER,
    Segment,
    is_unfinished,
    path_of,
    unfinished_path_of,
)


def prepare(disk: Disk, scan: Scan) -> list[Segment]:
    """Make the files say what the scan said, durably, and return those that stay, oldest first.

    Whatever this does can be cut short at any point, and be done again.

    Raises:
        OSError: The disk refused.
    """
    disk.make_folder(FOLDER)
    disk.sync_folder("")
    segments = _cut(disk, scan)
    for name in disk.list(FOLDER):
        if is_unfinished(name):
            disk.remove(f"{FOLDER}/{name}")
    if segments:
        _prove(disk, scan, segments)
    disk.sync_folder(FOLDER)
    return segments


def _cut(disk: Disk, scan: Scan) -> list[Segment]:
    """Take away what the scan found behind the end, and files with nothing in them."""
    kept = []
    for segment in scan.segments:
        size = segment.bytes
        if scan.cut is not None and scan.cut.path == segment.path:
            size = scan.cut.offset
        if size == 0:
            disk.remove(segment.path)
            continue
        if size < segment.bytes:
            _truncate(disk, segment.path, size)
        kept.append(segment._replace(bytes=size))
    return kept


def _prove(disk: Disk, scan: Scan, segments: list[Segment]) -> None:
    """Make the last batch durable, which no mark says is: write a copy of it, and sync that.

    The process that wrote it may have died before its sync, and then a sync would do.
    But that sync may have failed as well. The system then shows the batch from its
    cache, counts it as written, and syncs nothing ("fsyncgate", PostgreSQL 2018). Bytes
    that are written anew are the only ones that it will write.

    The batch stays where it was, too: this scan may be reading it.
    """
    tail = scan.tail
    if tail.last_lsn <= scan.durable_mark:
        _sync(disk, segments[-1].path)
        return
    source = scan.segments[tail.file].path
    path = path_of(tail.first_lsn)
    if path != source and any(segment.path == path for segment in segments):
        _sync(disk, source)
        return
    begin = 0 if path == source else tail.at
    data = bytes(disk.read(source)[begin : tail.end])
    write_new(disk, unfinished_path_of(tail.first_lsn), data)
    disk.rename(unfinished_path_of(tail.first_lsn), path)
    if path != source:
        segments.append(Segment(path, tail.first_lsn, tail.last_lsn, len(data)))
        segments.sort(key=lambda segment: segment.first_lsn)


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

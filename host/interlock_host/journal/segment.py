"""A segment: one file of the journal. It is nothing but batches, and its name is its first LSN."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from interlock_host.disk import Buffer
from interlock_host.journal.batch import FOOTER_MAGIC, HEADER_MAGIC, HEADER_SIZE, Header, header_at

FOLDER = "journal"
_NAME = re.compile(r"(\d{20})\.log")
_UNFINISHED = re.compile(r"\d{20}\.tmp")
_MAGIC = re.compile(re.escape(HEADER_MAGIC) + b"|" + re.escape(FOOTER_MAGIC))


class Segment(NamedTuple):
    """A file of the journal, and what is in it."""

    path: str
    first_lsn: int
    last_lsn: int
    """`first_lsn` - 1 while it holds no entry."""
    bytes: int


class Batch(NamedTuple):
    """A batch whose header, or footer, is right; its body is not looked at."""

    at: int
    header: Header
    known_by: str = "header"


class Gap(NamedTuple):
    """Bytes in which no batch was found."""

    at: int
    end: int
    text: str
    header: Header | None = None
    """It begins with this, but is not all there, or is of another journal."""


def path_of(first_lsn: int) -> str:
    """Return the path of the segment that begins with an LSN."""
    return f"{FOLDER}/{first_lsn:020}.log"


def first_lsn_of(name: str) -> int | None:
    """Return the LSN that a file's name promises; None if it is not a segment's name."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def unfinished_path_of(first_lsn: int) -> str:
    """Return where a segment is written that gets its name only once it is whole."""
    return f"{FOLDER}/{first_lsn:020}.tmp"


def is_unfinished(name: str) -> bool:
    """Say whether a file is a segment that never got its name."""
    return _UNFINISHED.fullmatch(name) is not None


def walk(buffer: Buffer, stamp: int) -> Iterator[Batch | Gap]:
    """Go from batch to batch, and where there is none, look for the next that is."""
    at, end = 0, len(buffer)
    while at < end:
        header = header_at(buffer, at)
        if header is not None and header.stamp == stamp:
            behind = at + header.span
            if behind <= end:
                yield Batch(at, header)
                at = behind
                continue
        found = _next(buffer, at, stamp)
        start = found.at if found else end
        if start > at:
            yield Gap(at, start, _why(header, end - at, stamp), header)
        if found:
            yield found
            start += found.header.span
        at = start


def stamps(buffer: Buffer) -> Iterator[int]:
    """Return the stamps of all headers and footers; the first is the likeliest to be the journal's own."""
    for match in _MAGIC.finditer(buffer):
        header = header_at(buffer, match.start(), match[0])
        if header is not None:
            yield header.stamp


def _next(buffer: Buffer, after: int, stamp: int) -> Batch | None:
    """Find the first batch that begins at `after` or later, by its header or by its footer."""
    for match in _MAGIC.finditer(buffer, after):
        at = match.start()
        header = header_at(buffer, at, match[0]) if at % 8 == 0 else None
        if header is None or header.stamp != stamp:
            continue
        if match[0] == HEADER_MAGIC:
            if header.span <= len(buffer) - at:
                return Batch(at, header)
        elif at + HEADER_SIZE - header.span >= after:
            return Batch(at + HEADER_SIZE - header.span, header, "footer")
    return None


def _why(header: Header | None, left: int, stamp: int) -> str:
    if header is None:
        return "no batch begins here"
    if header.stamp != stamp:
        return "a batch of another journal"
    return f"a batch of {header.span} bytes, of which {left} are there"

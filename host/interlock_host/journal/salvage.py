"""What can still be had of a batch in which something is not as it was written."""

from __future__ import annotations

from typing import NamedTuple

from interlock_host.disk import Buffer
from interlock_host.journal import entry
from interlock_host.journal.batch import HEADER_SIZE, SLOT, SLOT_SIZE, Header
from interlock_host.journal.damage import Damage


class Salvage(NamedTuple):
    """What is left of a batch."""

    offsets: list[int]
    """Of the entries that are whole."""
    damage: list[Damage]
    """The others."""


def salvage(path: str, buffer: Buffer, at: int, header: Header, directory: bytes | None) -> Salvage:
    """Judge each entry of a batch by its own checksum.

    Args:
        directory: None if it is not whole. Then the entries themselves say where the
            next one begins, up to the first that is not whole.
    """
    start = at + HEADER_SIZE + SLOT_SIZE * header.entries
    end = start + header.size
    if directory is None:
        return _by_entries(path, buffer, start, end, header)
    offsets, damage = [], []
    for number, (instance, size, _) in enumerate(SLOT.iter_unpack(directory)):
        lsn = header.first + number
        if _is(buffer, start, start + size, lsn):
            offsets.append(start)
        else:
            damage.append(Damage(path, start, lsn, instance, "the entry's checksum is wrong", lsn))
        start += size
    return Salvage(offsets, damage)


def _by_entries(path: str, buffer: Buffer, at: int, end: int, header: Header) -> Salvage:
    offsets: list[int] = []
    for lsn in range(header.first, header.last + 1):
        if not _is(buffer, at, end, lsn):
            text = "neither the batch's directory nor the entry is whole"
            return Salvage(offsets, [Damage(path, at, lsn, None, text, header.last)])
        offsets.append(at)
        at += entry.span(buffer, at)
    return Salvage(offsets, [])


def _is(buffer: Buffer, at: int, end: int, lsn: int) -> bool:
    return entry.whole(buffer, at, end) and entry.links(buffer, at).lsn == lsn

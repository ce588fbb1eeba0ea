"""A batch: the entries that one flush wrote, and that became durable together.

    header     64 bytes
    directory  16 bytes an entry: instance (8), bytes of the entry (4), kind (4)
    entries    one after the other, each a multiple of 8 bytes
    footer     64 bytes: the header again, under another magic

Header and footer, little-endian:

    offset size
         0    8  magic      ILKJRNL1 in the header, ILKJEND1 in the footer
         8    8  stamp      a random number, the same in all batches of one journal
        16    8  first      LSN of the first entry; where there is none, of the next to come
        24    8  mark       the highest LSN that was durable before this batch was written
        32    8  size       bytes of the entries
        40    4  entries    how many
        44    4  flags      bit 0 SEALED: the journal was closed after this batch
        48    4  chain      the checksum in the header of the batch before that has entries; 0 for none
        52    4  directory  CRC32C of the directory
        56    4  entries    CRC32C of the entries
        60    4  crc        CRC32C of the 60 bytes before it

A file that ends before the footer does holds a write that was interrupted: the batch
does not count. Where it is all there, each part can lose a byte, and what it says is
still known. The header stands twice.
The directory can be had from the entries, if those are whole; where an entry is not,
the directory says whose it was and where the next begins.

The stamp tells a batch from what only looks like one: bytes of another journal, or a
payload that a client filled with a copy of this format.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import google_crc32c

from interlock_host.disk import Buffer

HEADER_SIZE = 64
SLOT_SIZE = 16
SEALED = 1
HEADER_MAGIC = b"ILKJRNL1"
FOOTER_MAGIC = b"ILKJEND1"

_FIELDS = struct.Struct("<QQQQIIIII")
_WHOLE = struct.Struct("<8sQQQQIIIIII")
SLOT = struct.Struct("<QII")

_crc32c = google_crc32c.value


class Header(NamedTuple):
    """What a batch says of itself. `crc` is that of its header, also where this was read from the footer."""

    stamp: int
    first: int
    mark: int
    size: int
    entries: int
    flags: int
    chain: int
    directory_crc: int
    entries_crc: int
    crc: int

    @property
    def last(self) -> int:
        """LSN of the last entry; `first` - 1 if there is none."""
        return self.first + self.entries - 1

    @property
    def span(self) -> int:
        """Bytes of the whole batch."""
        return 2 * HEADER_SIZE + SLOT_SIZE * self.entries + self.size


def encode(  # noqa: PLR0917
    stamp: int, first: int, mark: int, flags: int, chain: int, slots: list[int], entries: list[bytes]
) -> tuple[bytes, int]:
    """Return the bytes of a batch, and its header's checksum for the next batch's chain.

    Args:
        slots: For each entry its instance, its bytes and its kind.
    """
    count = len(entries)
    directory = struct.pack("<" + "QII" * count, *slots)
    body = b"".join(entries)
    fields = _FIELDS.pack(
        stamp, first, mark, len(body), count, flags, chain, _crc32c(directory), _crc32c(body)
    )
    crc = _crc32c(HEADER_MAGIC + fields)
    header = HEADER_MAGIC + fields + crc.to_bytes(4, "little")
    footer = FOOTER_MAGIC + fields
    return b"".join((header, directory, body, footer, _crc32c(footer).to_bytes(4, "little"))), crc


def header_at(buffer: Buffer, at: int, magic: bytes = HEADER_MAGIC) -> Header | None:
    """Read the header, or the footer by its magic, at `at`; None if none is there."""
    if at < 0 or at + HEADER_SIZE > len(buffer):
        return None
    fields = _WHOLE.unpack_from(buffer, at)
    if fields[0] != magic or _crc32c(buffer[at : at + 60]) != fields[-1]:
        return None
    header = Header._make(fields[1:])
    if magic == FOOTER_MAGIC:
        return header._replace(crc=_crc32c(HEADER_MAGIC + buffer[at + 8 : at + 60]))
    return header


def footer_matches(buffer: Buffer, at: int, header: Header) -> bool:
    """Say whether the batch at `at`, whose header is right, ends with that header's copy."""
    end = at + header.span - HEADER_SIZE
    footer = FOOTER_MAGIC + buffer[at + 8 : at + 60]
    return bool(buffer[end : end + HEADER_SIZE] == footer + _crc32c(footer).to_bytes(4, "little"))

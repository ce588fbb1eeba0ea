"""One entry of the journal: what an instance was told, and when.

    offset size
         0    4  crc       CRC32C of everything after it, up to the end of the payload
         4    4  size      bytes of payload
         8    8  lsn       the entry's number in the journal
        16    8  instance  LSN of the instance's CREATE; its own LSN in a CREATE
        24    8  previous  LSN of the instance's entry before; 0 in a CREATE
        32    8  now       nanoseconds since the epoch, signed
        40    8  call      the call's id within the instance
        48    4  outcome   CRC32C of the records that the entry emitted
        52    2  method    index of the RPC in its service; the reason in a CANCEL
        54    2  identity  bytes of the request id
        56    2  kind
        58    6  zero
        64       identity, payload, zeros up to a multiple of 8

Little-endian. `previous` links the entries of an instance backwards, so that one that
is missing in the middle is seen without knowing what it was.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

import google_crc32c

from interlock_host.disk import Buffer

_HEAD = struct.Struct("<IQQQqQIHHHHI")
_CRC = struct.Struct("<I")
_LINKS = struct.Struct("<QQQ")
_SIZES = struct.Struct("<I46xH")

HEAD_SIZE = _CRC.size + _HEAD.size
_KIND = struct.Struct("<H")
_KIND_AT = 56
_LSN_AT = 8
_SIZE_AT = 4
_PADDING = (b"", b"\0" * 7, b"\0" * 6, b"\0" * 5, b"\0" * 4, b"\0" * 3, b"\0" * 2, b"\0")

_pack_head = _HEAD.pack
_pack_crc = _CRC.pack
_unpack_head = _HEAD.unpack_from
_crc32c = google_crc32c.value
_new = tuple.__new__


class Kind(enum.IntEnum):
    """What an entry does to its instance."""

    CREATE = 1
    CALL = 2
    MESSAGE = 3
    HALF_CLOSE = 4
    CANCEL = 5
    TIME = 6
    VOID = 7
    UPGRADE = 8
    DELETE = 9


class Entry(NamedTuple):
    """An entry as it was appended. `kind` is a plain int where this host does not know it."""

    lsn: int
    kind: int
    instance: int
    previous: int
    now: int
    """Nanoseconds since the epoch."""
    call: int
    method: int
    outcome: int
    identity: bytes
    payload: bytes


class Links(NamedTuple):
    """Where an entry stands: in the journal, and among the entries of its instance."""

    lsn: int
    instance: int
    previous: int


def encode(  # noqa: PLR0917
    lsn: int,
    kind: int,
    instance: int,
    previous: int,
    now: int,
    call: int,
    method: int,
    outcome: int,
    identity: bytes,
    payload: bytes,
) -> bytes:
    """Return the bytes of an entry; struct.error if a number does not fit its field."""
    size = len(payload)
    width = len(identity)
    head = _pack_head(size, lsn, instance, previous, now, call, outcome, method, width, kind, 0, 0)
    body = head + identity + payload
    return _pack_crc(_crc32c(body)) + body + _PADDING[(width + size) & 7]


def decode(buffer: Buffer, at: int) -> Entry:
    """Read the entry at `at`, which is known to be whole."""
    size, lsn, instance, previous, now, call, outcome, method, width, kind, _, _ = _unpack_head(
        buffer, at + _SIZE_AT
    )
    middle = at + HEAD_SIZE + width
    identity = buffer[middle - width : middle] if width else b""
    payload = buffer[middle : middle + size]
    # As Entry(...), at a third of its cost: a million of them are read again at a start.
    return _new(Entry, (lsn, kind, instance, previous, now, call, method, outcome, identity, payload))


def links(buffer: Buffer, at: int) -> Links:
    """Read where the entry at `at` stands."""
    return Links._make(_LINKS.unpack_from(buffer, at + _LSN_AT))


def kind_of(buffer: Buffer, at: int) -> int:
    """Read the kind of the entry at `at`."""
    kind: int = _KIND.unpack_from(buffer, at + _KIND_AT)[0]
    return kind


def span(buffer: Buffer, at: int) -> int:
    """Return the bytes that the entry at `at` says it takes, padding included."""
    size, width = _SIZES.unpack_from(buffer, at + _SIZE_AT)
    return HEAD_SIZE + (int(size) + int(width) + 7 & ~7)


def whole(buffer: Buffer, at: int, end: int) -> bool:
    """Say whether an entry that ends by `end` stands at `at` with the right checksum."""
    if end - at < HEAD_SIZE or span(buffer, at) > end - at:
        return False
    size, width = _SIZES.unpack_from(buffer, at + _SIZE_AT)
    (crc,) = _CRC.unpack_from(buffer, at)
    return bool(_crc32c(buffer[at + 4 : at + HEAD_SIZE + size + width]) == crc)

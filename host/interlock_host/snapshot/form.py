"""The form of a snapshot file.

    header      56 bytes, `_HEADER`
    content     one zstd frame: the head, 16 bytes for each global, 8 bytes
                (u32 address, u32 size) for each run of memory, then the runs
    checksum    u32, the CRC32C of all that stands before it

All numbers are little-endian. The checksum is judged before anything else is
believed, so no damaged size is ever allocated. A size that somebody wrote, to
exhaust a host, is held against what a frame of this length can expand to.

The content is compressed and expanded in one call each: every call lets go of
the GIL, and beside a busy thread each return may wait for it for milliseconds.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import google_crc32c
import zstandard

from interlock_host.wasm.image import RUN_BYTES, WASM_PAGE_BYTES, Image

_MAGIC = b"ilksnap\x01"
# magic, instance, lsn, size of memory, size of content, control, sizes of head, globals, runs
_HEADER = struct.Struct("<8sQQQQIIII")
_CHECKSUM = struct.Struct("<I")
_RESIDUE = 0x48674BC7
"""The CRC32C of any bytes with their own CRC32C behind them."""
_RUN = struct.Struct("<II")
_GLOBAL_BYTES = 16
_MOST_MEMORY = 1 << 32  # of wasm32
_LEVEL = 1
_MOST_EXPANSION = (128 << 10) // 4
"""A block of zstd has at least 4 bytes, and gives at most 128 KiB (RFC 8878, 3.1.1.2)."""


class SnapshotDamaged(Exception):
    """A snapshot cannot be used; says why."""


class SnapshotUnreadable(SnapshotDamaged):
    """The disk would not give the file; another time it may."""


class Snapshot(NamedTuple):
    """The state of an instance once the entry of an LSN had run."""

    instance: int
    lsn: int
    head: bytes
    """The host's part: a serialised `interlock.journal.v1.SnapshotHead`."""
    image: Image


def encode(snapshot: Snapshot) -> bytes:
    """Return a snapshot as a file's bytes."""
    head, image = snapshot.head, snapshot.image
    content = b"".join(_parts(head, image))
    header = _HEADER.pack(
        _MAGIC, snapshot.instance, snapshot.lsn, image.size, len(content),
        image.control, len(head), len(image.globals), len(image.runs),
    )  # fmt: skip
    whole = header + zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)
    return whole + _CHECKSUM.pack(google_crc32c.value(whole))


def _parts(head: bytes, image: Image) -> Iterable[bytes | memoryview]:
    values = (bits.to_bytes(_GLOBAL_BYTES, "little") for bits in image.globals)
    places = (_RUN.pack(at, len(data)) for at, data in image.runs)
    return itertools.chain([head], values, places, (data for _, data in image.runs))


def decode(data: bytes, instance: int, lsn: int) -> Snapshot:
    """Return what a file holds.

    Args:
        data: The whole file.
        instance: Whose snapshot it should be.
        lsn: Of which entry.

    Raises:
        SnapshotDamaged: It is not exactly what `encode` wrote for them.
    """
    _check(data)
    _, owner, at, size, expanded, control, head, globals_, runs = _HEADER.unpack_from(data)
    if (owner, at) != (instance, lsn):
        raise SnapshotDamaged(f"it is of instance {owner} at LSN {at}")
    content = memoryview(_expand(memoryview(data)[_HEADER.size : -_CHECKSUM.size], expanded))
    globals_from = head
    places_from = globals_from + globals_ * _GLOBAL_BYTES
    runs_from = places_from + runs * _RUN.size
    if runs_from > expanded or size > _MOST_MEMORY or size % WASM_PAGE_BYTES:
        raise SnapshotDamaged("its header does not agree with its content")
    values = _integers(content[globals_from:places_from])
    memory = tuple(_runs(content[places_from:runs_from], content[runs_from:], size))
    return Snapshot(owner, at, bytes(content[:head]), Image(size, memory, values, control))


def _check(data: bytes) -> None:
    if len(data) < _HEADER.size + _CHECKSUM.size:
        raise SnapshotDamaged(f"it ends after {len(data)} bytes")
    if not data.startswith(_MAGIC):
        raise SnapshotDamaged("it does not begin as a snapshot does")
    if google_crc32c.value(data) != _RESIDUE:
        raise SnapshotDamaged("its checksum is wrong")


def _expand(frame: memoryview, size: int) -> bytes:
    try:
        claimed = zstandard.frame_content_size(frame)
        if claimed != size or size > len(frame) * _MOST_EXPANSION:
            raise SnapshotDamaged(f"{len(frame)} bytes cannot expand to {size}")
        return zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise SnapshotDamaged(f"its content does not expand: {error}") from None


def _integers(data: memoryview) -> tuple[int, ...]:
    starts = range(0, len(data), _GLOBAL_BYTES)
    return tuple(int.from_bytes(data[at : at + _GLOBAL_BYTES], "little") for at in starts)


def _runs(places: memoryview, pages: memoryview, size: int) -> Iterator[tuple[int, memoryview]]:
    end = taken = 0
    for at, length in _RUN.iter_unpack(places):
        if at < end or not 0 < length <= RUN_BYTES or at + length > size:
            raise SnapshotDamaged(f"it holds a run of {length} bytes at {at}")
        end = at + length
        yield at, pages[taken : taken + length]
        taken += length
    if taken != len(pages):
        raise SnapshotDamaged(f"its runs have {taken} bytes, and it holds {len(pages)}")

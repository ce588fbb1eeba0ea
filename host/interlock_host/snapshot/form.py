"""The form of a snapshot file.

    header      56 bytes, `_HEADER`
    content     one zstd frame: the head, 16 bytes for each global, 8 bytes
                (u32 address, u32 size) for each run of memory, then the runs
    checksum    u32, the CRC32C of all that stands before it

All numbers are little-endian. The checksum is judged before anything else is
believed, so a damaged size is never allocated. A size that was written on
purpose to exhaust a host is met by reading the content in small pieces: what
is allocated has really been in the file, and no more than `_MOST_MEMORY` of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import google_crc32c
import zstandard

from interlock_host.wasm.image import RUN_BYTES, Image

_MAGIC = b"ilksnap\x01"
# magic, instance, lsn, size of memory, size of content, control, sizes of head, globals, runs
_HEADER = struct.Struct("<8sQQQQIIII")
_CHECKSUM = struct.Struct("<I")
_RESIDUE = 0x48674BC7
"""The CRC32C of any bytes with their own CRC32C behind them."""
_RUN = struct.Struct("<II")
_GLOBAL_BYTES = 16
_MOST_MEMORY = 1 << 32  # of wasm32
_PIECE_BYTES = 1 << 20
_LEVEL = 1
_WINDOW_BYTES = 8 << 20
"""The most that a frame may ask its reader to keep; ours, at this level, ask for less."""


class SnapshotDamaged(Exception):
    """A snapshot cannot be used; says why."""


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
    content = _compress(head, image)
    header = _HEADER.pack(
        _MAGIC, snapshot.instance, snapshot.lsn, image.size, len(content),
        image.control, len(head), len(image.globals), len(image.runs),
    )  # fmt: skip
    whole = header + content
    return whole + _CHECKSUM.pack(google_crc32c.value(whole))


def _compress(head: bytes, image: Image) -> bytes:
    values = b"".join(bits.to_bytes(_GLOBAL_BYTES, "little") for bits in image.globals)
    runs = b"".join(_RUN.pack(at, len(data)) for at, data in image.runs)
    parts = [head, values, runs, *(data for _, data in image.runs)]
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return compressor.compress(b"".join(parts))


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
    _, owner, at, size, content, control, head, globals_, runs = _HEADER.unpack_from(data)
    if (owner, at) != (instance, lsn):
        raise SnapshotDamaged(f"it is of instance {owner} at LSN {at}")
    if _HEADER.size + content + _CHECKSUM.size != len(data) or size > _MOST_MEMORY:
        raise SnapshotDamaged("its header does not agree with its size")
    reader = _Reader(memoryview(data)[_HEADER.size : -_CHECKSUM.size])
    head_bytes = reader.take(head)
    values = _integers(reader.take(globals_ * _GLOBAL_BYTES))
    places = list(_RUN.iter_unpack(reader.take(runs * _RUN.size)))
    image = Image(size, tuple(_runs(reader, places, size)), values, control)
    reader.end()
    return Snapshot(owner, at, head_bytes, image)


def _check(data: bytes) -> None:
    if len(data) < _HEADER.size + _CHECKSUM.size:
        raise SnapshotDamaged(f"it ends after {len(data)} bytes")
    if not data.startswith(_MAGIC):
        raise SnapshotDamaged("it does not begin as a snapshot does")
    if google_crc32c.value(data) != _RESIDUE:
        raise SnapshotDamaged("its checksum is wrong")


def _integers(data: bytes) -> tuple[int, ...]:
    starts = range(0, len(data), _GLOBAL_BYTES)
    return tuple(int.from_bytes(data[at : at + _GLOBAL_BYTES], "little") for at in starts)


def _runs(reader: _Reader, places: list[tuple[int, int]], size: int) -> Iterator[tuple[int, bytes]]:
    end = 0
    for at, length in places:
        if at < end or not 0 < length <= RUN_BYTES or at + length > size:
            raise SnapshotDamaged(f"it holds a run of {length} bytes at {at}")
        end = at + length
        yield at, reader.take(length)


class _Reader:
    """Reads the content; allocates what is there, whatever sizes are asked for."""

    def __init__(self, content: memoryview) -> None:
        decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        self._stream = decompressor.stream_reader(content)

    def take(self, size: int) -> bytes:
        data = self._read(min(size, _PIECE_BYTES))
        while len(data) < size:
            piece = self._read(min(size - len(data), _PIECE_BYTES))
            if not piece:
                raise SnapshotDamaged("its content ends too early")
            data += piece
        return data

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size) if size else b""
        except zstandard.ZstdError as error:
            raise SnapshotDamaged(f"its content does not decompress: {error}") from None

    def end(self) -> None:
        if self._read(1):
            raise SnapshotDamaged("its content is longer than its header says")

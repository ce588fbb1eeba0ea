"""The form of a snapshot file: any byte that is not as it was written is noticed."""

from __future__ import annotations

import struct
import tracemalloc

import google_crc32c
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_host.snapshot import Snapshot, SnapshotDamaged
from interlock_host.snapshot.form import decode, encode
from interlock_host.wasm.image import PAGE_BYTES, WASM_PAGE_BYTES, Image

ID, LSN = 3, 1 << 40
FIELDS = {
    "instance": (8, 8), "lsn": (16, 8), "size": (24, 8), "content": (32, 8),
    "control": (40, 4), "head": (44, 4), "globals": (48, 4), "runs": (52, 4),
}  # fmt: skip
"""Offset and size of each field of the header."""
HEADER_BYTES = 56
SMALL = Snapshot(
    ID, LSN, b"the host's part",
    Image(
        3 * WASM_PAGE_BYTES,
        ((PAGE_BYTES, b"state" + bytes(PAGE_BYTES - 6) + b"."), (2 * WASM_PAGE_BYTES, b"x" * 2 * PAGE_BYTES)),
        (1, (1 << 128) - 1),
        4100,
    ),
)  # fmt: skip


def sealed(data: bytes) -> bytes:
    """A file whose checksum somebody made right."""
    return data[:-4] + struct.pack("<I", google_crc32c.value(data[:-4]))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    pages = draw(st.integers(1, 4))
    places = draw(st.sets(st.integers(0, pages * 16 - 1), max_size=8))
    runs = tuple(
        (at * PAGE_BYTES, draw(st.binary(min_size=1, max_size=1)) * PAGE_BYTES) for at in sorted(places)
    )
    globals_ = tuple(draw(st.lists(st.integers(0, (1 << 128) - 1), max_size=3)))
    image = Image(pages * WASM_PAGE_BYTES, runs, globals_, draw(st.integers(0, (1 << 32) - 1)))
    numbers = st.integers(0, (1 << 64) - 1)
    return Snapshot(draw(numbers), draw(numbers), draw(st.binary(max_size=100)), image)


@given(snapshots())
def test_round_trip(snapshot: Snapshot) -> None:
    assert decode(encode(snapshot), snapshot.instance, snapshot.lsn) == snapshot


def test_empty() -> None:
    snapshot = Snapshot(1, 1, b"", Image(0, (), (), 0))
    assert decode(encode(snapshot), 1, 1) == snapshot


def test_same_bytes() -> None:
    """The form is fixed: a host that is newer reads what this one wrote."""
    data = encode(SMALL)
    header = struct.pack(
        "<8sQQQQIIII", b"ilksnap\1", ID, LSN, 3 << 16, 15 + 32 + 16 + 3 * 4096, 4100, 15, 2, 2
    )
    assert data[:HEADER_BYTES] == header
    content = zstandard.ZstdDecompressor().decompress(data[HEADER_BYTES:-4])
    assert content[:15] == b"the host's part"
    assert content[15:47] == (1).to_bytes(16, "little") + b"\xff" * 16
    assert content[47:63] == struct.pack("<IIII", 4096, 4096, 2 << 16, 8192)
    assert data == sealed(data)


def test_every_flip() -> None:
    """Whatever one byte becomes."""
    data = encode(SMALL)
    assert len(data) < 200
    flipped = bytearray(data)
    for at, byte in enumerate(data):
        for other in range(256):
            if other == byte:
                continue
            flipped[at] = other
            with pytest.raises(SnapshotDamaged):
                decode(bytes(flipped), ID, LSN)
        flipped[at] = byte
    assert decode(bytes(flipped), ID, LSN) == SMALL


def test_every_length() -> None:
    data = encode(SMALL)
    for size in range(len(data)):
        with pytest.raises(SnapshotDamaged):
            decode(data[:size], ID, LSN)
    for more in (b"\0", b"\xff" * 4, data):
        with pytest.raises(SnapshotDamaged):
            decode(data + more, ID, LSN)


def test_of_another() -> None:
    with pytest.raises(SnapshotDamaged, match="it is of instance 3"):
        decode(encode(SMALL), ID + 1, LSN)
    with pytest.raises(SnapshotDamaged, match=f"at LSN {LSN}"):
        decode(encode(SMALL), ID, LSN + 1)


def test_every_flip_with_a_right_checksum() -> None:
    """Of somebody who means harm: refused, or a snapshot; and nothing else is raised."""
    data = encode(SMALL)
    for at in range(len(data) - 4):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            try:
                found = decode(sealed(bytes(flipped)), ID, LSN)
            except SnapshotDamaged:
                continue
            assert found.image.size <= 1 << 32


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("bits", [31, 32, 40, 63, 64])
def test_sizes_that_exhaust(field: str, bits: int) -> None:
    """No size is allocated that the file's own length does not bear out."""
    at, size = FIELDS[field]
    value = ((1 << min(bits, 8 * size)) - 1).to_bytes(size, "little")
    data = encode(SMALL)
    hostile = sealed(data[:at] + value + data[at + size :])
    if field == "control":
        assert decode(hostile, ID, LSN).image.control >= (1 << 31) - 1
        return
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotDamaged):
            decode(hostile, ID, LSN)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_frame_that_exhausts() -> None:
    """The header and the frame's own header agree on 1 TiB, in 100 bytes."""
    size = 1 << 40
    frame = struct.pack("<IBQ", 0xFD2FB528, 0b11100000, size) + b"\x03\0\0\0" + bytes(80)
    assert zstandard.frame_content_size(frame) == size
    data = encode(SMALL)
    header = data[:32] + size.to_bytes(8, "little") + data[40:HEADER_BYTES]
    with pytest.raises(SnapshotDamaged, match=f"cannot expand to {size}"):
        decode(sealed(header + frame + bytes(4)), ID, LSN)


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_content_that_chance_wrote(content: bytes) -> None:
    """Within a frame that is right, under a checksum that is right."""
    data = encode(SMALL)
    header = data[:32] + len(content).to_bytes(8, "little") + data[40:HEADER_BYTES]
    frame = zstandard.ZstdCompressor().compress(content)
    with pytest.raises(SnapshotDamaged):
        decode(sealed(header + frame + bytes(4)), ID, LSN)

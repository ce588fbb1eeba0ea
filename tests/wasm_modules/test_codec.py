"""The generated codec against the reference implementation: the same bytes in, the same messages out."""

from random import Random
from typing import Any

import pytest
from codec_native import Codec, Refused, everything
from codec_scan import zero_in_group
from codec_wire import FUZZ, Wire, for_each_seed, sized, tag, varint
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

MESSAGES = ["Scalars", "Optionals", "Packed", "Unpacked", "Choice", "Tree", "Middle", "Odd", "Everything"]


def reference(codec: Codec, name: str, data: bytes) -> Any:
    """What the reference implementation makes of the bytes, unknown fields forgotten; None if it refuses."""
    message = codec.message(name)()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    message.DiscardUnknownFields()
    return message


def check(codec: Codec, name: str, data: bytes) -> None:
    expected, found = reference(codec, name, data), codec.round_trip(name, data)
    if expected is None:
        assert isinstance(found, Refused)
    elif isinstance(found, Refused):
        # The first: a oneof's repeated fields, in several parts of one sub-message (ways.py).
        assert found.what.endswith("must come in one part.") or zero_in_group(data, expected.DESCRIPTOR)
    else:
        assert found == expected.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", MESSAGES)
def test_seeds(name: str) -> None:
    codec = everything()
    descriptor = codec.message(name).DESCRIPTOR
    for_each_seed(5_000, lambda wire: check(codec, name, wire.fuzzed(descriptor)))


@pytest.mark.parametrize("name", MESSAGES)
@FUZZ
@given(chance=st.randoms(use_true_random=False))
def test_fuzz(name: str, chance: Random) -> None:
    """Fewer than test_seeds, but a failure shrinks."""
    codec = everything()
    check(codec, name, Wire(chance).fuzzed(codec.message(name).DESCRIPTOR))


@FUZZ
@given(st.binary(max_size=40))
def test_noise(data: bytes) -> None:
    check(everything(), "Everything", data)


@pytest.mark.parametrize("name", ["Everything", "Tree"])
@pytest.mark.parametrize("depth", [1, 99, 100, 101, 200])
def test_depth(name: str, depth: int) -> None:
    codec = everything()
    field = 9 if name == "Everything" else 2
    nested = groups = b""
    for _ in range(depth):
        nested = tag(field, 2) + sized(nested)
        groups = tag(77, 3) + groups + tag(77, 4)
    check(codec, name, nested)
    check(codec, name, groups)
    assert isinstance(codec.round_trip(name, nested), bytes) == (depth <= 100)
    assert isinstance(codec.round_trip(name, groups), bytes) == (depth <= 100)


# Wire bytes of the message Scalars, and whether they decode.
CASES = {
    "field_zero": (b"\x00\x01", False),
    "wire_type_6": (b"\x0e\x00", False),
    "wire_type_7": (b"\x7f\x00", False),
    "end_of_no_group": (tag(9, 4), False),
    "group_ended_by_other": (tag(90, 3) + tag(91, 4), False),
    "group_cut_off": (tag(90, 3), False),
    "tag_cut_off": (b"\x88", False),
    "tag_of_33_bits": (b"\x98\x80\x80\x80\x10\x01", False),
    "tag_of_six_bytes": (b"\x98\x80\x80\x80\x80\x00\x01", False),
    "tag_padded": (b"\x98\x80\x80\x80\x00\x05", True),
    "varint_of_ten_bytes": (tag(3, 0) + b"\xff" * 9 + b"\x7f", True),
    "varint_of_eleven_bytes": (tag(3, 0) + b"\xff" * 10 + b"\x01", False),
    "length_past_end": (tag(15, 2) + b"\x02a", False),
    "length_of_six_bytes": (tag(15, 2) + varint(0, 5), False),
    "length_padded": (tag(15, 2) + varint(1, 4) + b"a", True),
    "length_above_int32": (tag(15, 2) + varint(2**31), False),
    "wrong_wire_type": (tag(3, 2) + b"\x01a", True),
    "fixed_cut_off": (tag(9, 5) + b"123", False),
    "not_utf8": (tag(14, 2) + b"\x01\xff", False),
    "bytes_not_utf8": (tag(15, 2) + b"\x01\xff", True),
    "surrogate": (tag(14, 2) + b"\x03\xed\xa0\x80", False),
    "last_character": (tag(14, 2) + b"\x04\xf4\x8f\xbf\xbf", True),
    "negative_zero": (tag(1, 1) + b"\0\0\0\0\0\0\0\x80", True),
}


# The same of the message Packed: field 1 holds doubles, 2 floats, 4 uint64s.
PACKED_CASES = {
    "doubles": (tag(1, 2) + b"\x10" + bytes(16), True),
    "doubles_cut_off": (tag(1, 2) + b"\x0f" + bytes(15), False),
    "floats_cut_off": (tag(2, 2) + b"\x03" + bytes(3), False),
    "varint_cut_off": (tag(4, 2) + b"\x02\x01\x80" + tag(4, 0) + b"\x01", False),
    "empty": (tag(4, 2) + b"\x00" + tag(4, 0) + b"\x01" + tag(4, 2) + b"\x00", True),
    "run_past_end": (tag(4, 2) + b"\x03\x01\x01", False),
}


@pytest.mark.parametrize("case", PACKED_CASES)
def test_packed(case: str) -> None:
    data, decodes = PACKED_CASES[case]
    check(everything(), "Packed", data)
    assert isinstance(everything().round_trip("Packed", data), bytes) == decodes


@pytest.mark.parametrize("case", CASES)
def test_wire(case: str) -> None:
    data, decodes = CASES[case]
    check(everything(), "Scalars", data)
    assert isinstance(everything().round_trip("Scalars", data), bytes) == decodes


def test_merge_keeps_order() -> None:
    """Elements from several parts of nested sub-messages, other fields in between."""
    codec = everything()
    middle = codec.message("Middle")
    parts = [middle(inner={"numbers": [n, n + 1], "words": [str(n)]}, own=[n]) for n in range(5)]
    parts[2:2] = [middle(), middle(inner={}), middle(inner={}, own=[7])]
    data = (tag(90, 0) + b"\x01").join(tag(7, 2) + sized(part.SerializeToString()) for part in parts)
    check(codec, "Everything", data)
    assert isinstance(codec.round_trip("Everything", data), bytes)


def test_split_behind_oneof() -> None:
    """The one thing that the reference implementation takes and the codec does not."""
    choice = everything().message("Choice")(packed={"bools": [True]})
    part = tag(5, 2) + sized(choice.SerializeToString())
    assert isinstance(everything().round_trip("Everything", part), bytes)
    found = everything().round_trip("Everything", part + part)
    assert found == Refused("choice.packed", "packed must come in one part.")


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 16383, 16384, 2_000_000])
def test_lengths(size: int) -> None:
    """Sub-messages around each length at which a length takes one more byte."""
    codec = everything()
    message = codec.message("Everything")(scalars={"a_bytes": b"x" * size})
    assert codec.round_trip("Everything", message.SerializeToString()) == message.SerializeToString()

"""The validation rules in the generated decoders, against the same rules in Python."""

from functools import partial
from random import Random
from typing import Any

import pytest
from codec_native import Codec, Refused, module, ruled
from codec_rules import violations
from codec_scan import instances, zero_in_group
from codec_wire import FUZZ, Wire, for_each_seed, sized, tag
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st


def check(codec: Codec, name: str, data: bytes) -> None:
    """Refused for what the reference implementation or a rule refuses, and at the same field."""
    found = codec.round_trip(name, data)
    message = codec.message(name)()
    try:
        message.ParseFromString(data)
    except DecodeError:
        assert isinstance(found, Refused)
        return
    broken = set(violations(message))
    if name.endswith("Request") and instances(data) > 1:
        broken.add("instance")
    if isinstance(found, Refused):
        split = found.what.endswith("must come in one part.")
        assert found.field in broken or split or zero_in_group(data, message.DESCRIPTOR)
    else:
        message.DiscardUnknownFields()
        assert not broken
        assert found == message.SerializeToString(deterministic=True)


def check_request(codec: Codec, name: str, wire: Wire, whole: bytes) -> None:
    """Fields on their own, and behind a whole message that keeps the rules."""
    first = whole if wire.chance.randrange(2) else b""
    check(codec, name, first + wire.fuzzed(codec.message(name).DESCRIPTOR))


def test_seeds() -> None:
    whole = request({}).SerializeToString()
    for_each_seed(1_500, lambda wire: check_request(ruled(), "RuledRequest", wire, whole))


@FUZZ
@given(chance=st.randoms(use_true_random=False))
def test_fuzz(chance: Random) -> None:
    """Fewer than test_seeds, but a failure shrinks."""
    check_request(ruled(), "RuledRequest", Wire(chance), request({}).SerializeToString())


@pytest.mark.parametrize("name", ["queue", "counter", "rebalance"])
def test_modules(name: str) -> None:
    """Every message of the modules' own protos that has fields; in the soak 10,000 of each."""
    codec = module(name)
    instance = tag(1, 2) + sized(b"name")
    for message in codec.unit.messages:
        if message.fields:
            whole = instance if message.is_request else b""
            for_each_seed(500, partial(check_request, codec, message.c_name, whole=whole))


VALID: dict[str, Any] = {
    "instance": "a",
    "must": 1,
    "parts": [{"id": "a"}],
    "part": {"id": "b"},
    "blobs": ["AA=="],
}
# What is changed in a valid request, the field at fault, and what is said.
BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "required": ({"instance": ""}, "instance", "instance is required."),
    "name": ({"instance": "A"}, "instance", "instance must match [a-z0-9][a-z0-9._-]{0,126}."),
    "name_long": ({"instance": "a" * 128}, "instance", "instance must match [a-z0-9][a-z0-9._-]{0,126}."),
    "required_optional": ({"must": None}, "must", "must is required."),
    "required_not_default": ({"must": 0}, "must", "must is required."),
    "required_message": ({"part": None}, "part", "part is required."),
    "required_elements": ({"blobs": []}, "blobs", "blobs must have at least 1 element."),
    "max_len": ({"blob": "AAAAAAA="}, "blob", "blob must be at most 4 bytes long."),
    "min_len": ({"label": "x"}, "label", "label must be at least 2 bytes long."),
    "bytes_not_characters": ({"label": "ééé"}, "label", "label must be at most 4 bytes long."),
    "max": ({"low": 6}, "low", "low must be at most 5."),
    "min": ({"low": -(2**63)}, "low", "low must be at least -9223372036854775807."),
    "max_unsigned": ({"high": 2**63}, "high", "high must be at most 9223372036854775807."),
    "enum": ({"size": 2}, "size", "size must be one of the values that the proto names."),
    "enum_element": (
        {"sizes": [1, 2]},
        "sizes[1]",
        "sizes[1] must be one of the values that the proto names.",
    ),
    "max_items": ({"names": ["a", "b", "c"]}, "names", "names must have at most 2 elements."),
    "element": ({"names": ["a", ""]}, "names[1]", "names[1] must match [a-z0-9][a-z0-9._-]{0,126}."),
    "in_element": ({"parts": [{"id": "a"}, {}]}, "parts[1].id", "id must be at least 1 byte long."),
    "in_message": ({"maybe": {}}, "maybe.id", "id must be at least 1 byte long."),
    "deep": (
        {"parts": [{"id": "a", "numbers": [0, 3]}]},
        "parts[0].numbers[1]",
        "numbers[1] must be at most 2.",
    ),
    "oneof": ({"small": 11}, "small", "small must be at most 10."),
    "oneof_message": ({"other": {"id": "four"}}, "other.id", "id must be at most 3 bytes long."),
    "oneof_default": ({"text": ""}, "text", "text must be at least 1 byte long."),
    "optional_bound": ({"bounded": -1}, "bounded", "bounded must be at least 0."),
    "fixed": ({"fixed": 4}, "fixed", "fixed must be at most 3."),
}


def request(changes: dict[str, Any]) -> Any:
    values = {name: value for name, value in {**VALID, **changes}.items() if value is not None}
    return json_format.ParseDict(values, ruled().message("RuledRequest")())


def test_valid() -> None:
    data = request({}).SerializeToString()
    assert ruled().round_trip("RuledRequest", data) == data


@pytest.mark.parametrize("case", BROKEN)
def test_broken(case: str) -> None:
    changes, field, what = BROKEN[case]
    message = request(changes)
    assert list(violations(message)) == [field]
    assert ruled().round_trip("RuledRequest", message.SerializeToString()) == Refused(field, what)


def test_last_value_counts() -> None:
    """A rule holds for the value that the field has in the end."""
    good = request({}).SerializeToString()
    assert isinstance(
        ruled().round_trip("RuledRequest", tag(5, 0) + b"\x06" + tag(5, 0) + b"\x05" + good), bytes
    )
    assert ruled().round_trip("RuledRequest", good + tag(5, 0) + b"\x06") == Refused(
        "low", "low must be at most 5."
    )


def test_instance_twice() -> None:
    data = request({}).SerializeToString()
    again = tag(1, 2) + sized(b"a")
    assert ruled().round_trip("RuledRequest", data + again) == Refused(
        "instance", "instance must not come twice."
    )
    # In another form it is an unknown field, here as in the reference implementation.
    assert isinstance(ruled().round_trip("RuledRequest", data + tag(1, 0) + b"\x01"), bytes)


def test_message_without_fields() -> None:
    """Not fuzzed: for such a message the reference (upb of protobuf 7.36) takes field 0 on some runs."""
    assert module("queue").round_trip("CloseResponse", tag(9, 0) + b"\x01") == b""
    assert isinstance(module("queue").round_trip("CloseResponse", b"\x00\x00"), Refused)


def test_malformed_names_place() -> None:
    cut_off = tag(10, 2) + sized(tag(1, 2) + b"\x05ab")
    assert ruled().round_trip("RuledRequest", cut_off) == Refused(
        "parts[0].id", "id is cut off or malformed."
    )
    unknown = ruled().round_trip("RuledRequest", tag(10, 2) + sized(b"\x00"))
    assert isinstance(unknown, Refused)
    assert unknown.field == "parts[0]"
    assert unknown.what.startswith("The message is malformed")

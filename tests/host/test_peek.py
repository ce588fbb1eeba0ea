"""Field 1, against the reference protobuf implementation."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.queue.v1 import queue_pb2
from interlock_host.errors import HostError
from interlock_host.peek import check_name, instance_of

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,126}", fullmatch=True)


@given(NAMES, st.integers(0, 2**32 - 1))
def test_first(name: str, wait_ms: int) -> None:
    request = queue_pb2.PopRequest(instance=name, wait_ms=wait_ms)
    assert instance_of(request.SerializeToString()) == name.encode()


@given(NAMES, NAMES, st.integers(1, 2**32 - 1))
def test_last_occurrence_wins_where_it_is_not_first(one: str, two: str, wait_ms: int) -> None:
    before = queue_pb2.PopRequest(wait_ms=wait_ms).SerializeToString()
    parts = [queue_pb2.PopRequest(instance=name).SerializeToString() for name in (one, two)]
    assert instance_of(before + parts[0] + parts[1]) == two.encode()


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (b"", b""),
        (b"\x10\x01", b""),
        (b"\x13\x0a\x01x\x14\x0a\x01a", b"a"),  # a group that hides a field 1 of its own
        (b"\x0a\x80\x01" + b"a" * 128, b"a" * 128),
        (b"\x0a\x81\x00a", b"a"),  # a length that is not minimal
    ],
)
def test_forms(request_: bytes, name: bytes) -> None:
    assert instance_of(request_) == name


@given(st.binary(max_size=40))
@example(b"\x0a")
@example(b"\x0a\x05abc")
@example(b"\x0c")
@example(b"\x13")
@example(b"\x00\x01")
@example(b"\x10" + b"\xff" * 10)
def test_never_accepts_less_than_protobuf_tells(data: bytes) -> None:
    try:
        name = instance_of(data)
    except HostError as error:
        assert error.failure.reason == "INVALID_PROTO"
        with pytest.raises(DecodeError):
            queue_pb2.StatsRequest.FromString(data)
        return
    if data[:1] == b"\x0a":
        return  # taken at its word; the codec judges the rest
    try:
        reference = queue_pb2.StatsRequest.FromString(data)
    except DecodeError:
        return  # a name that is not UTF-8, or what lies deeper than field 1
    assert name == reference.instance.encode()


@pytest.mark.parametrize("name", [b"a", b"0", b"a" * 127, b"a.b_c-d"])
def test_good_names(name: bytes) -> None:
    assert check_name(name) == name.decode()


@pytest.mark.parametrize("name", [b"", b".a", b"_", b"a/b", b"a" * 128, b"a\n", b"\xc3\xa9"])
def test_bad_names(name: bytes) -> None:
    with pytest.raises(HostError):
        check_name(name)

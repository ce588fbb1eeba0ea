"""Wire bytes that are nearly right: for a message, its own fields and others, each sometimes in another form.

Written from the encoding's own description (protobuf.dev/programming-guides/encoding),
with nothing taken from the codec under test.
"""

import os
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
FUZZ = settings(
    max_examples=20_000 if SOAK else 300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

_FIXED64 = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FIXED64, FieldDescriptor.TYPE_SFIXED64)
_FIXED32 = (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_FIXED32, FieldDescriptor.TYPE_SFIXED32)
_LENGTHS = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE)
_EDGES = [0, 1, 2, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]

NUMBERS = st.one_of(st.sampled_from(_EDGES), st.integers(0, 2**64 - 1))
TEXTS = st.one_of(
    st.text(max_size=6).map(str.encode),
    st.sampled_from([b"name", b"\xf0\x9f\x98\x80"]),
    st.sampled_from([b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x82", b"12345678\xff"]),
)


def varint(number: int, padding: int = 0) -> bytes:
    """A varint; with padding, as many bytes longer than it need be."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    for _ in range(padding):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def sized(content: bytes) -> bytes:
    return varint(len(content)) + content


_VARINTS = st.one_of(NUMBERS.map(varint), st.builds(varint, NUMBERS, st.integers(0, 10)))
_FIXED = {1: st.binary(min_size=8, max_size=8), 5: st.binary(min_size=4, max_size=4)}


def wire_type_of(field: FieldDescriptor) -> int:
    if field.type in _FIXED64:
        return 1
    if field.type in _FIXED32:
        return 5
    return 2 if field.type in _LENGTHS else 0


def _unpacked(field: FieldDescriptor) -> st.SearchStrategy[bytes]:
    """One value of the field's type, without its tag."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return st.deferred(lambda: message_bytes(field.message_type)).map(sized)
    if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        return TEXTS.map(sized)
    return _FIXED.get(wire_type_of(field), _VARINTS)


def _occurrence(field: FieldDescriptor) -> st.SearchStrategy[bytes]:
    """The field as it should be, or packed if it can be."""
    wire_type = wire_type_of(field)
    single = _unpacked(field).map(lambda value: tag(field.number, wire_type) + value)
    if not field.is_repeated or wire_type == 2:
        return single
    packed = st.lists(_unpacked(field), max_size=6).map(
        lambda run: tag(field.number, 2) + sized(b"".join(run))
    )
    return st.one_of(single, packed)


def _other(numbers: list[int]) -> st.SearchStrategy[bytes]:
    """A field of any wire type: one that the message does not have, or has in another form."""
    number = st.sampled_from([*numbers, 15, 1000, 2**29 - 1])
    content = {0: _VARINTS, 2: TEXTS.map(sized), **_FIXED}
    plain = st.sampled_from([0, 1, 2, 5]).flatmap(
        lambda wire_type: st.tuples(number, content[wire_type]).map(lambda it: tag(it[0], wire_type) + it[1])
    )
    return st.recursive(
        plain,
        lambda inner: st.tuples(number, st.lists(inner, max_size=3)).map(
            lambda it: tag(it[0], 3) + b"".join(it[1]) + tag(it[0], 4)
        ),
        max_leaves=4,
    )


@cache
def message_bytes(message: Descriptor) -> st.SearchStrategy[bytes]:
    known = [_occurrence(field) for field in message.fields]
    other = _other([field.number for field in message.fields])
    # Twice over: a singular field should often come more than once.
    field = st.one_of(*known, *known, other) if known else other
    return st.lists(field, max_size=6).map(b"".join)


def _damage(data: bytes, at: int, byte: int, how: int) -> bytes:
    if not data:
        return bytes([byte])
    at %= len(data)
    return [
        data[:at],  # cut off
        data[:at] + bytes([byte]) + data[at + 1 :],
        data[:at] + data[at + 1 :],
        data[:at] + bytes([byte]) + data[at:],
        data[:at] + data[at : at + byte % 16] + data[at:],  # said twice
    ][how]


def fuzzed(message: Descriptor) -> st.SearchStrategy[bytes]:
    """Messages, half of them damaged in one place."""
    whole = message_bytes(message)
    damaged = st.builds(_damage, whole, st.integers(0, 1 << 16), st.integers(0, 255), st.integers(0, 4))
    return st.one_of(whole, damaged)

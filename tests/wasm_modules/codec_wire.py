"""Wire bytes that are nearly right: for a message, its own fields and others, each sometimes in another form.

Written from the encoding's own description (protobuf.dev/programming-guides/encoding),
with nothing taken from the codec under test. All chance comes from one
random.Random: a seed gives volume, hypothesis's st.randoms() small failures.
"""

import os
from collections.abc import Callable
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import HealthCheck, settings

LONGER = 20 if os.environ.get("INTERLOCK_SOAK") else 1
FUZZ = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))

_FIXED64 = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FIXED64, FieldDescriptor.TYPE_SFIXED64)
_FIXED32 = (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_FIXED32, FieldDescriptor.TYPE_SFIXED32)
_LENGTHS = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE)
_NUMBERS = [0, 1, 2, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
_TEXTS = [b"", b"a", b"name", b"12345678", "é€😀".encode(), b"12345678\xf0\x9f\x98\x80"]
_NO_TEXTS = [b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x82", b"12345678\xff"]


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


def wire_type_of(field: Any) -> int:
    if field.type in _FIXED64:
        return 1
    if field.type in _FIXED32:
        return 5
    return 2 if field.type in _LENGTHS else 0


class Wire:
    """Makes wire bytes by chance. Descriptors are Any: protobuf's stubs type them twice."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def fuzzed(self, message: Any) -> bytes:
        """A message; one in three is damaged in one place."""
        data = self.message(message)
        return self.damaged(data) if data and self.chance.randrange(3) == 0 else data

    def message(self, message: Any, depth: int = 0) -> bytes:
        most = 6 if depth < 4 else 1
        return b"".join(self.field(message.fields, depth) for _ in range(self.chance.randint(0, most)))

    def field(self, fields: Any, depth: int) -> bytes:
        if not fields or self.chance.randrange(7) == 0:
            return self.other([field.number for field in fields], depth)
        field = self.chance.choice(fields)
        wire_type = wire_type_of(field)
        if field.is_repeated and wire_type != 2 and self.chance.randrange(2):
            run = (self.value(field, wire_type, depth) for _ in range(self.chance.randrange(6)))
            return tag(field.number, 2) + sized(b"".join(run))
        return tag(field.number, wire_type) + self.value(field, wire_type, depth)

    def value(self, field: Any, wire_type: int, depth: int) -> bytes:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return sized(self.message(field.message_type, depth + 1))
        return self.content(wire_type)

    def content(self, wire_type: int) -> bytes:
        if wire_type == 2:
            return sized(self.chance.choice(_NO_TEXTS if self.chance.randrange(20) == 0 else _TEXTS))
        if wire_type:
            return self.chance.getrandbits(64).to_bytes(8, "little")[: 8 if wire_type == 1 else 4]
        number = self.chance.choice([*_NUMBERS, self.chance.getrandbits(64), self.chance.getrandbits(7)])
        return varint(number, self.chance.choice([0] * 20 + [1, 2, 4, 5, 9, 10]))

    def other(self, numbers: list[int], depth: int) -> bytes:
        """A field of any wire type: one that the message does not have, or has in another form."""
        number = self.chance.choice([*numbers, 15, 1000, 2**29 - 1, 0])
        wire_type = self.chance.choice([0, 1, 2, 3, 5])
        if wire_type != 3:
            return tag(number, wire_type) + self.content(wire_type)
        inside = [self.other(numbers, depth + 1) for _ in range(self.chance.randrange(3) if depth < 6 else 0)]
        return tag(number, 3) + b"".join(inside) + tag(number, 4)

    def damaged(self, data: bytes) -> bytes:
        at, byte = self.chance.randrange(len(data)), bytes([self.chance.randrange(256)])
        return self.chance.choice(
            [
                data[:at],  # cut off
                data[:at] + byte + data[at + 1 :],
                data[:at] + data[at + 1 :],
                data[:at] + byte + data[at:],
                data[:at] + data[at : at + byte[0] % 16] + data[at:],  # said twice
            ]
        )


def for_each_seed(count: int, check: Callable[[Wire], None]) -> None:
    for seed in range(count * LONGER):
        try:
            check(Wire(Random(seed)))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise

"""Requests that no honest client would send, made from a service's own descriptors."""

from __future__ import annotations

import os
from random import Random
from typing import Any

from codec_wire import Wire, sized
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
TARGETS = ("a", "name", "12345678")
"""The instances that are attacked: `Wire` names the same ones."""

_FLOATS = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT)
_MOST_LEARNT = 500


class Attacker:
    """Makes requests of every grade, from valid ones to noise.

    It learns from replies: a receipt, a generation or a key that it has seen
    gets a request deeper into a module than chance would.

    Args:
        chance: Where all randomness comes from.
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.wire = Wire(chance)
        self._learnt: dict[type, list[Any]] = {
            int: [0, 1, 2, 5, 30, 1000, 3_600_000, 2**32 - 1, 2**63 - 1],
            str: ["a", "b", "member", "key", "x" * 255, "é€😀"],
            bytes: [b"", b"one", b"\xff" * 40, bytes(3000)],
        }

    def request(self, descriptor: Any) -> bytes:
        """Bytes for a method whose request is this message."""
        grade = self.chance.randrange(10)
        if grade == 0:
            return self.chance.randbytes(self.chance.randrange(60))
        if grade <= 3:
            return b"\x0a" + sized(self.chance.choice(TARGETS).encode()) + self.wire.fuzzed(descriptor)
        if grade == 4:
            return self.wire.fuzzed(descriptor)
        data: bytes = self.valid(descriptor).SerializeToString()
        return self.wire.damaged(data) if grade <= 6 else data

    def valid(self, descriptor: Any) -> Message:
        """A message that decodes, whether or not its values make sense."""
        message: Message = self._filled(descriptor, 0)
        setattr(message, descriptor.fields_by_number[1].name, self.chance.choice(TARGETS))
        return message

    def _filled(self, descriptor: Any, depth: int) -> Any:
        message = message_factory.GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if self.chance.randrange(4) == 0:
                continue
            if not field.is_repeated:
                self._set(message, field, depth)
                continue
            for _ in range(self.chance.choice([0, 1, 1, 2, 3, 40 if depth == 0 else 4])):
                self._add(message, field, depth)
        return message

    def _set(self, message: Any, field: Any, depth: int) -> None:
        if field.message_type is None:
            setattr(message, field.name, self._value(field))
        elif depth < 3:
            getattr(message, field.name).CopyFrom(self._filled(field.message_type, depth + 1))

    def _add(self, message: Any, field: Any, depth: int) -> None:
        if field.message_type is None:
            getattr(message, field.name).append(self._value(field))
        elif depth < 3:
            getattr(message, field.name).append(self._filled(field.message_type, depth + 1))

    def _value(self, field: Any) -> Any:
        kind = field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING:
            text = bytes if field.type == FieldDescriptor.TYPE_BYTES else str
            return self.chance.choice(self._learnt[text])
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self.chance.random() < 0.5
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return self.chance.choice(field.enum_type.values).number
        if field.type in _FLOATS:
            return self.chance.choice([0.0, -1.5, float("inf"), float("nan")])
        return _fitted(self.chance.choice(self._learnt[int]), kind)

    def learn(self, descriptor: Any, reply: bytes) -> None:
        """Keep the values of a reply for later requests.

        Raises:
            AssertionError: It does not decode: a module answered with damage.
        """
        try:
            message = message_factory.GetMessageClass(descriptor).FromString(reply)
        except DecodeError as error:
            raise AssertionError(f"a reply does not decode: {reply!r}") from error
        self._keep(message)

    def _keep(self, message: Message) -> None:
        for field, value in message.ListFields():
            values = list(value)[:8] if field.is_repeated else [value]
            for one in values:
                if isinstance(one, Message):
                    self._keep(one)
                elif type(one) in self._learnt and field.cpp_type != FieldDescriptor.CPPTYPE_ENUM:
                    known = self._learnt[type(one)]
                    if len(known) < _MOST_LEARNT:
                        known.append(one)
                    else:
                        known[self.chance.randrange(_MOST_LEARNT)] = one


def _fitted(number: int, kind: int) -> int:
    """Return the number's low bits, as an integer field of this kind holds them."""
    if kind == FieldDescriptor.CPPTYPE_UINT64:
        return number & (1 << 64) - 1
    if kind == FieldDescriptor.CPPTYPE_UINT32:
        return number & (1 << 32) - 1
    bits = 64 if kind == FieldDescriptor.CPPTYPE_INT64 else 32
    low = number & (1 << bits) - 1
    return low - (1 << bits) if low >> bits - 1 else low

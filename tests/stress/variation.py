"""Small changes to a message: what gets past a codec and wrong-foots what stands behind it."""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


class Values(Protocol):
    """Where other values of a field come from."""

    def value(self, field: Any) -> Any:
        """A scalar for this field."""
        ...

    def message(self, descriptor: Any, depth: int) -> Message:
        """A message for a field of this type."""
        ...


class Variation:
    """Changes messages in place, each time in one to three fields.

    Field 1 of a request, its instance, is only ever swapped for another.
    """

    def __init__(self, chance: Random, values: Values) -> None:
        self.chance = chance
        self.values = values

    def apply(self, message: Message, other: Message, instances: tuple[str, ...]) -> None:
        """Change `message`, with parts of `other`, a message of the same type."""
        for _ in range(self.chance.randint(1, 3)):
            way = self.chance.randrange(6)
            if way == 0:
                name = message.DESCRIPTOR.fields_by_number[1].name
                setattr(message, name, self.chance.choice(instances))
            elif way == 1:
                self._cross(message, other)
            else:
                self._change(message, 0)

    def _cross(self, message: Message, other: Message) -> None:
        """Take a field of the other, or put its elements behind one's own."""
        fields = [field for field, _ in other.ListFields() if field.number > 1]
        if fields:
            field = self.chance.choice(fields)
            if self.chance.randrange(2):
                message.ClearField(field.name)
            part = type(other)()
            part.CopyFrom(other)
            for unwanted, _ in other.ListFields():
                if unwanted.number != field.number:
                    part.ClearField(unwanted.name)
            message.MergeFrom(part)

    def _change(self, message: Message, depth: int) -> None:
        fields: list[Any] = [f for f in message.DESCRIPTOR.fields if depth or f.number > 1]
        if not fields:
            return
        field = self.chance.choice(fields)
        if field.is_repeated:
            self._change_elements(getattr(message, field.name), field, depth)
        elif self.chance.randrange(6) == 0:
            message.ClearField(field.name)
        elif field.message_type is not None:
            self._change(getattr(message, field.name), depth + 1)
        else:
            setattr(message, field.name, self._near(getattr(message, field.name), field))

    def _change_elements(self, elements: Any, field: Any, depth: int) -> None:
        way = self.chance.randrange(5)
        if not elements or way == 0:
            elements.append(self._element(field, depth))
            return
        at = self.chance.randrange(len(elements))
        if way == 1:
            elements.append(elements[at])
        elif way == 2:
            del elements[at]
        elif field.message_type is not None:
            self._change(elements[at], depth + 1)
        else:
            elements[at] = self._near(elements[at], field)

    def _element(self, field: Any, depth: int) -> Any:
        if field.message_type is None:
            return self.values.value(field)
        return self.values.message(field.message_type, depth + 1)

    def _near(self, value: Any, field: Any) -> Any:
        """A value beside this one, or quite another."""
        kind, chance = field.cpp_type, self.chance
        if kind in (FieldDescriptor.CPPTYPE_BOOL, FieldDescriptor.CPPTYPE_ENUM) or chance.randrange(3) == 0:
            return self.values.value(field)
        if kind == FieldDescriptor.CPPTYPE_STRING:
            return chance.choice([value[: len(value) // 2], value[1:], value + value[:1], value[:0]])
        if isinstance(value, float):
            return -value
        return fitted(chance.choice([value // 2, value - 1, value + 1, 0, 1]), kind)


def fitted(number: int, kind: int) -> int:
    """Return the number's low bits, as an integer field of this kind holds them."""
    if kind == FieldDescriptor.CPPTYPE_UINT64:
        return number & (1 << 64) - 1
    if kind == FieldDescriptor.CPPTYPE_UINT32:
        return number & (1 << 32) - 1
    bits = 64 if kind == FieldDescriptor.CPPTYPE_INT64 else 32
    low = number & (1 << bits) - 1
    return low - (1 << bits) if low >> bits - 1 else low

"""Looks at wire bytes that the reference implementation took."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Found(NamedTuple):
    tag: int
    content: bytes  # what follows the tag, lengths and ends of groups included


def fields(data: bytes) -> Iterator[Found]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        end = _end(data, at, tag)
        yield Found(tag, data[at:end])
        at = end


def instances(data: bytes) -> int:
    """How many times a message has field 1 as a string."""
    return sum(found.tag == 10 for found in fields(data))


def zero_in_group(data: bytes, message: Any) -> bool:
    """Whether a field 0 lies in a group that the message does not know.

    The encoding has no field 0, and the reference implementation refuses it
    everywhere else (upb of protobuf 7.36, whose skipping of groups does not look).
    """
    for tag, content in fields(data):
        if tag & 7 == 3 and _has_zero(tag, content):
            return True
        field = message.fields_by_number.get(tag >> 3)
        if tag & 7 == 2 and field is not None and field.message_type is not None:
            _, start = _varint(content, 0)
            if zero_in_group(content[start:], field.message_type):
                return True
    return False


def _has_zero(group: int, content: bytes) -> bool:
    at = 0
    while True:
        tag, at = _varint(content, at)
        if tag == group + 1:
            return False
        end = _end(content, at, tag)
        if tag < 8 or (tag & 7 == 3 and _has_zero(tag, content[at:end])):
            return True
        at = end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


def _end(data: bytes, at: int, tag: int) -> int:
    wire_type = tag & 7
    if wire_type == 0:
        return _varint(data, at)[1]
    if wire_type == 2:
        size, at = _varint(data, at)
        return at + size
    if wire_type != 3:
        return at + (8 if wire_type == 1 else 4)
    while True:
        inner, at = _varint(data, at)
        if inner == tag + 1:
            return at
        at = _end(data, at, inner)

"""Field 1 of a request: the name of its instance, found without decoding the rest."""

from __future__ import annotations

import re

from interlock_host.errors import INVALID_ARGUMENT, HostError

_NAME = re.compile(rb"[a-z0-9][a-z0-9._-]{0,126}")
_FIELD_1_STRING = 0x0A
_VARINT_BYTES = 10


class _Torn(Exception):
    """The message ends, or breaks protobuf's rules, before its fields do."""


def instance_of(request: bytes) -> bytes:
    """Return field 1 of a request; empty where it is absent.

    A first byte of 0x0A is taken at its word: the module's codec refuses a
    second field 1. Otherwise the top level is scanned, and the last occurrence
    wins, as protobuf says.

    Raises:
        HostError: INVALID_ARGUMENT/INVALID_PROTO, the message does not parse.
    """
    if len(request) > 1 and request[0] == _FIELD_1_STRING and request[1] < 0x80:
        end = 2 + request[1]
        if end <= len(request):
            return request[2:end]
    try:
        return _scan(request)
    except _Torn as torn:
        raise HostError(INVALID_ARGUMENT, "INVALID_PROTO", f"the request does not decode: {torn}") from None


def check_name(name: bytes) -> str:
    """Return an instance's name as text.

    Raises:
        HostError: INVALID_ARGUMENT, with INSTANCE_MISSING or INSTANCE_INVALID.
    """
    if not name:
        raise HostError(INVALID_ARGUMENT, "INSTANCE_MISSING", "field 1, instance, is empty", "instance")
    if not _NAME.fullmatch(name):
        message = "an instance's name is [a-z0-9][a-z0-9._-]{0,126}"
        raise HostError(INVALID_ARGUMENT, "INSTANCE_INVALID", message, "instance")
    return name.decode("ascii")


def _scan(request: bytes) -> bytes:
    name = b""
    at = 0
    groups: list[int] = []
    while at < len(request):
        tag, at = _varint(request, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _Torn(f"field number {number}")
        start, at = at, _skip(request, at, number, wire, groups)
        if number == 1 and wire == 2 and not groups:
            size, start = _varint(request, start)
            name = request[start : start + size]
    if groups:
        raise _Torn("a group without its end")
    return name


def _skip(request: bytes, at: int, number: int, wire: int, groups: list[int]) -> int:
    if wire == 0:
        return _varint(request, at)[1]
    if wire == 3:
        groups.append(number)
        return at
    if wire == 4:
        if not groups or groups.pop() != number:
            raise _Torn("the end of a group that did not begin")
        return at
    if wire == 2:
        size, at = _varint(request, at)
    elif wire in (1, 5):
        size = 8 if wire == 1 else 4
    else:
        raise _Torn(f"wire type {wire}")
    if at + size > len(request):
        raise _Torn("a field runs past the end")
    return at + size


def _varint(request: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_VARINT_BYTES):
        if at + index >= len(request):
            raise _Torn("a varint runs past the end")
        byte = request[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & ((1 << 64) - 1), at + index + 1
    raise _Torn("a varint of more than ten bytes")

"""What a caller passes, checked before anything is sent: an error's `field` names the argument."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from interlock.errors import Invalid, WrongType

M = TypeVar("M", bound=Message)

_MOST_MS = (1 << 32) - 1
_WIDEST = 60
"""Characters of a refused value that its error shows."""


def text(value: object, field: str) -> None:
    """Refuse what is no text. Bytes are none, though protobuf would take them.

    Raises:
        WrongType: It is no str.
        Invalid: It has half a surrogate pair, so that it is not UTF-8.
    """
    if not isinstance(value, str):
        raise _wrong_type(field, "text", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Invalid(f"{field} is {_shown(value)}: that is not UTF-8", field=field) from error


def whole(value: object, field: str, least: int, most: int) -> None:
    """Refuse what is no whole number within bounds.

    Raises:
        WrongType: It is no int. A bool is none.
        Invalid: It is out of its bounds.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(field, "a whole number", value)
    if not least <= value <= most:
        raise Invalid(f"{field} is {_shown(value)}: it must be within {least} and {most}", field=field)


def flag(value: object, field: str) -> None:
    """Refuse what is neither True nor False.

    Raises:
        WrongType: It is no bool.
    """
    if not isinstance(value, bool):
        raise _wrong_type(field, "True or False", value)


def several(values: Iterable[Any], field: str) -> list[Any]:
    """Return values as a list.

    Raises:
        WrongType: They are text, bytes, or nothing that can be iterated over.
    """
    if isinstance(values, str | bytes | bytearray | memoryview) or not isinstance(values, Iterable):
        raise _wrong_type(field, "several values", values)
    return list(values)


def mapping(values: object, field: str) -> None:
    """Refuse what is no mapping of text.

    Raises:
        WrongType: It is no mapping, or one of its keys is no str.
    """
    if not isinstance(values, Mapping):
        raise _wrong_type(field, "a mapping", values)
    for key in values:
        if not isinstance(key, str):
            raise WrongType(f"the keys of {field} must be text, not {type(key).__name__}", field=field)


def check_timeout(timeout: float | None, field: str = "timeout") -> None:
    """Refuse what is no time to wait.

    Raises:
        Invalid: Negative, or not a number.
        WrongType: Neither a number nor None.
    """
    if timeout is None:
        return
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise _wrong_type(field, "seconds or None", timeout)
    if not timeout >= 0 or (isinstance(timeout, int) and timeout >> 63):  # more would be no float
        raise Invalid(f"{field} is {_shown(timeout)}: it must be 0 seconds or more, or None", field=field)


def ms(seconds: float, field: str, *, some: bool = False) -> int:
    """Return seconds as whole milliseconds, rounded up.

    Args:
        seconds: How many.
        field: The argument's name.
        some: Whether 0 is refused: a request's 0 stands for a default, which nobody who passes it means.

    Raises:
        Invalid: Negative, not a number, or more than 32 bits of milliseconds (49 days).
        WrongType: Not a number.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _wrong_type(field, "seconds", seconds)
    if some and seconds == 0:
        raise Invalid(f"{field} must be more than 0 seconds", field=field)
    if 0 <= seconds <= _MOST_MS:  # neither infinite nor NaN
        value = max(math.ceil(round(seconds * 1000, 6)), int(seconds > 0))
        if value <= _MOST_MS:
            return value
    raise Invalid(f"{field} is {_shown(seconds)}: it must be within 0 and 4,294,967 seconds", field=field)


def built(message: type[M], path: str = "", /, **fields: Any) -> M:
    """Make a message; what protobuf refuses is the caller's error.

    Args:
        message: Its class.
        path: Where it is in the request, before its fields' names: "items[3].".
        **fields: Its fields.

    Raises:
        WrongType: A field has the wrong Python type. None is one: protobuf would take it for 0.
        Invalid: A number is out of its field's range, or a string is not UTF-8.
    """
    try:
        if None in fields.values():
            raise TypeError("None is not a value")  # caught below, where the field is found
        return message(**fields)
    except (TypeError, ValueError, OverflowError) as error:
        raise _refusal(message, path, fields, error) from error


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not None, for `built`."""
    return {name: value for name, value in fields.items() if value is not None}


def _refusal(message: type[Message], path: str, fields: dict[str, Any], error: Exception) -> Invalid:
    """Return the error of the first field that protobuf refuses: its own does not say which."""
    for name, value in fields.items():
        try:
            if value is not None:
                message(**{name: value})
                continue
            error = TypeError()
        except (TypeError, ValueError, OverflowError) as refused:
            error = refused
        where = path + name
        wanted, bounds = _FIELDS.get(message.DESCRIPTOR.fields_by_name[name].type, ("of another type", ""))
        if isinstance(error, TypeError):
            return _wrong_type(where, wanted, value)
        return Invalid(f"{where} is {_shown(value)}: it must be {bounds or wanted}", field=where)
    return Invalid(str(error), field=path.rstrip("."))


_FIELDS = {
    FieldDescriptor.TYPE_STRING: ("text", "UTF-8"),
    FieldDescriptor.TYPE_BYTES: ("bytes", ""),
    FieldDescriptor.TYPE_BOOL: ("True or False", ""),
    FieldDescriptor.TYPE_INT64: ("a whole number", "within -2^63 and 2^63 - 1"),
    FieldDescriptor.TYPE_UINT64: ("a whole number", "within 0 and 2^64 - 1"),
    FieldDescriptor.TYPE_UINT32: ("a whole number", "within 0 and 2^32 - 1"),
}
"""What a field of this type is, and what it is within."""


def _wrong_type(field: str, wanted: str, value: object) -> WrongType:
    got = "None" if value is None else type(value).__name__
    return WrongType(f"{field} must be {wanted}, not {got}", field=field)


def _shown(value: object) -> str:
    try:
        words = repr(value)
    except Exception:  # an int of thousands of digits, or an object's own
        return "too much to show"
    return words if len(words) <= _WIDEST else words[: _WIDEST - 3] + "..."

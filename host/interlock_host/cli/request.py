"""A request in proto JSON, read: what is wrong with it is said of the field, in words of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import click
import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?")
"""With the letters of either alphabet and with padding or without, as proto JSON takes it. Python's
decoder, and so json_format, drops other characters instead: a text would become other bytes."""
_WHOLE = re.compile(r"-?\d+")
_WHOLE_TYPES = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)
_LONGEST_SHOWN = 40


class NotARequest(click.ClickException):
    """The JSON is not the method's request. The exit code is INVALID_ARGUMENT, as the host would answer."""

    exit_code = grpc.StatusCode.INVALID_ARGUMENT.value[0]


def read_request(message: Any, text: str) -> None:
    """Read proto JSON into an empty message.

    Raises:
        NotARequest: It is not the message's; the error names the field and what belongs there.
    """
    try:
        value = json.loads(text)
        wrong = next(_wrong(message.DESCRIPTOR, value, ""), None)
        if wrong is None:
            json_format.Parse(text, message)
    except RecursionError:
        wrong = "it is nested too deeply"
    except ValueError as error:
        wrong = f"it is not JSON: {error}"
    except json_format.ParseError as error:
        wrong = str(error).replace("Failed to load JSON: ", "").rstrip(".")
    if wrong is not None:
        raise NotARequest(f"the request is no {message.DESCRIPTOR.full_name}: {wrong}")


def _wrong(kind: Descriptor, value: Any, path: str) -> Iterator[str]:
    """Yield what json_format would let pass, or refuse in Python's words; it checks the rest."""
    if kind.full_name.startswith("google.protobuf."):
        return  # these have a JSON of their own
    if not isinstance(value, dict):
        yield _not_a(path, value, "an object")
        return
    fields = {name: field for field in kind.fields for name in (field.json_name, field.name)}
    for name, inner in value.items():
        if name in fields:
            yield from _wrong_field(fields[name], inner, f"{path}.{name}".removeprefix("."))
        else:
            known = ", ".join(field.json_name for field in kind.fields) or "none"
            yield f"{path or 'it'} has no field {name!r}; there are {known}"


def _wrong_field(field: FieldDescriptor, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return  # the same as leaving it out
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        if not isinstance(value, dict):
            yield _not_a(path, value, "an object")
            return
        inner = field.message_type.fields_by_name["value"]
        for key, one in value.items():
            yield from _wrong_value(inner, one, f"{path}[{key!r}]")
    elif field.is_repeated:
        if not isinstance(value, list):
            yield _not_a(path, value, "a list")
            return
        for index, one in enumerate(value):
            yield from _wrong_value(field, one, f"{path}[{index}]")
    else:
        yield from _wrong_value(field, value, path)


def _wrong_value(field: FieldDescriptor, value: Any, path: str) -> Iterator[str]:
    if field.message_type is not None:
        yield from _wrong(field.message_type, value, path)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        if not isinstance(value, str) or not _BASE64.fullmatch(value):
            yield _not_a(path, value, 'base64, as bytes are: "b25l" is the bytes of one')
    elif field.type == FieldDescriptor.TYPE_STRING:
        if not isinstance(value, str):
            yield _not_a(path, value, "a text")
    elif field.cpp_type in _WHOLE_TYPES and not _is_whole(value):
        yield _not_a(path, value, "a whole number")


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return bool(_WHOLE.fullmatch(value)) if isinstance(value, str) else type(value) is int


def _not_a(path: str, value: Any, what: str) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]} ..."
    return f"{path}: {shown} is not {what}".removeprefix(": ")

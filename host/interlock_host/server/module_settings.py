"""Settings as the configuration file has them, in a module's own message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from interlock_host.config import ConfigError

INSTANCE = "instance"
"""Field 1 of every request, which is no setting."""

_KINDS = {
    FieldDescriptor.CPPTYPE_INT32: f"a whole number from {-(1 << 31):,} to {(1 << 31) - 1:,}",
    FieldDescriptor.CPPTYPE_INT64: f"a whole number from {-(1 << 63):,} to {(1 << 63) - 1:,}",
    FieldDescriptor.CPPTYPE_UINT32: f"a whole number from 0 to {(1 << 32) - 1:,}",
    FieldDescriptor.CPPTYPE_UINT64: f"a whole number from 0 to {(1 << 64) - 1:,}",
    FieldDescriptor.CPPTYPE_DOUBLE: "a number",
    FieldDescriptor.CPPTYPE_FLOAT: "a number",
    FieldDescriptor.CPPTYPE_BOOL: "true or false",
    FieldDescriptor.CPPTYPE_STRING: "a text",
    FieldDescriptor.CPPTYPE_MESSAGE: "a table that fits",
}


def fill(request: Any, name: str, settings: Mapping[str, Any], where: str) -> Any:
    """Put an instance's name and its settings, as proto JSON, into an empty request; return it.

    Raises:
        ConfigError: The message has no such field, or one of another kind; it begins with `where`.
    """
    fields = _fields(request.DESCRIPTOR)
    for key, value in settings.items():
        if key not in fields:
            known = ", ".join(field.name for field in request.DESCRIPTOR.fields if field.name != INSTANCE)
            raise ConfigError(f"{where}: unknown setting {key!r}; known are {known}")
        try:
            json_format.ParseDict({key: value}, request)
        except json_format.ParseError:
            raise ConfigError(f"{where}: {key}: {value!r} is not {_kind(fields[key])}") from None
    setattr(request, INSTANCE, name)
    return request


def _fields(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    """Return the settings by the names that proto JSON knows them by."""
    fields = [field for field in descriptor.fields if field.name != INSTANCE]
    return {name: field for field in fields for name in (field.name, field.json_name)}


def _kind(field: FieldDescriptor) -> str:
    if field.is_repeated:
        return "a list that fits"
    if field.enum_type is not None:
        return "one of " + ", ".join(value.name for value in field.enum_type.values if value.number)
    return "base64" if field.type == FieldDescriptor.TYPE_BYTES else _KINDS[field.cpp_type]

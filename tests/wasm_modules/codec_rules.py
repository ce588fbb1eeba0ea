"""The validation rules, checked in Python on the reference implementation's messages."""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldOptions
from google.protobuf.message import Message

from interlock.v1 import options_pb2

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}")


def rules_of(field: FieldDescriptor) -> options_pb2.FieldRules:
    # Options of a class made at run time know no extensions: read them again.
    options = FieldOptions.FromString(field.GetOptions().SerializeToString())
    extension: Any = options_pb2.rules
    found: options_pb2.FieldRules = options.Extensions[extension]
    return found


def violations(message: Message, path: str = "") -> Iterator[str]:
    """The paths of all fields that break a rule."""
    fields: Any = message.DESCRIPTOR.fields
    for field in fields:
        here = f"{path}{field.name}"
        value, rules = getattr(message, field.name), rules_of(field)
        if field.is_repeated:
            yield from _repeated(here, field, value, rules)
        elif field.has_presence and not message.HasField(field.name):
            if rules.required:
                yield here
        else:
            yield from _value(here, field, value, rules, rules.required)


def _repeated(here: str, field: FieldDescriptor, values: Any, rules: options_pb2.FieldRules) -> Iterator[str]:
    if len(values) < max(rules.min_items, int(rules.required)):
        yield here
    if rules.HasField("max_items") and len(values) > rules.max_items:
        yield here
    for index, value in enumerate(values):
        yield from _value(f"{here}[{index}]", field, value, rules, False)


def _value(
    here: str, field: FieldDescriptor, value: Any, rules: options_pb2.FieldRules, required: bool
) -> Iterator[str]:
    if isinstance(value, Message):
        yield from violations(value, f"{here}.")
        return
    length = len(value.encode() if isinstance(value, str) else value) if isinstance(value, str | bytes) else 0
    broken = [
        required and not value,
        rules.HasField("min_len") and length < rules.min_len,
        rules.HasField("max_len") and length > rules.max_len,
        rules.HasField("min") and value < rules.min,
        rules.HasField("max") and value > rules.max,
        rules.defined_only and field.enum_type is not None and value not in field.enum_type.values_by_number,
        rules.format == options_pb2.FORMAT_NAME and not NAME.fullmatch(value),
    ]
    if any(broken):
        yield here

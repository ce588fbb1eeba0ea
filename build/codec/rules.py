"""Reads a field's validation rules and refuses those that make no sense on it."""

from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

from codec.scalars import SCALARS
from codec.schema import Rules, Unsupported

RULES = "interlock.v1.rules"
_FORMAT_NAME = 1

RulesReader = Callable[[FieldDescriptorProto], Rules]


def rules_reader(descriptors: FileDescriptorSet) -> RulesReader:
    """Reads rules by the options.proto that the set itself holds, so that the
    generator needs no generated code."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    try:
        extension: Any = pool.FindExtensionByName(RULES)
    except KeyError:
        return lambda _field: Rules()
    options = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FieldOptions"))

    def read(field: FieldDescriptorProto) -> Rules:
        parsed = options.FromString(field.options.SerializeToString())
        return _rules(parsed.Extensions[extension]) if parsed.HasExtension(extension) else Rules()

    return read


def _rules(found: Any) -> Rules:
    def given(name: str) -> int | None:
        return getattr(found, name) if found.HasField(name) else None

    return Rules(
        required=found.required,
        min_len=given("min_len"),
        max_len=given("max_len"),
        min_items=given("min_items"),
        max_items=given("max_items"),
        min=given("min"),
        max=given("max"),
        defined_only=found.defined_only,
        name_format=found.format == _FORMAT_NAME,
    )


def check_rules(where: str, kind: str, repeated: bool, rules: Rules) -> None:
    """Refuses rules that the field's type cannot have."""
    has_length = kind in ("string", "bytes")
    scalar = SCALARS.get(kind)
    integer = scalar is not None and scalar.integer
    for applies, given, what in [
        (has_length, rules.min_len is not None or rules.max_len is not None, "min_len and max_len"),
        (repeated, rules.min_items is not None or rules.max_items is not None, "min_items and max_items"),
        (integer, rules.min is not None or rules.max is not None, "min and max"),
        (kind == "enum", rules.defined_only, "defined_only"),
        (kind == "string", rules.name_format, "format"),
    ]:
        if given and not applies:
            raise Unsupported(f"{where}: {what} cannot rule a field of this type")
    if scalar and scalar.unsigned and ((rules.min or 0) < 0 or (rules.max or 0) < 0):
        raise Unsupported(f"{where}: an unsigned field cannot have a negative bound")

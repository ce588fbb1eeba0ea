"""The function that checks a decoded message against its validation rules.

Singular values are checked when the whole message was read, since the last
occurrence wins; elements that are messages as they are read.
"""

from codec.names import block, c_bytes, case_member, element_type, number_macro, when
from codec.scalars import SCALARS, Scalar
from codec.schema import EnumType, Field, Message, Presence, Unit

Check = tuple[str, str]  # a C condition that holds when the value is wrong, what to say


def has_rules(message: Message, unit: Unit) -> bool:
    return any(_field_lines(message, field, unit) for field in message.fields)


def rules_head(message: Message) -> str:
    return f"static bool {message.c_name}_rules(const {message.c_name} *in, codec_error *error)"


def rules_lines(message: Message, unit: Unit) -> list[str]:
    body = [line for field in message.fields for line in _field_lines(message, field, unit)]
    return block(rules_head(message), [*body, "return true;"])


def _field_lines(message: Message, field: Field, unit: Unit) -> list[str]:
    if field.repeated:
        lines = [_refuse_when(field, check) for check in _count_checks(field)]
        return lines + _each_element(message, field)
    lines = [_refuse_when(field, check) for check in _value_checks(field, f"in->{field.c_name}")]
    if field.kind == "message" and has_rules(unit.message(field.type_name), unit):
        wrong = f"!{field.type_name}_rules(&in->{field.c_name}, error)"
        lines = [when(wrong, f"return codec_within(error, {c_bytes(field.name)}, CODEC_NO_INDEX);")]
    if field.presence is Presence.IMPLICIT:
        return lines
    is_set = _is_set(message, field)
    required = [_refuse_when(field, (f"!({is_set})", "is required"))] if field.rules.required else []
    return required + (block(f"if ({is_set})", lines) if lines else [])


def _is_set(message: Message, field: Field) -> str:
    if field.presence is Presence.ONEOF:
        return f"in->{case_member(field.oneof)} == {number_macro(message, field)}"
    return f"in->has_{field.name}"


def _refuse_when(field: Field, check: Check, index: str = "CODEC_NO_INDEX") -> str:
    wrong, says = check
    return when(wrong, f"return codec_refuse(error, {c_bytes(field.name)}, {index}, {c_bytes(says)});")


def _count_checks(field: Field) -> list[Check]:
    """Of how many elements a repeated field has."""
    count = f"in->{field.c_name}.count"
    least, most = max(field.rules.min_items or 0, int(field.rules.required)), field.rules.max_items
    checks: list[Check] = []
    if least:
        checks.append((f"{count} < {least}", f"must have at least {_counted(least, 'element')}"))
    if most is not None:
        checks.append((f"{count} > {most}", f"must have at most {_counted(most, 'element')}"))
    return checks


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _each_element(message: Message, field: Field) -> list[str]:
    checks = [] if field.kind == "message" else _value_checks(field, "value")
    if not checks:
        return []
    walk = f"for (uint32_t i = 0; {message.c_name}_next_{field.name}(&{field.name}_at, &value); i++)"
    return block(
        "",
        [
            f"{element_type(field)} value;",
            f"codec_cursor {field.name}_at = codec_walk(in->{field.c_name});",
            *block(walk, [_refuse_when(field, check, "i") for check in checks]),
        ],
    )


def _value_checks(field: Field, value: str) -> list[Check]:
    scalar = SCALARS.get(field.kind)
    if scalar is None:
        return []
    checks: list[Check] = []
    if field.rules.required and not field.repeated:
        checks.append((f"!{value}{'' if scalar.decode else '.size'}", "is required"))
    if not scalar.decode:
        return checks + _text_checks(field, value)
    if scalar.integer:
        checks += _bound_checks(field, scalar, value)
    if field.rules.defined_only and field.enum:
        wrong = f"!{defined_name(field.enum)}({value})"
        checks.append((wrong, "must be one of the values that the proto names"))
    return checks


def _text_checks(field: Field, value: str) -> list[Check]:
    least, most = field.rules.min_len, field.rules.max_len
    checks: list[Check] = []
    if least:
        checks.append((f"{value}.size < {least}", f"must be at least {_counted(least, 'byte')} long"))
    if most is not None:
        checks.append((f"{value}.size > {most}", f"must be at most {_counted(most, 'byte')} long"))
    if field.rules.name_format:
        checks.append((f"!codec_is_name({value})", "must match [a-z0-9][a-z0-9._-]{0,126}"))
    return checks


def _bound_checks(field: Field, scalar: Scalar, value: str) -> list[Check]:
    """Bounds that the type itself does not set."""
    bits = 64 if "64" in scalar.c_type else 32
    lowest = 0 if scalar.unsigned else -(2 ** (bits - 1))
    highest = 2**bits - 1 if scalar.unsigned else 2 ** (bits - 1) - 1
    checks: list[Check] = []
    least, most = field.rules.min, field.rules.max
    if least is not None and least > lowest:
        checks.append((f"{value} < {_literal(least, scalar)}", f"must be at least {least}"))
    if most is not None and most < highest:
        checks.append((f"{value} > {_literal(most, scalar)}", f"must be at most {most}"))
    return checks


def _literal(number: int, scalar: Scalar) -> str:
    if number == -(2**63):
        return "INT64_MIN"
    return f"UINT64_C({number})" if scalar.unsigned else f"INT64_C({number})"


def defined_name(enum: EnumType) -> str:
    return f"{enum.c_name}_is_defined"


def defined_lines(unit: Unit) -> list[str]:
    """For each enum that a field may only take defined values of: which those are."""
    ruled = [field.enum for message in unit.messages for field in message.fields if field.rules.defined_only]
    lines: list[str] = []
    for enum in dict.fromkeys(enum for enum in ruled if enum):
        numbers = dict.fromkeys(number for _, number in enum.values)
        cases = [f"case {number}:" for number in numbers]
        switch = block("switch (value)", [*cases, "  return true;", "default:", "  return false;"])
        lines += ["", *block(f"static bool {defined_name(enum)}(int32_t value)", switch)]
    return lines

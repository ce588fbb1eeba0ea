"""The two C files of a unit."""

from codec.decoder import decode_lines, read_head, read_lines, way_lines
from codec.encoder import put_lines
from codec.header import decode_declaration, enum_lines, next_lines, struct_lines
from codec.schema import Message, Unit
from codec.validator import defined_lines, has_rules, rules_head, rules_lines


def write_unit(unit: Unit, runtime: str, shared: str) -> dict[str, str]:
    """The files by name. `runtime` and `shared` are where a file of the unit
    finds the folders of runtime/codec.h and of interlock.h."""
    header = _header(unit, runtime, shared)
    source = _source(unit)
    return {f"{unit.name}.h": _text(header), f"{unit.name}.c": _text(source)}


def _text(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _notice(unit: Unit) -> str:
    return f"// Generated from {', '.join(unit.sources)} by build/codec; do not edit."


def _header(unit: Unit, runtime: str, shared: str) -> list[str]:
    guard = f"GEN_{unit.name.upper()}_H"
    lines = [_notice(unit), f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f'#include "{runtime}/codec_read.h"', f'#include "{runtime}/codec_write.h"']
    if unit.needs_shared:
        lines.append(f'#include "{shared}/interlock.h"')
    for enum in unit.enums:
        lines += ["", *enum_lines(enum)]
    for message in unit.messages:
        lines += ["", *struct_lines(message)]
    lines += ["", *(decode_declaration(message) for message in unit.messages)]
    for message in unit.messages:
        lines += _functions(message)
    return [*lines, "", "#endif"]


def _functions(message: Message) -> list[str]:
    lines: list[str] = []
    for field in message.fields:
        if field.repeated:
            lines += ["", *next_lines(message, field)]
    for field in message.fields:
        lines += ["", *put_lines(message, field)]
    return lines


def _source(unit: Unit) -> list[str]:
    lines = [_notice(unit), f'#include "{unit.name}.h"', ""]
    for message in unit.messages:
        lines.append(f"{read_head(message)};")
        if has_rules(message, unit):
            lines.append(f"{rules_head(message)};")
    own_kind = [f"CODEC_FITS_STACK({m.c_name});" for m in unit.messages if unit.holds_own_kind(m)]
    lines += ["", *own_kind] if own_kind else []
    lines += defined_lines(unit)
    for message in unit.messages:
        ways = way_lines(message, unit)
        lines += ["", *ways] if ways else []
        lines += ["", *read_lines(message, unit)]
        if has_rules(message, unit):
            lines += ["", *rules_lines(message, unit)]
        lines += ["", *decode_lines(message, unit)]
    return lines

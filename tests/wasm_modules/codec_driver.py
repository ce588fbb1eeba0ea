"""The C that tests call: for each message of a unit, decode it and write it again.

Writing what was decoded through the generated puts shows at once that every
value, presence and element was decoded as the reference implementation does,
and that it is written in the same bytes.
"""

from codec.names import case_member, element_type, number_macro
from codec.scalars import SCALARS
from codec.schema import Field, Message, Presence, Unit

PROLOGUE = """\
// Bytes written, or -1 and the error.
#define ROUND_TRIP(M)                                                \\
  int64_t M##_round_trip(const uint8_t *data, uint32_t size,         \\
                         uint8_t *out, uint32_t room, codec_error *error) { \\
    M m;                                                             \\
    if (!M##_decode(data, size, &m, error)) return -1;               \\
    codec_writer w = {out, out + room};                              \\
    M##_write(&w, &m);                                               \\
    return w.at - out;                                               \\
  }
"""


def driver_source(unit: Unit) -> str:
    lines = [f'#include "{unit.name}.h"', PROLOGUE]
    lines += [f"static void {m.c_name}_write(codec_writer *w, const {m.c_name} *m);" for m in unit.messages]
    for message in unit.messages:
        lines.append(f"static void {message.c_name}_write(codec_writer *w, const {message.c_name} *m) {{")
        lines += ["  (void)w;", "  (void)m;"]
        lines += [f"  {line}" for field in message.fields for line in _write(message, field)]
        lines += ["}", f"ROUND_TRIP({message.c_name})"]
    return "\n".join(lines) + "\n"


def _write(message: Message, field: Field) -> list[str]:
    name, member = f"{message.c_name}_%s_{field.name}", f"m->{field.c_name}"
    if field.repeated:
        return _write_elements(name, member, field)
    is_set = {
        Presence.IMPLICIT: "true",
        Presence.EXPLICIT: f"m->has_{field.name}",
        Presence.ONEOF: f"m->{case_member(field.oneof)} == {number_macro(message, field)}",
    }[field.presence]
    return [f"if ({is_set}) {{", *_write_one(name, f"&{member}", member, field), "}"]


def _write_one(name: str, pointer: str, value: str, field: Field) -> list[str]:
    if field.kind not in SCALARS:
        return [
            f"uint8_t *mark = {name % 'open'}(w);",
            f"{field.type_name}_write(w, {pointer});",
            "codec_close(w, mark);",
        ]
    return [f"{name % 'put'}(w, {value});"]


def _write_elements(name: str, member: str, field: Field) -> list[str]:
    """Packed fields of up to three elements are put as an array, longer ones added one by one."""
    walk = f"for (codec_cursor at = codec_walk({member}); {name % 'next'}(&at, &value);)"
    declare = f"{{ {element_type(field)} value; uint32_t count = 0;"
    check = f"if (count != {member}.count) __builtin_trap(); }}"
    if not field.packed:
        return [declare, f"{walk} {{ count++;", *_write_one(name, "&value", "value", field), "}", check]
    return [
        declare,
        f"if ({member}.count <= 3) {{ {element_type(field)} values[3];",
        f"{walk} values[count++] = value;",
        f"{name % 'put'}(w, values, count);",
        "} else {",
        f"uint8_t *mark = {name % 'open'}(w);",
        f"{walk} {{ count++; {name % 'add'}(w, value); }}",
        "codec_close(w, mark); }",
        check,
    ]

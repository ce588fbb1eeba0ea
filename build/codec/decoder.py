"""The function that reads a message's fields, last one wins, sub-messages merged."""

from codec.names import block, c_bytes, case_member, indent, number_macro, when
from codec.scalars import SCALARS, Wire
from codec.schema import Field, Message, Presence, Unit
from codec.validator import has_rules
from codec.ways import Way, ways_through

NO_INDEX = "CODEC_NO_INDEX"


def read_head(message: Message) -> str:
    name = message.c_name
    return f"static bool {name}_read(codec_view message, uint32_t depth, {name} *out, codec_error *error)"


def decode_lines(message: Message, unit: Unit) -> list[str]:
    name = message.c_name
    rules = f" && {name}_rules(out, error)" if has_rules(message, unit) else ""
    return block(
        f"bool {name}_decode(const uint8_t *data, uint32_t size, {name} *out, codec_error *error)",
        [
            f"*out = ({name}){{0}};",
            f"return {name}_read((codec_view){{data, size}}, CODEC_DEPTH + 1, out, error){rules};",
        ],
    )


def way_lines(message: Message, unit: Unit) -> list[str]:
    """The constants that lead cursors to repeated fields of merged sub-messages."""
    lines = [
        f"static const uint32_t {way.constant(message)}[] = {{{', '.join(map(str, way.tags))}, 0}};"
        for field, _ in unit.held_by_value(message)
        for way in ways_through(message, field, unit)
        if not way.conditions
    ]
    return list(dict.fromkeys(lines))


def read_lines(message: Message, unit: Unit) -> list[str]:
    cases = [line for field in message.fields for line in _cases(message, field, unit)]
    start = ["const uint8_t *start = at;"] if any(field.repeated for field in message.fields) else []
    loop = [
        *start,
        "uint32_t tag;",
        "at = codec_read_tag(at, to, &tag);",
        when("!at", "return codec_refuse_unknown(error);"),
        *block(
            "switch (tag)",
            [
                *cases,
                "default:",
                "  at = codec_skip(at, to, tag, depth - 1);",
                "  if (!at) return codec_refuse_unknown(error);",
            ],
        ),
    ]
    return block(
        read_head(message),
        [
            when("!depth", "return codec_refuse_depth(error);"),
            "const uint8_t *at = message.data;",
            "const uint8_t *to = at + message.size;",
            *_locals(message),
            *block("while (at < to)", loop),
            "return true;",
        ],
    )


def _locals(message: Message) -> list[str]:
    lines = [] if message.fields else ["(void)out;"]
    if any(field.kind in SCALARS and SCALARS[field.kind].decode for field in message.fields):
        lines.append("uint64_t raw;")
    if any(field.kind == "message" or field.repeated for field in message.fields):
        lines.append("codec_view view;")
    if message.is_request:
        lines.append("bool named = false;")
    return lines


def _refuse(field: Field, says: str) -> str:
    index = f"out->{field.c_name}.count" if field.repeated else NO_INDEX
    return f"return codec_refuse(error, {c_bytes(field.name)}, {index}, {says});"


def _case(field: Field, wire: int, body: list[str]) -> list[str]:
    return [f"case {field.tag(wire)}:  // {field.name}", *indent([*body, "break;"])]


def _cases(message: Message, field: Field, unit: Unit) -> list[str]:
    if field.kind == "message":
        body = _element(field, unit) if field.repeated else _sub_message(message, field, unit)
        return _case(field, Wire.BYTES, body)
    scalar = SCALARS[field.kind]
    if scalar.wire is Wire.BYTES:
        return _case(field, Wire.BYTES, _bytes(message, field))
    number = [
        f"at = codec_read_{scalar.wire.word}(at, to, &raw);",
        when("!at", _refuse(field, "CODEC_CUT_OFF")),
    ]
    if not field.repeated:
        value = f"out->{field.c_name} = {scalar.decode.format('raw')};"
        return _case(field, scalar.wire, [*number, value, *_mark_set(message, field)])
    return [*_case(field, scalar.wire, [*number, _found(field)]), *_packed(field, scalar.wire)]


def _found(field: Field, count: str = "1") -> str:
    return f"codec_found(&out->{field.c_name}, start, at, {count});"


def _packed(field: Field, wire: Wire) -> list[str]:
    return [
        f"case {field.tag(Wire.BYTES)}: {{  // {field.name}, packed",
        *indent(
            [
                "at = codec_read_bytes(at, to, &view);",
                f"int64_t count = at ? codec_count_packed(view, CODEC_{wire.name}) : -1;",
                when("count < 0", _refuse(field, "CODEC_CUT_OFF")),
                _found(field, "(uint32_t)count"),
                "break;",
            ]
        ),
        "}",
    ]


def _mark_set(message: Message, field: Field) -> list[str]:
    if field.presence is Presence.EXPLICIT:
        return [f"out->has_{field.name} = true;"]
    if field.presence is Presence.ONEOF:
        return [f"out->{case_member(field.oneof)} = {number_macro(message, field)};"]
    return []


def _bytes(message: Message, field: Field) -> list[str]:
    value = "view" if field.repeated else f"out->{field.c_name}"
    body = [f"at = codec_read_bytes(at, to, &{value});", when("!at", _refuse(field, "CODEC_CUT_OFF"))]
    if field.kind == "string":
        body.append(when(f"!codec_is_utf8({value})", _refuse(field, "CODEC_NOT_UTF8")))
    if message.is_request and field.number == 1:
        body += [when("named", _refuse(field, '"must not come twice"')), "named = true;"]
    return [*body, _found(field)] if field.repeated else [*body, *_mark_set(message, field)]


def _element(field: Field, unit: Unit) -> list[str]:
    name = field.type_name
    wrong = f"!{name}_read(view, depth - 1, &element, error)"
    if has_rules(unit.message(name), unit):
        wrong += f" || !{name}_rules(&element, error)"
    count = f"out->{field.c_name}.count"
    return [
        "at = codec_read_bytes(at, to, &view);",
        when("!at", _refuse(field, "CODEC_CUT_OFF")),
        *block("", [f"{name} element = {{0}};", when(wrong, _within(field, count))]),
        _found(field),
    ]


def _within(field: Field, index: str) -> str:
    return f"return codec_within(error, {c_bytes(field.name)}, {index});"


def _sub_message(message: Message, field: Field, unit: Unit) -> list[str]:
    name, member = field.type_name, f"out->{field.c_name}"
    body = ["at = codec_read_bytes(at, to, &view);", when("!at", _refuse(field, "CODEC_CUT_OFF"))]
    if field.presence is Presence.ONEOF:
        other = f"out->{case_member(field.oneof)} != {number_macro(message, field)}"
        body.append(when(other, f"{member} = ({name}){{0}};"))
    read = f"!{name}_read(view, depth - 1, &{member}, error)"
    body += [when(read, _within(field, NO_INDEX)), *_mark_set(message, field)]
    for way in ways_through(message, field, unit):
        body += _merge(message, field, way)
    return body


def _merge(message: Message, field: Field, way: Way) -> list[str]:
    """A repeated field that now has elements in two parts of the sub-message."""
    repeated = f"&out->{way.path}"
    if not way.conditions:
        return [f"codec_merge({repeated}, message.data, view.data, at, {way.constant(message)});"]
    conditions = " && ".join([*way.conditions, f"codec_is_split({repeated}, view.data)"])
    return [when(conditions, _refuse(field, "CODEC_SPLIT"))]

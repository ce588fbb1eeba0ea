"""Types, constants and declarations."""

from codec.names import block, case_member, element_type, number_macro
from codec.scalars import SCALARS
from codec.schema import EnumType, Field, Message, Presence


def enum_lines(enum: EnumType) -> list[str]:
    """Enums are open: the type holds any int32."""
    values = [f"{name} = {_int32(value)}," for name, value in enum.values]
    return [*block("enum", values)[:-1], "};", f"typedef int32_t {enum.c_name};"]


def _int32(value: int) -> str:
    return "INT32_MIN" if value == -(2**31) else str(value)


def struct_lines(message: Message) -> list[str]:
    body: list[str] = []
    for field in message.fields:
        if field.presence is not Presence.ONEOF:
            body += _member(field)
    for oneof in message.oneofs:
        fields = (field for field in message.fields if field.oneof == oneof)
        members = [f"{element_type(field)} {field.c_name};" for field in fields]
        body += [f"uint32_t {case_member(oneof)};", *block("union", members)[:-1], "};"]
    if not body:
        body = ["uint8_t unused;  // C has no empty structs"]
    macros = [f"#define {number_macro(message, field)} {field.number}" for field in message.fields]
    return [*block("typedef struct", body)[:-1], f"}} {message.c_name};", *macros]


def _member(field: Field) -> list[str]:
    if field.repeated:
        return [f"codec_repeated {field.c_name};  // of {element_type(field)}"]
    lines = [f"{element_type(field)} {field.c_name};"]
    return [f"bool has_{field.name};", *lines] if field.presence is Presence.EXPLICIT else lines


def decode_declaration(message: Message) -> str:
    name = message.c_name
    return f"bool {name}_decode(const uint8_t *data, uint32_t size, {name} *out, codec_error *error);"


def next_lines(message: Message, field: Field) -> list[str]:
    """Walks a repeated field."""
    name = f"{message.c_name}_next_{field.name}"
    head = f"static inline bool {name}(codec_cursor *at, {element_type(field)} *out)"
    if field.kind == "message":
        return block(
            head,
            [
                "codec_view view;",
                "codec_error error;",
                f"return codec_next_bytes(at, {field.tag(2)}, &view) &&",
                f"       {field.type_name}_decode(view.data, view.size, out, &error);",
            ],
        )
    scalar = SCALARS[field.kind]
    if not scalar.decode:
        return block(head, [f"return codec_next_bytes(at, {field.tag(2)}, out);"])
    return block(
        head,
        [
            "uint64_t raw;",
            f"if (!codec_next_number(at, {field.tag(scalar.wire)}, &raw)) return false;",
            f"*out = {scalar.decode.format('raw')};",
            "return true;",
        ],
    )

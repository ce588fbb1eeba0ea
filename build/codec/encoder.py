"""The functions that write a message's fields."""

from codec.names import block, element_type
from codec.scalars import SCALARS, Scalar, Wire
from codec.schema import Field, Message, Presence


def put_lines(message: Message, field: Field) -> list[str]:
    if field.kind == "message":
        return _open(message, field)
    if field.packed:
        return _packed(message, field, SCALARS[field.kind])
    scalar = SCALARS[field.kind]
    skips_default = not field.repeated and field.presence is Presence.IMPLICIT
    if scalar.wire is Wire.BYTES:
        put, default = f"codec_put_bytes(w, {field.tag(2)}, value);", "value.size"
    else:
        raw = scalar.encode.format("value")
        put, default = f"codec_put_{scalar.wire.word}(w, {field.tag(scalar.wire)}, {raw});", raw
    head = _head(message, "put", field, f"{element_type(field)} value")
    return block(head, [f"if ({default}) {put}" if skips_default else put])


def _head(message: Message, verb: str, field: Field, arguments: str, result: str = "void") -> str:
    last = f", {arguments}" if arguments else ""
    name = f"{message.c_name}_{verb}_{field.name}"
    return f"static inline {result} {name}(codec_writer *w{last})"


def _open(message: Message, field: Field) -> list[str]:
    return block(_head(message, "open", field, "", "uint8_t *"), [f"return codec_open(w, {field.tag(2)});"])


def _packed(message: Message, field: Field, scalar: Scalar) -> list[str]:
    name, c_type = message.c_name, element_type(field)
    add = f"codec_write_{scalar.wire.word}(w, {scalar.encode.format('value')});"
    return [
        *_open(message, field),
        *block(_head(message, "add", field, f"{c_type} value"), [add]),
        *block(
            _head(message, "put", field, f"const {c_type} *values, uint32_t count"),
            [
                "if (!count) return;",
                f"uint8_t *mark = {name}_open_{field.name}(w);",
                f"for (uint32_t i = 0; i < count; i++) {name}_add_{field.name}(w, values[i]);",
                "codec_close(w, mark);",
            ],
        ),
    ]

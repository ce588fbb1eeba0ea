"""How the parts of the generated C are called, and how it is laid out."""

from collections.abc import Iterable

from codec.scalars import SCALARS
from codec.schema import Field, Message


def element_type(field: Field) -> str:
    """The C type of a field's value, or of one element of it."""
    return field.type_name or SCALARS[field.kind].c_type


def number_macro(message: Message, field: Field) -> str:
    return f"{message.c_name}_{field.name.upper()}_FIELD"


def case_member(oneof: str) -> str:
    return f"{oneof}_case"


def c_bytes(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def indent(lines: Iterable[str], steps: int = 1) -> list[str]:
    return [f"{'  ' * steps}{line}" if line else "" for line in lines]


def block(head: str, body: Iterable[str]) -> list[str]:
    return [f"{head} {{" if head else "{", *indent(body), "}"]


def when(condition: str, statement: str) -> str:
    return f"if ({condition}) {statement}"

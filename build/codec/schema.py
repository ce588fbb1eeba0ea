"""What the generator knows of a proto: messages, fields, enums, by their C names."""

from dataclasses import dataclass, field
from enum import Enum, auto


class Unsupported(Exception):
    """The proto uses something that the codec does not do; says what and where."""


class Presence(Enum):
    """How a singular field tells that it is set."""

    IMPLICIT = auto()  # by differing from its default
    EXPLICIT = auto()  # `optional`, and every sub-message: has_<field>
    ONEOF = auto()  # <oneof>_case


@dataclass(frozen=True)
class Rules:
    """interlock.v1.FieldRules; None where the proto says nothing."""

    required: bool = False
    min_len: int | None = None
    max_len: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    min: int | None = None
    max: int | None = None
    defined_only: bool = False
    name_format: bool = False


@dataclass(frozen=True)
class EnumType:
    c_name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Field:
    name: str  # in the proto, and in errors
    c_name: str  # the same, unless it is a word of C
    number: int
    kind: str  # a key of scalars.SCALARS, or "message"
    repeated: bool
    packed: bool  # how it is written; both forms are read
    presence: Presence
    rules: Rules
    oneof: str = ""
    type_name: str = ""  # C name of the message or enum
    enum: EnumType | None = None

    def tag(self, wire_type: int) -> int:
        return self.number << 3 | wire_type


@dataclass(frozen=True)
class Message:
    c_name: str
    fields: tuple[Field, ...]  # by number
    is_request: bool  # an RPC's input whose field 1 is the instance

    @property
    def oneofs(self) -> list[str]:
        return list(dict.fromkeys(field.oneof for field in self.fields if field.oneof))


@dataclass
class Unit:
    """What goes into one pair of C files."""

    name: str  # "queue" for queue.h and queue.c
    sources: list[str]
    enums: list[EnumType] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)  # those held by value first
    needs_shared: bool = False  # uses a type of interlock.v1

    def message(self, c_name: str) -> Message:
        return next(message for message in self.messages if message.c_name == c_name)

    def held_by_value(self, message: Message) -> list[tuple[Field, Message]]:
        """The singular sub-messages of a message."""
        fields = (field for field in message.fields if field.kind == "message" and not field.repeated)
        return [(field, self.message(field.type_name)) for field in fields]

    def holds_own_kind(self, message: Message) -> bool:
        """Whether a message may be found inside another of its type, at any depth."""
        inside: set[str] = set()
        waiting = [message]
        while waiting:
            found = {held.type_name for held in waiting.pop().fields if held.kind == "message"} - inside
            inside |= found
            waiting += map(self.message, found)
        return message.c_name in inside

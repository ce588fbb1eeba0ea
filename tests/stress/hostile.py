"""Requests that no honest client would send, made from a service's own descriptors."""

from __future__ import annotations

import os
from collections import deque
from random import Random
from typing import Any

from codec_rules import rules_of
from codec_wire import Wire, sized
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from interlock.v1 import options_pb2
from tests.stress.variation import Variation, fitted

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
TARGETS = ("a", "name", "12345678")
"""The instances that are attacked: `Wire` names the same ones."""

_FLOATS = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT)
_MOST_LEARNT = 500
_LATEST = 12
_MOST_KEPT = 40
_LONGEST_KEPT = 20_000


Exchange = dict[tuple[type, str], list[Any]]
"""The values of a request and its reply, by their type and their field's name in the singular."""


class Learnt:
    """Values that were seen in replies, and in the requests that they answer."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._by_type: dict[type, list[Any]] = {
            int: [0, 1, 2, 5, 30, 1000, 3_600_000, 2**32 - 1, 2**63 - 1],
            str: ["a", "b", "member", "key", "x" * 255, "é€😀"],
            bytes: [b"", b"one", b"\xff" * 40, bytes(3000)],
        }
        self._exchanges: deque[Exchange] = deque(maxlen=_LATEST)
        self._exchange: Exchange = {}

    def turn(self) -> None:
        """Take one of the latest exchanges to copy from, or none, until the next turn."""
        self._exchange = self.chance.choice([{}, *self._exchanges])

    def value(self, kind: type, name: str) -> Any:
        """A value of this type; mostly the one that the exchange has for a field of this name."""
        same = self._exchange.get((kind, name.removesuffix("s")))
        return self.chance.choice(same if same and self.chance.randrange(6) else self._by_type[kind])

    def hear(self, *messages: Message) -> None:
        """Keep what stands in an exchange: member, instance and generation go together."""
        exchange: Exchange = {}
        for message in messages:
            self._hear(message, exchange)
        self._exchanges.append(exchange)

    def _hear(self, message: Message, exchange: Exchange) -> None:
        for field, value in message.ListFields():
            for one in list(value)[:8] if field.is_repeated else [value]:
                if isinstance(one, Message):
                    self._hear(one, exchange)
                elif type(one) in self._by_type and field.cpp_type != FieldDescriptor.CPPTYPE_ENUM:
                    exchange.setdefault((type(one), field.name.removesuffix("s")), []).append(one)
                    _keep(self._by_type[type(one)], one, _MOST_LEARNT, self.chance)


def _keep(kept: list[Any], one: Any, most: int, chance: Random) -> None:
    """Keep one more, in the place of another where there are enough."""
    if len(kept) < most:
        kept.append(one)
    else:
        kept[chance.randrange(most)] = one


class Attacker:
    """Makes requests of every grade, from valid ones to noise.

    It learns from replies: a receipt, a generation or a key that it has seen
    gets a request deeper into a module than chance would, and so does a request
    that was answered, a little changed.

    Args:
        chance: Where all randomness comes from.
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.wire = Wire(chance)
        self._variation = Variation(chance, self)
        self._rules: dict[str, options_pb2.FieldRules] = {}
        self._answered: dict[str, list[bytes]] = {}
        self._learnt = Learnt(chance)

    def request(self, descriptor: Any) -> bytes:
        """Bytes for a method whose request is this message: one in four is not even that."""
        grade = self.chance.randrange(20)
        if grade == 0:
            return self.chance.randbytes(self.chance.randrange(60))
        if grade <= 2:
            return b"\x0a" + sized(self.chance.choice(TARGETS).encode()) + self.wire.fuzzed(descriptor)
        if grade == 3:
            return self.wire.fuzzed(descriptor)
        data = self.valid(descriptor).SerializeToString() if grade <= 7 else self.varied(descriptor)
        return self.wire.damaged(data) if grade in (4, 8) else data

    def valid(self, descriptor: Any) -> Message:
        """A message that decodes, whether or not its values make sense."""
        self._learnt.turn()
        message = self.message(descriptor, 0)
        instance = descriptor.fields_by_number[1]
        if self.chance.randrange(2) or getattr(message, instance.name) not in TARGETS:
            setattr(message, instance.name, self.chance.choice(TARGETS))
        return message

    def varied(self, descriptor: Any) -> bytes:
        """A request that was answered once, with small changes."""
        base, other = self._known(descriptor), self._known(descriptor)
        self._variation.apply(base, other, TARGETS)
        data = base.SerializeToString()
        if self.chance.randrange(12) == 0:  # fields twice over, as parts of one message or behind each other
            other.ClearField(descriptor.fields_by_number[1].name)
            data += other.SerializeToString()
        return data

    def _known(self, descriptor: Any) -> Message:
        kept = self._answered.get(descriptor.full_name)
        if not kept or self.chance.randrange(8) == 0:
            return self.valid(descriptor)
        return decoded(descriptor, self.chance.choice(kept))

    def keep(self, descriptor: Any, request: bytes) -> None:
        """Remember a request that the module took."""
        if len(request) <= _LONGEST_KEPT:
            _keep(self._answered.setdefault(descriptor.full_name, []), request, _MOST_KEPT, self.chance)

    def message(self, descriptor: Any, depth: int) -> Message:
        """A message of this type; the deeper it stands, the smaller it is."""
        message: Message = message_factory.GetMessageClass(descriptor)()
        for field in descriptor.fields:
            demanded = _demanded(self._rules_of(field))
            if self.chance.randrange(40 if demanded else 4) == 0:
                continue
            if not field.is_repeated:
                self._set(message, field, depth)
                continue
            count = self.chance.choice([0, 1, 1, 1, 2, 2, 3, 40 if depth == 0 else 4])
            for _ in range(max(count, demanded)):
                self._add(message, field, depth)
        return message

    def _set(self, message: Any, field: Any, depth: int) -> None:
        if field.message_type is None:
            setattr(message, field.name, self.value(field))
        elif depth < 3:
            getattr(message, field.name).CopyFrom(self.message(field.message_type, depth + 1))

    def _add(self, message: Any, field: Any, depth: int) -> None:
        if field.message_type is None:
            getattr(message, field.name).append(self.value(field))
        elif depth < 3:
            getattr(message, field.name).append(self.message(field.message_type, depth + 1))

    def value(self, field: Any) -> Any:
        """A scalar for a field; one in a hundred may break the field's rules."""
        value = self._drawn(field)
        return value if self.chance.randrange(100) == 0 else _ruled(value, self._rules_of(field))

    def _drawn(self, field: Any) -> Any:
        kind = field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING:
            text = bytes if field.type == FieldDescriptor.TYPE_BYTES else str
            return self._learnt.value(text, field.name)
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self.chance.random() < 0.5
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return self.chance.choice(field.enum_type.values).number
        if field.type in _FLOATS:
            return self.chance.choice([0.0, -1.5, float("inf"), float("nan")])
        return fitted(self._learnt.value(int, field.name), kind)

    def _rules_of(self, field: Any) -> options_pb2.FieldRules:
        if field.full_name not in self._rules:
            self._rules[field.full_name] = rules_of(field)
        return self._rules[field.full_name]

    def learn(self, request: Message, reply: Message) -> None:
        """Keep the values of an exchange for later requests."""
        self._learnt.hear(request, reply)


def decoded(descriptor: Any, data: bytes) -> Message:
    """The message in these bytes.

    Raises:
        AssertionError: It does not decode: a module answered with damage, or took damage for a request.
    """
    try:
        message: Message = message_factory.GetMessageClass(descriptor).FromString(data)
    except DecodeError as error:
        raise AssertionError(f"not a {descriptor.full_name}: {data!r}") from error
    return message


def _demanded(rules: options_pb2.FieldRules) -> bool:
    """Whether a message without the field breaks a rule."""
    return rules.required or bool(rules.min_len or rules.min_items) or rules.min > 0


def _ruled(value: Any, rules: options_pb2.FieldRules) -> Any:
    """The nearest value that keeps the rules on lengths and bounds."""
    if isinstance(value, str | bytes):
        encoded = value.encode() if isinstance(value, str) else value
        if rules.HasField("max_len"):
            encoded = encoded[: rules.max_len]
        encoded += b"z" * (rules.min_len - len(encoded))
        return encoded if isinstance(value, bytes) else encoded.decode(errors="ignore")
    if rules.HasField("max"):
        value = min(value, rules.max)
    return max(value, rules.min) if rules.HasField("min") else value

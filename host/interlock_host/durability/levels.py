"""What a host keeps of an instance across its own death."""

from __future__ import annotations

import enum

from interlock.v1 import contract_pb2


class Level(enum.Enum):
    """See `interlock.v1.Durability`."""

    EPHEMERAL = "ephemeral"
    ASYNC = "async"
    DURABLE = "durable"


LEVELS = tuple(level.value for level in Level)

_OF_PROTO = {
    contract_pb2.DURABILITY_EPHEMERAL: Level.EPHEMERAL,
    contract_pb2.DURABILITY_ASYNC: Level.ASYNC,
    contract_pb2.DURABILITY_DURABLE: Level.DURABLE,
}
_TO_PROTO = {level: number for number, level in _OF_PROTO.items()}


def level_of(asked: contract_pb2.Durability) -> Level:
    """Return what a contract asks for. One that does not say is durable: that is what a folder is for."""
    return _OF_PROTO.get(asked, Level.DURABLE)


def durability_of(level: Level) -> contract_pb2.Durability:
    """Return a level as protos have it."""
    return _TO_PROTO[level]

"""What the verbs take and give, beside numbers and bytes."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Partitions = Mapping[str, Sequence[int]]
"""Partitions by topic: {"orders": (0, 1, 2)}."""


class Default(enum.Enum):
    """Stands for "what the client was opened with"."""

    DEFAULT = "the client's default"


DEFAULT = Default.DEFAULT

Timeout = float | None | Default
"""Seconds that a blocking verb waits: 0 does not wait, None waits for ever."""


# Counters


class Addition(NamedTuple):
    """One of the additions of `add_many`."""

    key: str = ""
    delta: int = 1
    once: str = ""
    """Applied only if no addition with this id was applied in the last 10 minutes."""


class Added(NamedTuple):
    """What one addition left behind."""

    key: str
    value: int
    """The value after this addition."""
    applied: bool
    """False: its `once` was known, and nothing was added."""


@dataclass(frozen=True, slots=True)
class Swap:
    """How a compare-and-set went. True where it swapped."""

    swapped: bool
    value: int
    """The value after the call."""

    def __bool__(self) -> bool:
        return self.swapped


# Queues


class Overflow(enum.IntEnum):
    """What a push does where there is no room."""

    WAIT = 1
    """Waits, up to its timeout."""
    REJECT = 2
    """Takes what fits at once, and no more."""
    DROP_OLDEST = 3
    """Makes room by forgetting the oldest items that are not leased."""


class Item(NamedTuple):
    """An item to push, with more than its data."""

    data: bytes
    id: str = ""
    """The producer's name for it: deduplicated within the window, and handed to the consumer."""
    delay: float = 0.0
    """Seconds until it can be popped."""


class Pushed(NamedTuple):
    """What a push did."""

    accepted: int
    """Items that are in the queue now, or were known by their id."""
    duplicates: int
    """How many of those were known, and not added again."""
    first_sequence: int
    """The sequence of the first item added; 0 if none was."""


class QueueSettings(NamedTuple):
    """The settings of a queue in force."""

    capacity: int
    """Bytes; an item takes its data, its id and 48 bytes."""
    max_items: int
    """0: as many as the bytes hold."""
    overflow: Overflow
    lease: float
    """Seconds, where a subscription or an extension names none."""
    max_deliveries: int
    """Deliveries after which an item is a dead letter; 0: no such end."""
    dedupe_window: float
    """Seconds that an item's id is remembered; 0: not."""


class QueueStats(NamedTuple):
    """What is in a queue at one moment."""

    depth: int
    """Items that a pop could take now."""
    leased: int
    delayed: int
    dead: int
    bytes: int
    """What all of them take of the capacity."""
    waiters: int
    """Parked pushes, pops and subscriptions."""


class Settled(NamedTuple):
    """What settling several leases did."""

    settled: int
    unknown: frozenset[int]
    """Receipts of no lease in force: run out, settled before, or never given."""


# Groups


class GroupState(enum.IntEnum):
    """Where a group stands."""

    STABLE = 1
    REBALANCING = 2
    EMPTY = 3


class Joined(NamedTuple):
    """What a member may work on in a generation."""

    generation: int
    assigned: dict[str, tuple[int, ...]]
    revoke: dict[str, tuple[int, ...]]
    """What it must give up first, and then join again."""


class Beat(NamedTuple):
    """What a heartbeat was told."""

    state: GroupState
    """REBALANCING: join again, after `backoff`."""
    generation: int
    backoff: float
    """Seconds."""


class Member(NamedTuple):
    """One member of a group."""

    name: str
    weight: int
    assigned: dict[str, tuple[int, ...]]
    session_left: float
    """Seconds until it is dropped, unless it beats; 0 in a watch."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group at one moment."""

    state: GroupState
    generation: int
    members: tuple[Member, ...]
    """By name."""
    topics: dict[str, int] = field(default_factory=dict)
    """Partitions by topic; empty in a watch."""

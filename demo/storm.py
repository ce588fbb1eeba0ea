"""The storm: 127 consumer groups join at once, a third of the members die, the rest must settle.

All of it runs in virtual time, against the rebalance module in one engine. The
model, of which every number is a field of `Model`:

- The coordinator is one worker with one FIFO queue. Each request that enters a
  module takes `entry_ms` of it, and so does telling a module that a caller is
  gone. Ticks and the delivery of answers are free.
- At most `backlog` requests wait to enter. One more is refused (UNAVAILABLE),
  which takes `refusal_ms` of the same worker, in the same queue. It is as much
  as an entry takes: what costs is the RPC around it, not the module.
- Each way over the network takes `network_ms`. Nothing is lost, and clients
  wait for answers without end.
- A member sends a heartbeat `beat_ms` after each answer. Told to join, it
  joins: at once, or after the backoff_ms of the answer. Refused, it tries
  again: at once, or after the delay that the Backoff hook names. The hook runs
  in the client's own process and costs the coordinator nothing.
- The dead fall silent. The coordinator learns of it where a Join was parked (the
  connection breaks), and otherwise when the session ends.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import random
from collections.abc import Callable
from typing import Literal

from google.protobuf.message import Message

from demo.storm_traffic import MS, Coordinator, Member, Spot, spots
from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock_host.calls import Call, Record
from interlock_host.engine import Engine
from interlock_host.errors import HostError

Retry = Literal["immediate", "backoff"]


@dataclasses.dataclass(frozen=True)
class Model:
    """What things cost, in milliseconds; 0.4 is a unary call of grpc.aio, at 2,500 a second."""

    entry_ms: float = 0.4
    refusal_ms: float = 0.4
    network_ms: float = 1.0
    backlog: int = 32
    beat_ms: float = 400
    session_ms: int = 1_200
    rebalance_ms: int = 1_200
    deaths_at_ms: float = 400
    give_up_ms: float = 10_000


@dataclasses.dataclass
class StormResult:
    """What a storm took."""

    retry: Retry
    settled: bool = False
    """False: it was given up after `give_up_ms`."""
    settle_ms: float = 0.0
    """From the first Join until every survivor knows its part of a stable group without the dead."""
    requests: int = 0
    """Sent by members."""
    refused: int = 0
    longest_wait_ms: float = 0.0
    """Of a request in the coordinator's queue."""
    generations: int = 0
    moves: int = 0
    """Partitions that came to another member than their last."""
    minimum_moves: int = 0
    """How many had to, for each stable generation to be balanced, given the one before."""


def run_storm(
    engine: Engine,
    *,
    groups: int = 127,
    members: int = 5,
    partitions: int = 12,
    retry: Retry = "backoff",
    seed: int = 1,
    model: Model | None = None,
) -> StormResult:
    """Run one storm on an engine with a virtual clock, in groups of its own.

    Raises:
        ValueError: The engine's clock is a real one.
    """
    if not engine.virtual:
        raise ValueError("a storm needs an engine with a virtual clock")
    return Storm(engine, Shape(groups, members, partitions), retry, seed, model or Model()).run()


@dataclasses.dataclass(frozen=True)
class Shape:
    groups: int
    members: int
    partitions: int


class Group:
    """One group, and what a watcher has seen of it."""

    def __init__(self, storm: Storm, name: str) -> None:
        self.storm = storm
        self.name = name
        self.members = [Member(storm, self, f"member-{i}") for i in range(storm.shape.members)]
        self.seen = pb.WatchResponse(state=pb.GROUP_STATE_EMPTY)
        self.held: dict[str, set[Spot]] = {}
        storm.call("Watch", pb.WatchRequest(instance=name), self._watched)

    def _watched(self, record: Record) -> None:
        if not record.is_message:
            return
        self.seen = pb.WatchResponse.FromString(record.payload)
        if self.seen.state != pb.GROUP_STATE_STABLE:
            return
        after = {member.name: spots(member.assigned) for member in self.seen.members}
        self._count_moves(self.held, after)
        self.held = after

    def _count_moves(self, before: dict[str, set[Spot]], after: dict[str, set[Spot]]) -> None:
        if not before:
            return
        total = self.storm.shape.partitions
        down, ups = divmod(total, len(after))
        held = [len(before.get(name, ())) for name in after]
        keep = sum(min(count, down) for count in held) + min(ups, sum(count > down for count in held))
        kept = sum(len(has & before.get(name, set())) for name, has in after.items())
        self.storm.result.moves += total - kept
        self.storm.result.minimum_moves += total - keep

    @property
    def is_settled(self) -> bool:
        """Whether the group is stable without the dead, and every survivor knows."""
        survivors = [member for member in self.members if member.alive]
        if [member.name for member in self.seen.members] != [member.name for member in survivors]:
            return False
        known = all(not m.joining and m.generation == self.seen.generation for m in survivors)
        return known and self.seen.state != pb.GROUP_STATE_REBALANCE_IN_PROGRESS


class Storm:
    """The events of a storm, in order of time."""

    def __init__(self, engine: Engine, shape: Shape, retry: Retry, seed: int, model: Model) -> None:
        self.engine = engine
        self.shape = shape
        self.model = model
        self.random = random.Random(seed)
        self.result = StormResult(retry)
        self.started = engine.clock.now()
        self.events: list[tuple[int, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.coordinator = Coordinator(self)
        self.groups = [Group(self, f"storm-{self.started}-{i:03}") for i in range(shape.groups)]

    @property
    def now(self) -> int:
        """Ns since the storm began."""
        return self.engine.clock.now() - self.started

    def at(self, when: int, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (when, next(self.order), event))

    def after(self, ms: float, event: Callable[[], None]) -> None:
        self.at(self.now + int(ms * MS), event)

    def call(self, rpc: str, request: Message, sink: Callable[[Record], None]) -> Call:
        method = self.engine.method(f"/interlock.rebalance.v1.RebalanceService/{rpc}")
        if method is None:
            raise LookupError("the engine serves no rebalance module")
        try:
            call = self.engine.start(method, request.SerializeToString(), sink)
        except HostError as error:
            raise AssertionError(f"{rpc} was refused: {error}") from error
        if call.answer is not None:
            sink(call.answer)
        return call

    def hook(self, member: Member) -> int:
        """The delay before a retry, as the module itself tells the client."""
        delays: list[int] = []
        request = pb.BackoffRequest(instance=member.group.name, member=member.name, retry=member.retries)

        def sink(record: Record) -> None:
            delays.append(pb.BackoffResponse.FromString(record.payload).delay_ms)

        self.call("Backoff", request, sink)
        return delays[0]

    def run(self) -> StormResult:
        everyone = [member for group in self.groups for member in group.members]
        self.random.shuffle(everyone)
        for member in everyone:
            self.after(0, member.join)
        dead = self.random.sample(everyone, len(everyone) // 3)
        for member in dead:
            self.after(self.model.deaths_at_ms, member.die)
        while self.events and not self.result.settled and self.now < self.model.give_up_ms * MS:
            when, _, event = heapq.heappop(self.events)
            self.engine.advance(max(0, when - self.now))
            event()
            deaths_over = self.now > self.model.deaths_at_ms * MS
            self.result.settled = deaths_over and all(group.is_settled for group in self.groups)
        self.result.settle_ms = self.now / MS
        self.result.generations = sum(group.seen.generation for group in self.groups)
        return self.result

"""One consumer group of the rebalance module, in this process and in virtual time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message

from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock_host.calls import Call, Record, Sink
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import Failure, failure_of

MS = 1_000_000
START_NS = 10**18
STABLE = pb.GROUP_STATE_STABLE
REBALANCING = pb.GROUP_STATE_REBALANCE_IN_PROGRESS
EMPTY = pb.GROUP_STATE_EMPTY

M = TypeVar("M", bound=Message)

Spot = tuple[str, int]
"""A partition: its topic and number."""


def new_engine() -> Engine:
    """An engine with the standard modules, whose time moves when told.

    Entry budgets are real time, which no test may depend on: they are lifted.
    """
    engine = Engine(EngineConfig(seed=1), clock=VirtualClock(START_NS))
    module = engine.modules["rebalance"]
    module.limits = dataclasses.replace(module.limits, entry_budget_ms=0)
    return engine


def spots(listed: Iterable[pb.TopicPartitions]) -> list[Spot]:
    """The partitions of a reply, in its order."""
    return [(t.topic, number) for t in listed for number in t.partitions]


def listed(owned: Iterable[Spot]) -> list[pb.TopicPartitions]:
    """Partitions as a request names them."""
    by_topic: dict[str, list[int]] = {}
    for topic, number in sorted(owned):
        by_topic.setdefault(topic, []).append(number)
    return [pb.TopicPartitions(topic=topic, partitions=numbers) for topic, numbers in by_topic.items()]


class Refused(Exception):
    """The module answered with an error."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.reason}: {failure.message}")
        self.failure = failure

    @property
    def reason(self) -> str:
        """`ErrorInfo.reason`."""
        return self.failure.reason


@dataclasses.dataclass
class Joining:
    """A Join, parked or answered."""

    call: Call
    records: list[Record]
    times: list[int]
    """When each record came."""

    @property
    def parked(self) -> bool:
        """Whether there is no answer yet."""
        return not self.records

    @property
    def reply(self) -> pb.JoinResponse:
        """The answer. Raises Refused for an error."""
        (record,) = self.records
        return _parsed(record, pb.JoinResponse())

    @property
    def assigned(self) -> list[Spot]:
        """What the member may work on now."""
        return spots(self.reply.assigned)

    @property
    def revoke(self) -> list[Spot]:
        """What the member must give up first."""
        return spots(self.reply.revoke)


class Group:
    """Calls one instance by the names of its RPCs."""

    def __init__(self, engine: Engine, name: str = "g") -> None:
        self.engine = engine
        self.name = name

    def join(
        self,
        member: str,
        topics: Mapping[str, int] | None = None,
        owned: Iterable[Spot] = (),
        **settings: int,
    ) -> Joining:
        """Enter a Join; `topics` is twelve partitions of "t" where none is given."""
        wants = {"t": 12} if topics is None else topics
        request = pb.JoinRequest(
            instance=self.name,
            member=member,
            topics=[pb.Topic(name=name, partitions=count) for name, count in wants.items()],
            owned=listed(owned),
            **settings,
        )
        return self.join_with(request)

    def join_with(self, request: pb.JoinRequest) -> Joining:
        """Enter a Join as it stands."""
        records: list[Record] = []
        times: list[int] = []

        def sink(record: Record) -> None:
            records.append(record)
            times.append(self.engine.clock.now())

        return Joining(self._start("Join", request, sink), records, times)

    def heartbeat(self, member: str, generation: int) -> pb.HeartbeatResponse:
        """Say that the member lives."""
        request = pb.HeartbeatRequest(instance=self.name, member=member, generation=generation)
        return self._unary("Heartbeat", request, pb.HeartbeatResponse())

    def leave(self, member: str) -> None:
        """Take the member out."""
        self._unary("Leave", pb.LeaveRequest(instance=self.name, member=member), pb.LeaveResponse())

    def check(self, member: str, generation: int, owned: Iterable[Spot] = ()) -> None:
        """Ask before a commit; raises Refused where the member is fenced."""
        self.check_listed(member, generation, listed(owned))

    def check_listed(self, member: str, generation: int, named: list[pb.TopicPartitions]) -> None:
        """The same, with the lists as they stand."""
        request = pb.CheckGenerationRequest(
            instance=self.name, member=member, generation=generation, partitions=named
        )
        self._unary("CheckGeneration", request, pb.CheckGenerationResponse())

    def describe(self) -> pb.DescribeResponse:
        """The group as it is."""
        return self._unary("Describe", pb.DescribeRequest(instance=self.name), pb.DescribeResponse())

    def backoff(self, member: str, retry: int, cause: str = "") -> int:
        """How long to wait before a retry, in milliseconds."""
        request = pb.BackoffRequest(instance=self.name, member=member, retry=retry, cause=cause)
        return self._unary("Backoff", request, pb.BackoffResponse()).delay_ms

    def watch(self) -> tuple[Call, list[pb.WatchResponse]]:
        """Watch the group; the list grows as messages come."""
        seen: list[pb.WatchResponse] = []
        method = self.engine.method("/interlock.rebalance.v1.RebalanceService/Watch")
        assert method is not None
        request = pb.WatchRequest(instance=self.name).SerializeToString()

        def sink(record: Record) -> None:
            if record.is_message:
                seen.append(_parsed(record, pb.WatchResponse()))

        return self.engine.start(method, request, sink), seen

    def advance(self, ms: float) -> None:
        """Let time pass."""
        self.engine.advance(int(ms * MS))

    def metrics(self) -> dict[str, int]:
        """The numbers that the module exports."""
        instance = self.engine.instance("rebalance", self.name)
        return {value.name: value.value for value in instance.metrics().values}

    def _unary(self, rpc: str, request: Message, reply: M) -> M:
        records: list[Record] = []
        self._start(rpc, request, records.append)
        (record,) = records
        return _parsed(record, reply)

    def _start(self, rpc: str, request: Message, sink: Sink) -> Call:
        method = self.engine.method(f"/interlock.rebalance.v1.RebalanceService/{rpc}")
        assert method is not None
        call = self.engine.start(method, request.SerializeToString(), sink)
        if call.answer is not None:
            sink(call.answer)
        return call


def _parsed(record: Record, reply: M) -> M:
    if record.status:
        raise Refused(failure_of(record))
    reply.ParseFromString(record.payload)
    return reply


def t(*numbers: int) -> list[Spot]:
    """Partitions of topic t."""
    return [("t", number) for number in numbers]


def formed(group: Group, *members: str, **settings: Any) -> dict[str, list[Spot]]:
    """Let members join an empty group; what each is assigned."""
    joined = {member: group.join(member, **settings) for member in members}
    group.advance(200)
    return {member: joining.assigned for member, joining in joined.items()}


def rejoin(group: Group, owned: dict[str, list[Spot]], **settings: Any) -> dict[str, Joining]:
    """Let each member join with what it owns."""
    return {member: group.join(member, owned=has, **settings) for member, has in owned.items()}

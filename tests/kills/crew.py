"""Load on a group: members that join, beat, ask before they commit, and try what they may not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from interlock.rebalance.v1 import rebalance_pb2 as pb
from tests.kills.caller import Operation
from tests.kills.load import Ask, must

_SERVICE = "/interlock.rebalance.v1.RebalanceService/"
TOPIC = "t"
PARTITIONS = 7
SESSION_MS = REBALANCE_MS = 3_600_000
"""The most there may be: no member dies of silence, nor for being late, however long the rounds take."""


@dataclass
class _Member:
    """What one worker knows."""

    name: str
    generation: int = 0
    assigned: frozenset[int] = frozenset()
    is_in: bool = False
    must_join: bool = True


@dataclass
class _History:
    """What all were told of the group."""

    generation: int = 0
    """The highest that anybody was told of."""
    assigned: dict[int, dict[str, frozenset[int]]] = field(default_factory=dict)
    """By generation and member."""


class Crew:
    """Three members of one group. A generation is complete only when all have joined."""

    workers = 3

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._serial = itertools.count()
        self._members = [_Member(f"m{worker}") for worker in range(self.workers)]
        self._history = _History()

    @property
    def acknowledged(self) -> int:
        """Generations that somebody was told of."""
        return self._history.generation

    def next(self, worker: int, chance: Random) -> Operation:
        """Join where that is called for; else beat, ask, trespass, leave or look."""
        with self._lock:
            m, kind = self._members[worker], chance.random()
            if m.must_join:
                return self._join(m)
            if kind < 0.4:
                return self._beat(m)
            if kind < 0.9:
                return self._ask_the_fence(m, kind)
            return self._leave(m) if kind < 0.95 else self._describe()

    def _ask_the_fence(self, m: _Member, kind: float) -> Operation:
        if kind < 0.7:
            return self._check(m, m.generation, m.assigned, allowed=True)
        if kind < 0.8:
            return self._check(m, m.generation - 1, m.assigned, allowed=False)
        return self._check(m, m.generation, set(range(PARTITIONS)) - m.assigned, allowed=False)

    def _identity(self) -> str:
        return f"{self._name}-{next(self._serial)}"

    def _join(self, m: _Member) -> Operation:
        m.is_in = True
        request = pb.JoinRequest(
            instance=self._name,
            member=m.name,
            topics=[pb.Topic(name=TOPIC, partitions=PARTITIONS)],
            owned=_listed(m.assigned),
            session_ms=SESSION_MS,
            rebalance_ms=REBALANCE_MS,
        )
        note = {"after": self._history.generation}
        return Operation(_SERVICE + "Join", request, pb.JoinResponse, self._identity(), parks=True, note=note)

    def _beat(self, m: _Member) -> Operation:
        request = pb.HeartbeatRequest(instance=self._name, member=m.name, generation=m.generation)
        note = {"after": self._history.generation}
        return Operation(_SERVICE + "Heartbeat", request, pb.HeartbeatResponse, self._identity(), note=note)

    def _check(self, m: _Member, generation: int, numbers: Iterable[int], *, allowed: bool) -> Operation:
        request = pb.CheckGenerationRequest(
            instance=self._name, member=m.name, generation=generation, partitions=_listed(numbers)
        )
        # Nothing to ask for is nothing to refuse, in a generation that is the member's.
        allowed = allowed or (generation == m.generation and not request.partitions)
        note = {"allowed": allowed}
        return Operation(_SERVICE + "CheckGeneration", request, pb.CheckGenerationResponse, note=note)

    def _describe(self) -> Operation:
        request = pb.DescribeRequest(instance=self._name)
        note = {"after": self._history.generation}
        return Operation(_SERVICE + "Describe", request, pb.DescribeResponse, note=note)

    def _leave(self, m: _Member) -> Operation:
        m.must_join, m.assigned = True, frozenset()
        request = pb.LeaveRequest(instance=self._name, member=m.name)
        return Operation(_SERVICE + "Leave", request, pb.LeaveResponse, self._identity())

    def answered(self, worker: int, operation: Operation, reply: Any) -> None:
        """Note an answer."""
        with self._lock:
            m = self._members[worker]
            if isinstance(reply, pb.JoinResponse):
                self._joined(m, operation, reply)
            elif isinstance(reply, pb.HeartbeatResponse):
                self._hear(operation, reply.generation)
                m.must_join = reply.state == pb.GROUP_STATE_REBALANCE_IN_PROGRESS
            elif isinstance(reply, pb.DescribeResponse):
                self._hear(operation, reply.generation)
            elif isinstance(reply, pb.CheckGenerationResponse):
                must(operation.note["allowed"], f"the fence let {m.name} through: {operation.request}")
            else:
                m.is_in = False

    def _hear(self, operation: Operation, generation: int) -> None:
        before = operation.note["after"]
        must(
            generation >= before,
            f"generation {before} was complete, and {operation.method} tells of {generation}",
        )
        self._history.generation = max(self._history.generation, generation)

    def _joined(self, m: _Member, operation: Operation, reply: pb.JoinResponse) -> None:
        assigned = _numbers(reply.assigned)
        self._hear(operation, reply.generation)
        told = self._history.assigned.setdefault(reply.generation, {})
        before = told.get(m.name, assigned)
        must(
            before == assigned, f"{m.name} was told {before} and {assigned} of generation {reply.generation}"
        )
        for other, theirs in told.items():
            must(other == m.name or not theirs & assigned, f"{other} and {m.name} have {theirs & assigned}")
        told[m.name] = assigned
        m.generation, m.assigned = reply.generation, assigned
        # What is to be given up is not among `assigned`: the next Join gives it up.
        m.must_join = bool(reply.revoke)

    def refused(self, worker: int, operation: Operation, reason: str) -> None:
        """The fence refuses trespassers; nothing else is refused."""
        text = f"{operation.method} was refused, {reason}: {operation.request}"
        must(reason == "FENCED" and not operation.note.get("allowed", True), text)

    def listen(self) -> Operation:
        """Watch the group."""
        request = pb.WatchRequest(instance=self._name)
        return Operation(_SERVICE + "Watch", request, pb.WatchResponse, note={"after": 0})

    def heard(self, operation: Operation, message: Any) -> None:
        """Note a generation."""
        with self._lock:
            self._hear(operation, message.generation)
            operation.note["after"] = message.generation

    def inspect(self, ask: Ask) -> None:
        """Compare the generation with the highest that anybody was told."""
        with self._lock:
            operation = self._describe()
        self._hear(operation, ask(operation).generation)

    def verify(self, ask: Ask) -> None:
        """Compare the group with what its members were told."""
        operation = self._describe()
        view = ask(operation)
        self._hear(operation, view.generation)
        found = {one.name: _numbers(one.assigned) for one in view.members}
        for m in self._members:
            if m.is_in and not m.must_join:
                must(m.name in found, f"{m.name} is not in the group any more")
                must(
                    view.generation == m.generation, f"generation {view.generation} did not wait for {m.name}"
                )
                must(
                    found[m.name] == m.assigned,
                    f"{m.name} was assigned {m.assigned}, and has {found[m.name]}",
                )
            must(m.is_in or m.name not in found, f"{m.name} left, and is in the group")
        self._check_disjoint(found)

    def _check_disjoint(self, found: dict[str, frozenset[int]]) -> None:
        for one, other in itertools.combinations(found, 2):
            both = found[one] & found[other]
            must(not both, f"{one} and {other} have {sorted(both)}")


def _listed(numbers: Iterable[int]) -> list[pb.TopicPartitions]:
    partitions = sorted(numbers)
    return [pb.TopicPartitions(topic=TOPIC, partitions=partitions)] if partitions else []


def _numbers(lists: Iterable[pb.TopicPartitions]) -> frozenset[int]:
    return frozenset(number for one in lists for number in one.partitions)

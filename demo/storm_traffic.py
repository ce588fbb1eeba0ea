"""The clients of a storm, and the queue that is between them and the module."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock_host.calls import Call, CancelReason, Record

if TYPE_CHECKING:
    from demo.storm import Group, Storm

MS = 1_000_000
OK, NOT_FOUND, ABORTED, UNAVAILABLE = 0, 5, 10, 14
TOPIC = "orders"

Spot = tuple[str, int]
"""A partition: its topic and number."""
Answer = Callable[[int, bytes], None]
"""Takes a gRPC status and, for status 0, the reply."""


def spots(listed: Iterable[pb.TopicPartitions]) -> set[Spot]:
    """Return the partitions that a reply lists."""
    return {(t.topic, number) for t in listed for number in t.partitions}


class Coordinator:
    """One worker, one queue, in front of the engine."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self.free_at = 0
        self.waiting = 0

    def arrive(self, rpc: str, request: Message, sender: Member, answer: Answer) -> None:
        """A request reaches the queue; its answer leaves when the module gives it."""
        storm, model = self.storm, self.storm.model
        if self.waiting >= model.backlog:
            storm.result.refused += 1
            self._work(model.refusal_ms, lambda: self._send_back(answer, UNAVAILABLE, b""))
            return
        self.waiting += 1

        def enter() -> None:
            self.waiting -= 1
            if not sender.alive:
                return

            def sink(record: Record) -> None:
                self._send_back(answer, record.status, record.payload)

            sender.call = storm.call(rpc, request, sink)

        self._work(model.entry_ms, enter)

    def lose(self, call: Call) -> None:
        """A connection broke with a call parked on it."""
        self._work(self.storm.model.entry_ms, lambda: call.cancel(CancelReason.DISCONNECT))

    def _send_back(self, answer: Answer, status: int, payload: bytes) -> None:
        self.storm.after(self.storm.model.network_ms, lambda: answer(status, payload))

    def _work(self, ms: float, done: Callable[[], None]) -> None:
        now = self.storm.now
        wait = max(0, self.free_at - now)
        self.storm.result.longest_wait_ms = max(self.storm.result.longest_wait_ms, wait / MS)
        self.free_at = now + wait + int(ms * MS)
        self.storm.at(self.free_at, done)


class Member:
    """One client."""

    def __init__(self, storm: Storm, group: Group, name: str) -> None:
        self.storm = storm
        self.group = group
        self.name = name
        self.alive = True
        self.joining = False
        self.generation = 0
        self.owned: set[Spot] = set()
        self.retries = 0
        self.call: Call | None = None

    def join(self) -> None:
        model = self.storm.model
        self.joining = True
        request = pb.JoinRequest(
            instance=self.group.name,
            member=self.name,
            topics=[pb.Topic(name=TOPIC, partitions=self.storm.shape.partitions)],
            session_ms=model.session_ms,
            rebalance_ms=model.rebalance_ms,
        )
        if self.owned:
            numbers = sorted(number for _, number in self.owned)
            request.owned.add(topic=TOPIC, partitions=numbers)
        self._send("Join", request, self._joined)

    def beat(self) -> None:
        request = pb.HeartbeatRequest(instance=self.group.name, member=self.name, generation=self.generation)
        self._send("Heartbeat", request, self._beaten)

    def die(self) -> None:
        self.alive = False
        if self.call is not None and not self.call.done:
            self.storm.coordinator.lose(self.call)

    def _send(self, rpc: str, request: Message, done: Callable[[bytes], None]) -> None:
        if not self.alive:
            return
        self.storm.result.requests += 1

        def answer(status: int, payload: bytes) -> None:
            if not self.alive:
                return
            if status == OK:
                self.retries = 0
                done(payload)
            elif status == UNAVAILABLE:
                self._later(lambda: self._send(rpc, request, done))
            elif status == NOT_FOUND:
                self.owned = set()
                self._later(self.join)
            elif status != ABORTED:
                raise AssertionError(f"{rpc} of {self.group.name}/{self.name} failed with status {status}")

        network = self.storm.model.network_ms
        self.storm.after(network, lambda: self.storm.coordinator.arrive(rpc, request, self, answer))

    def _later(self, again: Callable[[], None]) -> None:
        delay = 0 if self.storm.result.retry == "immediate" else self.storm.hook(self)
        self.retries += 1
        self.storm.after(delay, again)

    def _joined(self, payload: bytes) -> None:
        reply = pb.JoinResponse.FromString(payload)
        self.generation = reply.generation
        self.owned = spots(reply.assigned)
        if reply.revoke:
            self.join()
            return
        self.joining = False
        self.storm.after(self.storm.model.beat_ms, self.beat)

    def _beaten(self, payload: bytes) -> None:
        reply = pb.HeartbeatResponse.FromString(payload)
        if reply.state == pb.GROUP_STATE_STABLE:
            self.storm.after(self.storm.model.beat_ms, self.beat)
        else:
            self.joining = True
            self.storm.after(0 if self.storm.result.retry == "immediate" else reply.backoff_ms, self.join)

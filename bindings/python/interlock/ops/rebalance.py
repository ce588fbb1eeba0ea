"""The verbs of consumer groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from interlock.ops.arguments import built, mapping, ms, several, text, whole
from interlock.ops.flow import Flow, Request, ask
from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock.values import Beat, GroupState, GroupView, Joined, Member, Partitions

_SERVICE = "/interlock.rebalance.v1.RebalanceService/"
_JOIN = _SERVICE + "Join"
_HEARTBEAT = _SERVICE + "Heartbeat"
_LEAVE = _SERVICE + "Leave"
_CHECK = _SERVICE + "CheckGeneration"
_DESCRIBE = _SERVICE + "Describe"
_WATCH = _SERVICE + "Watch"
_BACKOFF = _SERVICE + "Backoff"

_MOST = (1 << 32) - 1

MOST_WEIGHT = 1000
SESSION = 10.0
"""Seconds without a heartbeat until a member is dropped, where it names none."""
REBALANCE = 3.0
"""Seconds that a rebalance waits for a member, where it names none."""


def join(
    group: str,
    member: str,
    topics: Mapping[str, int],
    *,
    owned: Partitions | None,
    weight: int,
    session: float,
    rebalance: float,
) -> Flow[Joined]:
    """Enter the group, or answer a rebalance; waits for the generation to be complete."""
    text(member, "member")
    check_topics(topics)
    whole(weight, "weight", 1, MOST_WEIGHT)
    request = built(
        pb.JoinRequest,
        instance=group,
        member=member,
        topics=[pb.Topic(name=name, partitions=count) for name, count in topics.items()],
        owned=_listed(owned, "owned"),
        weight=weight,
        session_ms=ms(session, "session", some=True),
        rebalance_ms=ms(rebalance, "rebalance", some=True),
    )
    # A second Join of the same member takes the first one's place.
    body = request.SerializeToString()
    reply = yield from ask(Request(_JOIN, body, wait=rebalance, safe=True), pb.JoinResponse)
    return Joined(reply.generation, _mapped(reply.assigned), _mapped(reply.revoke))


def heartbeat(group: str, member: str, generation: int) -> Flow[Beat]:
    """Say that the member lives."""
    text(member, "member")
    request = built(pb.HeartbeatRequest, instance=group, member=member, generation=generation)
    body = request.SerializeToString()
    reply = yield from ask(Request(_HEARTBEAT, body, safe=True), pb.HeartbeatResponse)
    return Beat(GroupState(reply.state), reply.generation, reply.backoff_ms / 1000)


def leave(group: str, member: str) -> Flow[None]:
    """Leave the group."""
    text(member, "member")
    body = built(pb.LeaveRequest, instance=group, member=member).SerializeToString()
    yield from ask(Request(_LEAVE, body, safe=True), pb.LeaveResponse)


def check_generation(group: str, member: str, generation: int, partitions: Partitions | None) -> Flow[None]:
    """Raise Fenced unless the member may act for these partitions in this generation."""
    text(member, "member")
    request = built(
        pb.CheckGenerationRequest,
        instance=group,
        member=member,
        generation=generation,
        partitions=_listed(partitions, "partitions"),
    )
    body = request.SerializeToString()
    yield from ask(Request(_CHECK, body, read=True), pb.CheckGenerationResponse)


def describe(group: str) -> Flow[GroupView]:
    """Read the group."""
    body = built(pb.DescribeRequest, instance=group).SerializeToString()
    reply = yield from ask(Request(_DESCRIBE, body, read=True), pb.DescribeResponse)
    topics = {topic.name: topic.partitions for topic in reply.topics}
    return GroupView(GroupState(reply.state), reply.generation, _members(reply.members), topics)


def watching(group: str) -> Request:
    """Return the request that opens a stream of the group's generations."""
    return Request(_WATCH, built(pb.WatchRequest, instance=group).SerializeToString())


def watched(message: bytes) -> GroupView:
    """Read one message of that stream."""
    reply = pb.WatchResponse.FromString(message)
    return GroupView(GroupState(reply.state), reply.generation, _members(reply.members))


def backoff(group: str, member: str, retry: int, cause: str) -> Flow[float]:
    """Return seconds to wait before a retry."""
    text(member, "member")
    text(cause, "cause")
    request = built(pb.BackoffRequest, instance=group, member=member, retry=retry, cause=cause)
    body = request.SerializeToString()
    reply = yield from ask(Request(_BACKOFF, body, read=True), pb.BackoffResponse)
    return reply.delay_ms / 1000


def check_topics(topics: Mapping[str, int]) -> None:
    """Refuse what is no mapping of topics to their partitions.

    Raises:
        Invalid: A number of partitions is out of its range; WrongType where it is no number.
    """
    mapping(topics, "topics")
    for name, count in topics.items():
        text(name, "topics")
        whole(count, f"topics[{name!r}]", 0, _MOST)


def _listed(partitions: Partitions | None, field: str) -> list[pb.TopicPartitions]:
    if partitions is None:
        return []
    mapping(partitions, field)
    wanted = []
    for topic, given in sorted(partitions.items()):
        text(topic, field)
        numbers = several(given, f"{field}[{topic!r}]")
        for number in numbers:
            whole(number, f"{field}[{topic!r}]", 0, _MOST)
        if numbers:
            wanted.append(pb.TopicPartitions(topic=topic, partitions=sorted(numbers)))
    return wanted


def _mapped(partitions: Iterable[pb.TopicPartitions]) -> dict[str, tuple[int, ...]]:
    return {entry.topic: tuple(entry.partitions) for entry in partitions}


def _members(members: Iterable[pb.Member]) -> tuple[Member, ...]:
    return tuple(Member(m.name, m.weight, _mapped(m.assigned), m.session_left_ms / 1000) for m in members)

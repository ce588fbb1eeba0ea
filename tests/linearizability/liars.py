"""Clients that make a real history wrong: each has a bug that a host might have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

import interlock
from interlock.counter.v1 import counter_pb2 as counter
from interlock.queue.v1 import queue_pb2 as queue
from interlock.rebalance.v1 import rebalance_pb2 as group


class Liar:
    """Stands between a script and its client, and answers wrongly wherever it can."""

    lies = 0

    def __init__(self, client: interlock.Client) -> None:
        self._client = client

    def call(self, method: str, request: Message, *, wait: float) -> Message:
        """Answer a call, perhaps without making it."""
        lie = self.lie(method, request, lambda: self._client.call(method, request, wait=wait))
        if lie is not None:
            self.lies += 1
            return lie
        reply: Message = self._client.call(method, request, wait=wait)
        self.learn(request, reply)
        return reply

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        """Return a wrong answer, or None to make the call."""
        raise NotImplementedError

    def learn(self, request: Message, reply: Message) -> None:
        """See a true answer."""


class LostPush(Liar):
    """Acknowledges a push, and forgets it."""

    _sequence = 0

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        if not isinstance(request, queue.PushRequest) or not self._sequence:
            return None
        return queue.PushResponse(accepted=len(request.items), first_sequence=self._sequence + 1)

    def learn(self, request: Message, reply: Message) -> None:
        if isinstance(reply, queue.PushResponse) and reply.first_sequence:
            self._sequence = reply.first_sequence + reply.accepted - 1


class DuplicatePop(Liar):
    """Hands items out that were handed out before."""

    _before: dict[str, queue.PopResponse]

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        self._before = getattr(self, "_before", {})
        return self._before.get(request.instance) if isinstance(request, queue.PopRequest) else None

    def learn(self, request: Message, reply: Message) -> None:
        if isinstance(request, queue.PopRequest) and isinstance(reply, queue.PopResponse) and reply.items:
            self._before[request.instance] = reply


class StaleRead(Liar):
    """Reads what was there once."""

    _before: dict[bytes, Message]

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        self._before = getattr(self, "_before", {})
        return self._before.get(request.SerializeToString())

    def learn(self, request: Message, reply: Message) -> None:
        if isinstance(request, counter.GetRequest | queue.StatsRequest | group.DescribeRequest):
            self._before[request.SerializeToString()] = reply


class DoubleApply(Liar):
    """Applies a call twice, as after a retry that nobody recognised."""

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        if not isinstance(request, counter.AddRequest | queue.PushRequest) or _has_id(request):
            return None
        ask()
        reply: Message = ask()
        return reply


def _has_id(request: counter.AddRequest | queue.PushRequest) -> bool:
    if isinstance(request, queue.PushRequest):
        return any(item.id for item in request.items)
    return any(one.once or one.key == "edge" for one in request.adds)


class OpenFence(Liar):
    """Lets everybody commit."""

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        if isinstance(request, group.CheckGenerationRequest):
            try:
                ask()
            except interlock.Fenced:
                return group.CheckGenerationResponse()
        return None


class LostLeave(Liar):
    """Acknowledges that a member left, and keeps it."""

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        return group.LeaveResponse() if isinstance(request, group.LeaveRequest) else None


class StaleJoin(Liar):
    """Answers a Join with an earlier generation."""

    _before: Message | None = None

    def lie(self, method: str, request: Message, ask: Callable[[], Any]) -> Message | None:
        if not isinstance(request, group.JoinRequest) or self._before is None:
            return None
        ask()
        return self._before

    def learn(self, request: Message, reply: Message) -> None:
        if isinstance(reply, group.JoinResponse) and self._before is None:
            self._before = reply

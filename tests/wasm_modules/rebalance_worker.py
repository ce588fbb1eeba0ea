"""A member that obeys the protocol, in its own time, and may stall, die or lose its call."""

from __future__ import annotations

from rebalance_group import MS, STABLE, Group, Joining, Refused, Spot

from interlock_host.calls import CancelReason

SESSION_MS = 600
REBALANCE_MS = 500
BEAT_MS = 100


class Worker:
    """What one member believes, and what it does next.

    `usable` is what it works on. It stops by itself when neither a fresh reply
    nor a STABLE heartbeat came for as long as the coordinator needs to drop it.
    """

    def __init__(self, group: Group, name: str, topics: dict[str, int], weight: int = 1) -> None:
        self.group = group
        self.name = name
        self.topics = topics
        self.weight = weight
        self.generation = 0
        self.assigned: set[Spot] = set()
        self.claims: set[Spot] = set()
        self.joining: Joining | None = None
        self.stalled_until = 0
        self.heard_at = -(10**18)
        self.sent_at = 0
        self.join_at: int | None = 0
        self.beat_at = 0

    @property
    def now(self) -> int:
        return self.group.engine.clock.now()

    @property
    def usable(self) -> set[Spot]:
        """What it works on now."""
        patience = min(SESSION_MS, REBALANCE_MS) * MS
        return self.assigned if self.now < self.heard_at + patience else set()

    def join(self) -> None:
        """Answer a rebalance, or enter. A claim is what it still works on, or what it would like back."""
        self.join_at = None
        self.sent_at = self.now
        self.assigned = self.usable
        owned = self.assigned | self.claims
        self.joining = self.group.join(
            self.name,
            self.topics,
            owned,
            weight=self.weight,
            session_ms=SESSION_MS,
            rebalance_ms=REBALANCE_MS,
        )

    def lose_call(self) -> None:
        """The connection breaks while a Join is parked: it never happened, as far as the worker knows."""
        if self.joining is not None and self.joining.parked:
            self.joining.call.cancel(CancelReason.DISCONNECT)
            self.joining = None
            self.join_at = self.now + 20 * MS

    def act(self) -> None:
        """Do what is due, unless stalled."""
        if self.now < self.stalled_until:
            return
        if self.joining is not None:
            if not self.joining.parked:
                self._take_answer(self.joining)
        elif self.join_at is not None:
            if self.now >= self.join_at:
                self.join()
        elif self.now >= self.beat_at:
            self._beat()

    def _take_answer(self, joining: Joining) -> None:
        self.joining = None
        self.claims = set()
        try:
            reply = joining.reply
        except Refused as refused:
            assert refused.reason == "SUPERSEDED", refused
            self.join_at = self.now
            return
        self.generation = reply.generation
        # How old an answer is that waited to be read, nobody can tell: a heartbeat will.
        fresh = joining.times[0] == self.now
        self.heard_at = self.now if fresh else self.heard_at
        self.beat_at = self.now + (BEAT_MS * MS if fresh else 0)
        self.assigned = set(joining.assigned)
        assert not self.assigned & set(joining.revoke)
        if joining.revoke:
            self.join()

    def _beat(self) -> None:
        self.beat_at = self.now + BEAT_MS * MS
        try:
            beat = self.group.heartbeat(self.name, self.generation)
        except Refused as refused:
            assert refused.reason == "UNKNOWN_MEMBER", refused
            self.claims = self.assigned
            self.assigned = set()
            self.join_at = self.now
            return
        if beat.state == STABLE:
            self.heard_at = self.now
        else:
            self.join_at = self.now + beat.backoff_ms * MS

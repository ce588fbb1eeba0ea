"""A consumer group in plain Python: what the module must be equal to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.simulation.backoff_reference import join_backoff_ms, retry_backoff_ms
from tests.simulation.group_shares import Member, Partition, Shares, Spot
from tests.simulation.reference import ABORTED, FAILED_PRECONDITION, MS, NOT_FOUND, Timed

STABLE, REBALANCING, EMPTY = 1, 2, 3
GATHER_QUIET_MS, GATHER_MOST_MS = 200, 1_000
SESSION_MS, REBALANCE_MS = 10_000, 3_000
STATES = (
    "first members gather", "generation complete", "follow-up begins", "changed member",
    "unchanged member", "superseded", "session over", "dropped at deadline", "left",
    "ran empty", "unknown member", "join cancelled", "claim lost", "claim taken back", "fenced member",
    "fenced generation", "fenced partition", "passed",
    "mixed topics", "watched", "trapped",
)  # fmt: skip


class Group(Shares):
    """Generations, and the rebalance that runs."""

    def __init__(self, name: str, now: int, seen: Counter[str]) -> None:
        super().__init__(name, now, seen)
        self.watchers: list[int] = []
        self.rebalancing = False
        self.generation = self.started = self.gathered = self.gather_end = 0
        self.gather, self.deadline = Timed(), Timed()
        self.rebalances = 0

    def state(self) -> int:
        return (REBALANCING if self.rebalancing else STABLE) if self.members else EMPTY

    # The calls

    def Join(  # noqa: PLR0917
        self, call: int, name: str, topics: Sequence[tuple[str, int]], owned: Sequence[Spot], weight: int,
        session_ms: int, rebalance_ms: int,
    ) -> None:  # fmt: skip
        is_new = name not in self.members
        member = self.members.setdefault(name, Member(name))
        changed = member.topics != dict(topics) or member.weight != (weight or 1)
        member.topics, member.weight = dict(topics), weight or 1
        self.note_topics()
        member.session_ms, member.rebalance_ms = session_ms or SESSION_MS, rebalance_ms or REBALANCE_MS
        for topic, _ in topics:
            entries = self.topics.setdefault(topic, [])
            entries.extend(Partition() for _ in range(len(entries), self.size(topic)))
        claims = sorted(set(owned))
        for topic, _ in claims:
            self.topics.setdefault(topic, [])
        if is_new or changed or self.rebalancing:
            self.seen["changed member"] += changed and not is_new
            self._join(member, call, claims, is_new)
        else:
            self.seen["unchanged member"] += 1
            member.claims = claims
            self._beat(member)
            self._answer(member, call)

    def _join(self, member: Member, call: int, claims: list[Spot], is_new: bool) -> None:
        first = is_new and len(self.members) == 1
        if member.call:
            self.seen["superseded"] += 1
            self.refuse(member.call, ABORTED, "SUPERSEDED")
        member.call, member.timer = call, None
        self.claim(member, claims)
        if not self.rebalancing:
            self._begin()
        self._set_deadline()
        if first or (self.gathered and is_new):
            self._gather()
        self._complete_if_all_joined()

    def Heartbeat(self, call: int, name: str, generation: int) -> None:
        member = self.members.get(name)
        if member is None:
            self.seen["unknown member"] += 1
            self.refuse(call, NOT_FOUND, "UNKNOWN_MEMBER", "member")
            return
        self._beat(member)
        if self.rebalancing or generation != self.generation:
            self.reply(
                call, (REBALANCING, self.generation, join_backoff_ms(self.name, name, self.generation))
            )
        else:
            self.reply(call, (STABLE, self.generation, 0))

    def Leave(self, call: int, name: str) -> None:
        member = self.members.get(name)
        if member is None:
            self.refuse(call, NOT_FOUND, "UNKNOWN_MEMBER", "member")
            return
        self.seen["left"] += 1
        self.reply(call, ())
        if member.call:
            self.refuse(member.call, ABORTED, "SUPERSEDED")
        self._remove_one(member)

    def CheckGeneration(
        self, call: int, name: str, generation: int, topics: Sequence[tuple[str, Sequence[int]]]
    ) -> None:
        member = self.members.get(name)
        if member is None:
            field = "member"
        elif not member.generation or member.generation != generation:
            field = "generation"
        else:
            wrong = [
                f"partitions[{i}].partitions[{k}]"
                for i, (topic, numbers) in enumerate(topics)
                for k, number in enumerate(numbers)
                if not self.owns(member, (topic, number))
            ]
            field = wrong[0] if wrong else ""
        self.seen[f"fenced {field.split('s[')[0]}" if field else "passed"] += 1
        if field:
            self.refuse(call, FAILED_PRECONDITION, "FENCED", field)
        else:
            self.reply(call, ())

    def Describe(self, call: int) -> None:
        topics = [(topic, self.size(topic)) for topic in sorted(self.topics)]
        self.reply(call, (*self._picture(), [pair for pair in topics if pair[1]]))

    def Watch(self, call: int) -> None:
        self.seen["watched"] += 1
        self.watchers.append(call)
        self.message(call, self._picture())

    def Backoff(self, call: int, name: str, retry: int) -> None:
        self.reply(call, (retry_backoff_ms(self.name, name, retry),))

    def cancel(self, call: int) -> bool:
        if call in self.watchers:
            self.watchers.remove(call)
            return False
        self.seen["join cancelled"] += 1
        member = next(m for m in self.members.values() if m.call == call)
        member.call = 0
        self._beat(member)
        return False

    def metrics(self) -> dict[str, int]:
        return {
            "members": len(self.members), "generation": self.generation, "rebalances": self.rebalances,
            "moves": self.moves, "revoked": self.revoked,
            "parked_joins": sum(1 for m in self.members.values() if m.call),
        }  # fmt: skip

    # Answers

    def _answer(self, member: Member, call: int) -> None:
        revoke = [spot for spot in member.claims if not self.owns(member, spot)]
        self.reply(call, (member.generation, self.assigned(member), revoke))
        member.claims = []

    def _picture(self) -> tuple[int, int, list[tuple[str, int, list[Spot], int]]]:
        members = [(m.name, m.weight, self.assigned(m), self._session_left_ms(m)) for m in self.by_name()]
        return self.state(), self.generation, members

    def _session_left_ms(self, member: Member) -> int:
        if member.timer is None:
            return member.session_ms
        return -((self.now - member.timer[0]) // MS)

    # Time

    def tick(self) -> None:
        while (owner := self.take_due()) is not None:
            if isinstance(owner, Member):
                self.seen["session over"] += 1
                self._remove_one(owner)
            elif owner is self.gather:
                self._complete_if_all_joined()
            else:
                self._deadline_passed()

    def _beat(self, member: Member) -> None:
        if not member.call:
            self.set_timer(member, self.now + member.session_ms * MS)

    def _begin(self) -> None:
        self.rebalancing, self.started = True, self.now
        self.rebalances += 1
        self._set_deadline()

    def _set_deadline(self) -> None:
        longest = max(m.rebalance_ms for m in self.members.values())
        self.set_timer(self.deadline, self.started + longest * MS)

    def _gather(self) -> None:
        self.seen["first members gather"] += 1
        if not self.gathered:
            self.gather_end = self.now + GATHER_MOST_MS * MS
        self.gathered = min(self.now + GATHER_QUIET_MS * MS, self.gather_end)
        self.set_timer(self.gather, self.gathered)

    def _deadline_passed(self) -> None:
        for member in self.by_name():
            if not member.call:
                self.seen["dropped at deadline"] += 1
                self.remove(member)
        if self.members:
            self._complete()
        else:
            self._run_empty()

    # Generations

    def _remove_one(self, member: Member) -> None:
        self.remove(member)
        if self.members and not self.rebalancing:
            self._begin()
        if self.members:
            self._set_deadline()
        self._complete_if_all_joined()

    def _complete_if_all_joined(self) -> None:
        if not self.members:
            self._run_empty()
        elif all(m.call for m in self.members.values()) and self.now >= self.gathered:
            self._complete()

    def _end(self) -> None:
        self.rebalancing, self.gathered = False, 0
        self.gather.timer = self.deadline.timer = None
        self.generation += 1
        self.sweep()

    def _run_empty(self) -> None:
        self.seen["ran empty"] += 1
        self._end()
        for watcher in self.watchers:
            self.message(watcher, self._picture())

    def _complete(self) -> None:
        self.seen["generation complete"] += 1
        self._end()
        pending = self.apply(self.targets())
        answers = []
        for member in self.by_name():
            member.generation = self.generation
            answers.append((member, member.call))
            member.call = 0
            self._beat(member)
        if pending:
            self.seen["follow-up begins"] += 1
            self._begin()
        for member, call in answers:
            self._answer(member, call)
        for watcher in self.watchers:
            self.message(watcher, self._picture())

"""A consumer group in plain Python: what the module must be equal to.

Who gets which partition follows the README for members that name the same
topics. Where they name different ones, the README says what is promised and
leaves the choice to the module: the reference asks for it (`choose`), checks
the promises, and goes on from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tests.simulation.backoff_reference import join_backoff_ms, retry_backoff_ms
from tests.simulation.dealing_reference import check_choice, deal
from tests.simulation.reference import ABORTED, FAILED_PRECONDITION, MS, NOT_FOUND, Reference, Timed

STABLE, REBALANCING, EMPTY = 1, 2, 3
GATHER_QUIET_MS, GATHER_MOST_MS = 200, 1_000
SESSION_MS, REBALANCE_MS = 10_000, 3_000
STATES = (
    "first members gather", "generation complete", "follow-up begins", "changed member",
    "unchanged member", "superseded", "session over", "dropped at deadline", "left",
    "ran empty", "unknown member", "join cancelled", "claim lost", "claim taken back", "fenced member",
    "fenced generation", "fenced partition", "passed",
    "mixed topics", "watched",
)  # fmt: skip

Spot = tuple[str, int]
Choose = Callable[[], Mapping[str, Sequence[Spot]]]
"""Asks the module what each member may work on."""


class Partition:
    """Who has it."""

    __slots__ = ("holder", "last", "revoking")

    def __init__(self) -> None:
        self.holder: Member | None = None
        self.last: str | None = None
        """The member that held it when the latest generation completed."""
        self.revoking = False


class Member(Timed):
    """One that joined; its timer is its session's."""

    __slots__ = (
        "call",
        "claims",
        "generation",
        "held",
        "name",
        "rebalance_ms",
        "session_ms",
        "topics",
        "weight",
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.topics: dict[str, int] = {}
        self.weight = self.session_ms = self.rebalance_ms = self.generation = 0
        self.call = 0
        """Its parked Join; 0: none."""
        self.claims: list[Spot] = []
        self.held: list[Spot] = []
        """What it held when the latest generation completed."""


SOMEONE = Member("")
"""Whoever is to have what another must give up first."""


class Group(Reference):
    """Members, partitions by topic, and the rebalance that runs."""

    choose: Choose

    def __init__(self, name: str, now: int, seen: Counter[str]) -> None:
        super().__init__(name, now, seen)
        self.members: dict[str, Member] = {}
        self.topics: dict[str, list[Partition]] = {}
        self.watchers: list[int] = []
        self.rebalancing = False
        self.generation = self.started = self.gathered = self.gather_end = 0
        self.gather, self.deadline = Timed(), Timed()
        self.rebalances = self.moves = self.revoked = 0
        self.mixed = False
        """Whether members name different topics."""

    # What there is

    def by_name(self) -> list[Member]:
        return [self.members[name] for name in sorted(self.members)]

    def state(self) -> int:
        return (REBALANCING if self.rebalancing else STABLE) if self.members else EMPTY

    def size(self, topic: str) -> int:
        return max((m.topics.get(topic, 0) for m in self.members.values()), default=0)

    def entry(self, spot: Spot) -> Partition | None:
        partitions = self.topics.get(spot[0], [])
        return partitions[spot[1]] if spot[1] < len(partitions) else None

    def owns(self, member: Member, spot: Spot) -> bool:
        p = self.entry(spot)
        return p is not None and p.holder is member and p.last == member.name and not p.revoking

    def assigned(self, member: Member) -> list[Spot]:
        return [spot for spot in member.held if self.owns(member, spot)]

    # The calls

    def Join(  # noqa: PLR0917
        self, call: int, name: str, topics: Sequence[tuple[str, int]], owned: Sequence[Spot], weight: int,
        session_ms: int, rebalance_ms: int,
    ) -> None:  # fmt: skip
        is_new = name not in self.members
        member = self.members.setdefault(name, Member(name))
        changed = member.topics != dict(topics) or member.weight != (weight or 1)
        member.topics, member.weight = dict(topics), weight or 1
        self._note_topics()
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
        self._claim(member, claims)
        if not self.rebalancing:
            self._begin()
        self._set_deadline()
        if first or (self.gathered and is_new):
            self._gather()
        self._complete_if_all_joined()

    def _claim(self, member: Member, claims: list[Spot]) -> None:
        self._release(member)
        member.claims = claims
        for spot in claims:
            p = self.entry(spot)
            if p is None:
                continue
            back = p.last == member.name and p.holder is not None and p.holder.name != p.last
            self.seen["claim lost"] += p.holder is not None and not back
            self.seen["claim taken back"] += back
            if p.holder is None or back:
                p.holder = member

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
                self._remove(member)
        if self.members:
            self._complete()
        else:
            self._run_empty()

    # Generations

    def _remove_one(self, member: Member) -> None:
        self._remove(member)
        if self.members and not self.rebalancing:
            self._begin()
        if self.members:
            self._set_deadline()
        self._complete_if_all_joined()

    def _remove(self, member: Member) -> None:
        self._release(member)
        member.timer = None
        del self.members[member.name]
        self._note_topics()

    def _note_topics(self) -> None:
        self.mixed = len({frozenset(m.topics) for m in self.members.values()}) > 1

    def _release(self, member: Member) -> None:
        for partitions in self.topics.values():
            for p in partitions:
                if p.holder is member:
                    p.holder = None

    def _complete_if_all_joined(self) -> None:
        if not self.members:
            self._run_empty()
        elif all(m.call for m in self.members.values()) and self.now >= self.gathered:
            self._complete()

    def _end(self) -> None:
        self.rebalancing, self.gathered = False, 0
        self.gather.timer = self.deadline.timer = None
        self.generation += 1
        self._sweep()

    def _run_empty(self) -> None:
        self.seen["ran empty"] += 1
        self._end()
        for watcher in self.watchers:
            self.message(watcher, self._picture())

    def _complete(self) -> None:
        self.seen["generation complete"] += 1
        self._end()
        pending = self._apply(self._targets())
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

    def _sweep(self) -> None:
        """Forget topics that nobody names, claims or holds, and entries behind the others' ends."""
        named = {topic for m in self.members.values() for topic in m.topics}
        named |= {topic for m in self.members.values() for topic, _ in [*m.claims, *m.held]}
        self.topics = {topic: entries for topic, entries in self.topics.items() if topic in named}
        for topic, entries in self.topics.items():
            while len(entries) > self.size(topic) and entries[-1].holder is None:
                entries.pop()

    def _targets(self) -> Mapping[Spot, Member | None]:
        spots = {(t, n): self.topics[t][n].holder for t in sorted(self.topics) for n in range(self.size(t))}
        if not self.mixed:
            return deal(spots, self.by_name())
        self.seen["mixed topics"] += 1
        chosen = {spot: self.members[name] for name, has in self.choose().items() for spot in has}
        check_choice(spots, chosen, self.by_name())
        return {spot: chosen.get(spot, SOMEONE) for spot in spots}

    def _apply(self, targets: Mapping[Spot, Member | None]) -> int:
        """Give each free partition to its target; return how many must be given up first."""
        pending = 0
        for member in self.members.values():
            member.held = []
        for topic in sorted(self.topics):
            for number, p in enumerate(self.topics[topic]):
                target = targets.get((topic, number))
                if p.holder is not None and p.holder is not target:
                    self.revoked += not (p.revoking and p.last == p.holder.name)
                    pending += 1
                    p.revoking = True
                else:
                    self.moves += target is not None and p.last is not None and p.last != target.name
                    p.holder, p.revoking = target, False
                p.last = p.holder.name if p.holder is not None else None
                if p.holder is not None:
                    p.holder.held.append((topic, number))
        return pending

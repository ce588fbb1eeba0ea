"""Who holds which partition of a group in plain Python.

Who gets which follows the README for members that name the same topics. Where
they name different ones, the README says what is promised and leaves the choice
to the module: the reference asks for it (`choose`), checks the promises, and
goes on from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tests.simulation.dealing_reference import check_choice, deal
from tests.simulation.reference import Reference, Timed

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


class Shares(Reference):
    """The members, and the partitions by topic."""

    choose: Choose

    def __init__(self, name: str, now: int, seen: Counter[str]) -> None:
        super().__init__(name, now, seen)
        self.members: dict[str, Member] = {}
        self.topics: dict[str, list[Partition]] = {}
        self.moves = self.revoked = 0
        self.mixed = False
        """Whether members name different topics."""

    # What there is

    def by_name(self) -> list[Member]:
        return [self.members[name] for name in sorted(self.members)]

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

    # Changes

    def claim(self, member: Member, claims: list[Spot]) -> None:
        self.release(member)
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

    def release(self, member: Member) -> None:
        for partitions in self.topics.values():
            for p in partitions:
                if p.holder is member:
                    p.holder = None

    def remove(self, member: Member) -> None:
        self.release(member)
        member.timer = None
        del self.members[member.name]
        self.note_topics()

    def note_topics(self) -> None:
        self.mixed = len({frozenset(m.topics) for m in self.members.values()}) > 1

    def sweep(self) -> None:
        """Forget topics that nobody names, claims or holds, and entries behind the others' ends."""
        named = {topic for m in self.members.values() for topic in m.topics}
        named |= {topic for m in self.members.values() for topic, _ in [*m.claims, *m.held]}
        self.topics = {topic: entries for topic, entries in self.topics.items() if topic in named}
        for topic, entries in self.topics.items():
            while len(entries) > self.size(topic) and entries[-1].holder is None:
                entries.pop()

    def targets(self) -> Mapping[Spot, Member | None]:
        spots = {(t, n): self.topics[t][n].holder for t in sorted(self.topics) for n in range(self.size(t))}
        if not self.mixed:
            return deal(spots, self.by_name())
        self.seen["mixed topics"] += 1
        chosen = {spot: self.members[name] for name, has in self.choose().items() for spot in has}
        check_choice(spots, chosen, self.by_name())
        return {spot: chosen.get(spot, SOMEONE) for spot in spots}

    def apply(self, targets: Mapping[Spot, Member | None]) -> int:
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

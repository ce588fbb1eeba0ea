"""A member's part of the rebalance protocol: join, beat, give up before another takes.

Cooperative rebalancing after Kafka's KIP-429: what is to be revoked is given up
first, then the member joins again without it, and only then is it assigned to
another. Partitions that stay are never interrupted.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from interlock.errors import Fenced, HostFault, Superseded, UnknownMember, WrongType
from interlock.ops import rebalance as ops
from interlock.ops.arguments import ms, text, whole
from interlock.ops.flow import Flow, Notify, Pause
from interlock.values import GroupState, Joined, Partitions

Owned = dict[str, tuple[int, ...]]


def without(these: Partitions, those: Partitions) -> Owned:
    """Return the partitions of `these` that are not among `those`."""
    left = {}
    for topic, numbers in these.items():
        rest = sorted({*numbers} - {*those.get(topic, ())})
        if rest:
            left[topic] = tuple(rest)
    return left


class Membership:
    """One member of one group.

    Args:
        group: The instance.
        name: The member's.
        topics: Partitions by topic.
        weight: Its share beside the others'.
        session: Seconds without a heartbeat until it is dropped.
        rebalance: Seconds that a rebalance waits for a member.
        heartbeat: Seconds between heartbeats; None: a third of the shorter of session and
            rebalance, so that one may fail and one be late. A rebalance drops a member that
            does not hear of it in time.
        on_assign: Called with partitions to begin work on.
        on_revoke: Called with partitions to give up; they are another's when it returned and
            the member joined again.
        on_lost: Called with partitions that are, or may be, another's already; None: on_revoke.
        clock: Monotonic seconds.

    Raises:
        Invalid: An argument is out of its range; WrongType where it is of the wrong type.
    """

    def __init__(
        self,
        group: str,
        name: str,
        topics: Mapping[str, int],
        *,
        weight: int,
        session: float,
        rebalance: float,
        heartbeat: float | None,
        on_assign: Callable[[Owned], Any] | None,
        on_revoke: Callable[[Owned], Any] | None,
        on_lost: Callable[[Owned], Any] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        text(name, "name")
        ops.check_topics(topics)
        whole(weight, "weight", 1, ops.MOST_WEIGHT)
        ms(session, "session", some=True)
        ms(rebalance, "rebalance", some=True)
        if heartbeat is not None:
            ms(heartbeat, "heartbeat", some=True)
        for field, call in (("on_assign", on_assign), ("on_revoke", on_revoke), ("on_lost", on_lost)):
            if call is not None and not callable(call):
                raise WrongType(f"{field} must be a function, or None", field=field)
        self.group = group
        self.name = name
        self.generation = 0
        self.assigned: Owned = {}
        self._topics = dict(topics)
        self._weight = weight
        self._session = session
        self._rebalance = rebalance
        self._patience = min(session, rebalance)
        self._heartbeat = self._patience / 3 if heartbeat is None else heartbeat
        self._on_assign = on_assign
        self._on_revoke = on_revoke
        self._on_lost = on_lost or on_revoke
        self._clock = clock
        self._heard = clock()

    def join(self) -> Flow[None]:
        """Join, give up what is revoked, and join again until nothing is."""
        while True:
            asked = self._clock()
            joined = yield from self._ask_to_join()
            self._heard = asked
            yield from self._take(joined)
            if not joined.revoke:
                return

    def _ask_to_join(self) -> Flow[Joined]:
        while True:
            try:
                return (
                    yield from ops.join(
                        self.group,
                        self.name,
                        self._topics,
                        owned=self.assigned,
                        weight=self._weight,
                        session=self._session,
                        rebalance=self._rebalance,
                    )
                )
            except UnknownMember:
                yield from self.lose()

    def _take(self, joined: Joined) -> Flow[None]:
        keep = without(joined.assigned, joined.revoke)
        gone, new = without(self.assigned, keep), without(keep, self.assigned)
        self.generation = joined.generation
        # Given up before it is called so: a check made meanwhile must fail.
        self.assigned = without(self.assigned, gone)
        yield from _call(self._on_revoke, gone)
        self.assigned = keep
        yield from _call(self._on_assign, new)

    def stay(self) -> Flow[None]:
        """Beat, and join again when the group rebalances; ends only by an error.

        Raises:
            Superseded: Another process joined under this name.
        """
        while True:
            yield Pause(self._heartbeat)
            try:
                yield from self._beat()
            except (UnknownMember, Fenced):
                yield from self.lose()
                yield from self.join()
            except HostFault:
                # After that the others may have its work: stop before they start.
                if self._clock() - self._heard > self._patience:
                    yield from self.lose()

    def _beat(self) -> Flow[None]:
        asked = self._clock()
        beat = yield from ops.heartbeat(self.group, self.name, self.generation)
        self._heard = asked
        if beat.state is GroupState.REBALANCING or beat.generation != self.generation:
            yield Pause(beat.backoff)
            yield from self.join()

    def lose(self) -> Flow[None]:
        """Drop everything: it may be another's already."""
        lost, self.assigned = self.assigned, {}
        self.generation = 0
        yield from _call(self._on_lost, lost)

    def give_up(self) -> Flow[None]:
        """Revoke everything, on the way out."""
        owned, self.assigned = self.assigned, {}
        yield from _call(self._on_revoke, owned)

    def leave(self) -> Flow[None]:
        """Leave the group; one that dropped the member already is left too."""
        with contextlib.suppress(UnknownMember, Superseded):
            yield from ops.leave(self.group, self.name)


def _call(function: Callable[[Owned], Any] | None, partitions: Owned) -> Flow[None]:
    if function is not None and partitions:
        yield Notify(function, partitions)

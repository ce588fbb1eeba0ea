"""Consumer groups, for threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from interlock.handle import Handle
from interlock.ops import rebalance as ops
from interlock.ops.membership import Membership as Protocol
from interlock.ops.membership import Owned
from interlock.sync.membership import Membership
from interlock.values import Beat, GroupView, Joined, Partitions

if TYPE_CHECKING:
    from interlock.sync.client import Client


class Group(Handle):
    """A consumer group: who works on which partitions. Thread-safe.

    `member` runs the whole protocol; the other verbs are its parts, and `backoff`
    serves the callbacks of any other coordinator's client.
    Every method raises `interlock.Error`; the classes named are those that a
    program may want to catch.
    """

    __slots__ = ("_client", "_driver", "name")

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._driver = client.driver
        self.name = name

    def __repr__(self) -> str:
        return f"<Group {self.name}>"

    def member(
        self,
        name: str,
        topics: Mapping[str, int],
        *,
        weight: int = 1,
        session: float = ops.SESSION,
        rebalance: float = ops.REBALANCE,
        heartbeat: float | None = None,
        on_assign: Callable[[Owned], Any] | None = None,
        on_revoke: Callable[[Owned], Any] | None = None,
        on_lost: Callable[[Owned], Any] | None = None,
    ) -> Membership:
        """Be a member of the group for the length of a `with` block.

        A thread beats and joins again when the group rebalances. Partitions
        that stay are not interrupted; what is revoked is given up, by
        `on_revoke`, before another member is assigned it. The callbacks run one at a
        time: the first on the thread that enters the block, the last on the one that leaves it.

        Args:
            name: The member's; unique in the group.
            topics: Partitions by topic: {"orders": 12}.
            weight: Its share beside the others': 1 to 1,000.
            session: Seconds without a heartbeat until the group drops it.
            rebalance: Seconds that a rebalance waits for a member.
            heartbeat: Seconds between heartbeats; None: a third of the shorter of the two.
            on_assign: Called with partitions by topic to begin work on.
            on_revoke: Called with partitions to give up; return when their work is settled.
            on_lost: Called with partitions that may be another's already, because the
                session ended unnoticed; None: `on_revoke` is called.

        Returns:
            A context manager; `.assigned`, `.generation`, `.check()`.
        """
        protocol = Protocol(
            self.name,
            name,
            topics,
            weight=weight,
            session=session,
            rebalance=rebalance,
            heartbeat=heartbeat,
            on_assign=on_assign,
            on_revoke=on_revoke,
            on_lost=on_lost,
        )
        return Membership(self._client, protocol)

    def join(
        self,
        member: str,
        topics: Mapping[str, int],
        *,
        owned: Partitions | None = None,
        weight: int = 1,
        session: float = ops.SESSION,
        rebalance: float = ops.REBALANCE,
    ) -> Joined:
        """Enter the group, or answer a rebalance; returns when the generation is complete.

        Args:
            member: Its name.
            topics: Partitions by topic.
            owned: What it still works on.
            weight: Its share beside the others'.
            session: Seconds without a heartbeat until it is dropped.
            rebalance: Seconds that a rebalance waits for a member.

        Returns:
            The generation, what is assigned, and what is to be given up before joining again.

        Raises:
            Superseded: The member joined again meanwhile.
        """
        return self._driver.run(
            ops.join(
                self.name,
                member,
                topics,
                owned=owned,
                weight=weight,
                session=session,
                rebalance=rebalance,
            )
        )

    def heartbeat(self, member: str, generation: int) -> Beat:
        """Say that a member lives.

        Args:
            member: Its name.
            generation: The one it is in.

        Returns:
            Whether to join again, and after how many seconds.

        Raises:
            UnknownMember: The group dropped it, or never knew it.
            Fenced: The generation is stale.
        """
        return self._driver.run(ops.heartbeat(self.name, member, generation))

    def leave(self, member: str) -> None:
        """Leave the group.

        Args:
            member: Its name.

        Raises:
            UnknownMember: It is not in the group.
        """
        self._driver.run(ops.leave(self.name, member))

    def check_generation(self, member: str, generation: int, partitions: Partitions | None = None) -> None:
        """Fence a commit: return if the member may still act for these partitions.

        Args:
            member: Its name.
            generation: The one it acts in.
            partitions: By topic.

        Raises:
            Fenced: It may not, or is not in the group.
        """
        self._driver.run(ops.check_generation(self.name, member, generation, partitions))

    def describe(self) -> GroupView:
        """Read the group.

        Returns:
            Its state, generation, members and topics.
        """
        return self._driver.run(ops.describe(self.name))

    def watch(self) -> Iterator[GroupView]:
        """Follow the group: as it is, then each complete generation.

        Yields:
            Views of the group. Close the generator to stop.
        """
        stream = self._driver.transport.stream(ops.watching(self.name))
        try:
            for message in stream:
                yield ops.watched(message)
        finally:
            stream.close()

    def backoff(self, member: str, retry: int, cause: str = "") -> float:
        """Ask how long to wait before a retry: 2^retry × 100 ms, at most 10 s, jittered by a hash.

        Args:
            member: Whose retry it is.
            retry: 0 for the first.
            cause: Why the last try failed, for people and logs.

        Returns:
            Seconds.
        """
        return self._driver.run(ops.backoff(self.name, member, retry, cause))

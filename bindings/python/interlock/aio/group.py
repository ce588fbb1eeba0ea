"""Consumer groups, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from interlock.aio.drive import words_of
from interlock.aio.membership import Membership
from interlock.handle import Handle
from interlock.ops import rebalance as ops
from interlock.ops.membership import Membership as Protocol
from interlock.ops.membership import Owned
from interlock.sync.group import Group as SyncGroup
from interlock.values import Beat, GroupView, Joined, Partitions

if TYPE_CHECKING:
    from interlock.aio.client import Client

Callback = Callable[[Owned], Awaitable[None] | None]


@words_of(SyncGroup)
class Group(Handle):
    """A consumer group; the verbs of `interlock.Group`, awaited."""

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
        on_assign: Callback | None = None,
        on_revoke: Callback | None = None,
        on_lost: Callback | None = None,
    ) -> Membership:
        """Be a member of the group for the length of an `async with` block.

        See `interlock.Group.member`: a task takes the place of its thread, and the
        callbacks may be coroutine functions.
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

    async def join(
        self,
        member: str,
        topics: Mapping[str, int],
        *,
        owned: Partitions | None = None,
        weight: int = 1,
        session: float = ops.SESSION,
        rebalance: float = ops.REBALANCE,
    ) -> Joined:
        return await self._driver.run(
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

    async def heartbeat(self, member: str, generation: int) -> Beat:
        return await self._driver.run(ops.heartbeat(self.name, member, generation))

    async def leave(self, member: str) -> None:
        await self._driver.run(ops.leave(self.name, member))

    async def check_generation(
        self, member: str, generation: int, partitions: Partitions | None = None
    ) -> None:
        await self._driver.run(ops.check_generation(self.name, member, generation, partitions))

    async def describe(self) -> GroupView:
        return await self._driver.run(ops.describe(self.name))

    async def watch(self) -> AsyncIterator[GroupView]:
        stream = self._driver.transport.stream(ops.watching(self.name))
        try:
            async for message in stream:
                yield ops.watched(message)
        finally:
            stream.close()

    async def backoff(self, member: str, retry: int, cause: str = "") -> float:
        return await self._driver.run(ops.backoff(self.name, member, retry, cause))

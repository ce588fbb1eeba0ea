"""A member of a group that keeps itself in it, for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import TYPE_CHECKING

from interlock.aio.drive import words_of
from interlock.errors import Error
from interlock.handle import Handle
from interlock.ops import rebalance as ops
from interlock.ops.membership import Membership as Protocol
from interlock.ops.membership import Owned
from interlock.sync.membership import Membership as SyncMembership
from interlock.values import Partitions

if TYPE_CHECKING:
    from interlock.aio.client import Client


@words_of(SyncMembership)
class Membership(Handle):
    """One member of a group, from `start` to `close`, or for an `async with` block."""

    def __init__(self, client: Client, protocol: Protocol) -> None:
        self._driver = client.driver
        self._protocol = protocol
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._ended: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Membership {self.name} in {self._protocol.group}>"

    @property
    def name(self) -> str:
        """The member's name."""
        return self._protocol.name

    @property
    def generation(self) -> int:
        """The generation that it is in; 0 while it is in none."""
        return self._protocol.generation

    @property
    def assigned(self) -> Owned:
        """What it may work on now: partitions by topic."""
        return dict(self._protocol.assigned)

    async def check(self, partitions: Partitions | None = None) -> None:
        self._raise_failure()
        protocol = self._protocol
        wanted = protocol.assigned if partitions is None else partitions
        await self._driver.run(
            ops.check_generation(protocol.group, protocol.name, protocol.generation, wanted)
        )

    async def start(self) -> Membership:
        if self._task is not None:
            return self
        try:
            await self._driver.run(self._protocol.join())
        except BaseException:
            with contextlib.suppress(Error):
                await self._driver.run(self._protocol.leave())
            raise
        self._client.keep(self)
        self._task = asyncio.create_task(self._driver.run(self._protocol.stay()), name="interlock-member")
        return self

    def _raise_failure(self) -> None:
        task = self._task or self._ended
        if task is not None and task.done() and not task.cancelled():
            failure = task.exception()
            if failure is not None:
                raise failure

    async def close(self) -> None:
        """Give up everything and leave. A second call does nothing.

        Raises:
            Error: What ended the membership before, if something did.
        """
        task = self._task
        if task is None:
            return
        failed = task.done()
        task.cancel()
        await asyncio.wait((task,))
        try:
            await self._driver.run(self._protocol.give_up())
        finally:
            await self._driver.run(self._protocol.leave())
        self._task, self._ended = None, task
        if failed:
            self._raise_failure()

    async def __aenter__(self) -> Membership:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.close()
            return
        with contextlib.suppress(Error):  # the body's own error says more
            await self.close()

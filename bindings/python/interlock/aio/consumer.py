"""Iterations over a queue, for asyncio."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

from interlock.errors import ClientClosed, Closed, Error
from interlock.handle import Handle
from interlock.ops import queue as ops
from interlock.ops.consume import Consumption
from interlock.ops.flow import Request

if TYPE_CHECKING:
    from interlock.aio.client import Client
    from interlock.aio.queue import Delivery, Queue


class Consumer(Handle):
    """Items of a queue, each leased while the caller has it; see `interlock.Queue.items`. For one task.

    A bare `async for` that is left gives its item back when the event loop gets
    to it; `async with queue.items() as items:` does so before the block ends.
    """

    def __init__(self, client: Client, queue: Queue, consumption: Consumption[Delivery]) -> None:
        self._queue = queue
        self._consumption = consumption
        self._renewal: asyncio.Task[None] | None = None
        self._left = False
        client.keep(self)

    def __repr__(self) -> str:
        return f"<Consumer of {self._queue.name}>"

    async def __aiter__(self) -> AsyncIterator[Delivery]:
        # A generator: asyncio finishes one that is left half-way, which an object's own
        # __anext__ would not get.
        try:
            while (item := await self._next()) is not None:
                yield item
        finally:
            await self.close()

    async def _next(self) -> Delivery | None:
        if self._left:
            return None
        item = await self._queue.run(self._consumption.next())
        if item is not None and self._renewal is None:
            self._renewal = asyncio.create_task(self._renew(), name="interlock-renewal")
        return item

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._consumption.beat)
            try:
                await self._queue.run(self._consumption.renew())
            except ClientClosed:
                return
            except Error:
                # The next beat tries again; if the host stays away, the body's own calls say so.
                continue

    async def close(self) -> None:
        """Leave: acknowledge the items before, give the one in hand back."""
        if self._left:
            return
        self._left = True
        if self._renewal is not None:
            self._renewal.cancel()
        # A cancelled task still gives back what it holds.
        leaving = asyncio.ensure_future(self._queue.run(self._consumption.leave()))
        try:
            await asyncio.shield(leaving)
        except asyncio.CancelledError:
            with contextlib.suppress(Error):
                await leaving
            raise

    async def __aenter__(self) -> Consumer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Subscription(Handle):
    """Items of a queue as the host sends them; see `interlock.Queue.subscribe`. For one task."""

    def __init__(self, client: Client, queue: Queue, request: Request) -> None:
        self._queue = queue
        self._ready: collections.deque[Delivery] = collections.deque()
        self._stream = client.driver.transport.stream(request)
        client.keep(self)

    def __repr__(self) -> str:
        return f"<Subscription to {self._queue.name}>"

    async def __aiter__(self) -> AsyncIterator[Delivery]:
        try:
            while True:
                while self._ready:
                    yield self._ready.popleft()
                message = await anext(self._stream, None)
                if message is None:
                    return
                self._ready.extend(self._queue.delivery(delivery) for delivery in ops.subscribed(message))
        except Closed:
            return
        finally:
            await self.close()

    async def close(self) -> None:
        """End the stream, and give back the items that were sent and not taken."""
        self._stream.close()
        unread = [item.receipt for item in self._ready]
        self._ready.clear()
        await self._queue.run(ops.nack(self._queue.name, unread, 0.0))

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

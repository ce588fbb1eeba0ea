"""Queues, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from interlock.aio.consumer import Consumer, Subscription
from interlock.aio.drive import Driver, words_of
from interlock.handle import Handle
from interlock.ops import queue as ops
from interlock.ops.arguments import several
from interlock.ops.consume import LEASE, Consumption
from interlock.ops.delivery import DeliveryFields, mark, receipts_of
from interlock.ops.flow import Flow
from interlock.ops.queue import Pushable
from interlock.queue.v1 import queue_pb2 as pb
from interlock.sync.queue import Delivery as SyncDelivery
from interlock.sync.queue import Queue as SyncQueue
from interlock.values import DEFAULT, Item, Overflow, Pushed, QueueSettings, QueueStats, Settled, Timeout

if TYPE_CHECKING:
    from interlock.aio.client import Client

T = TypeVar("T")


@words_of(SyncDelivery)
class Delivery(DeliveryFields, Handle):
    """An item in the hands of a consumer; see `interlock.Delivery`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver, queue: str, delivery: pb.Delivery) -> None:
        super().__init__(queue, delivery)
        self._driver = driver

    async def ack(self) -> None:
        await self._driver.run(self.acking())

    async def nack(self, *, delay: float = 0.0) -> None:
        await self._driver.run(self.nacking(delay))

    async def extend(self, lease: float | None = None) -> None:
        await self._driver.run(self.extending(lease))


@words_of(SyncQueue)
class Queue(Handle):
    """A queue of bytes; the verbs of `interlock.Queue`, awaited, and `async for item in queue`.

    `await il.queue("orders", capacity=4096)` configures it at once; without the
    `await`, the first verb does.
    """

    __slots__ = ("_client", "_deduplicated", "_driver", "_wanted", "name")

    def __init__(self, client: Client, name: str, wanted: Mapping[str, Any]) -> None:
        self._client = client
        self._driver = client.driver
        self._deduplicated = False
        self._wanted = dict(wanted)
        self.name = name

    def __repr__(self) -> str:
        return f"<Queue {self.name}>"

    def __await__(self) -> Generator[Any, None, Queue]:
        return self._configured().__await__()

    async def _configured(self) -> Queue:
        if self._wanted:
            await self.configure(**self._wanted)
            self._wanted = {}
        return self

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow, after the settings that the queue was made with are in force."""
        if self._wanted:
            await self._configured()
        return await self._driver.run(flow)

    async def configure(
        self,
        *,
        capacity: int | None = None,
        max_items: int | None = None,
        overflow: Overflow | str | None = None,
        lease: float | None = None,
        max_deliveries: int | None = None,
        dedupe_window: float | None = None,
    ) -> QueueSettings:
        settings = await self._driver.run(
            ops.configure(
                self.name,
                capacity=capacity,
                max_items=max_items,
                overflow=overflow,
                lease=lease,
                max_deliveries=max_deliveries,
                dedupe_window=dedupe_window,
            )
        )
        self._deduplicated = settings.dedupe_window > 0
        return settings

    async def push(self, data: bytes, *, id: str = "", delay: float = 0.0, timeout: Timeout = DEFAULT) -> int:
        await self._configured()
        wait = self._client.options.wait(timeout)
        return await self._driver.run(
            ops.push_one(self.name, Item(data, id, delay), wait, self._deduplicated)
        )

    async def push_many(self, items: Iterable[Pushable], *, timeout: Timeout = DEFAULT) -> Pushed:
        await self._configured()
        wait = self._client.options.wait(timeout)
        return await self.run(ops.push(self.name, items, wait, self._deduplicated))

    async def pop(
        self, *, timeout: Timeout = DEFAULT, lease: float = 0.0, dead_letters: bool = False
    ) -> Delivery:
        wait = self._client.options.wait(timeout)
        return self.delivery(await self.run(ops.pop_one(self.name, wait, lease, dead_letters)))

    async def pop_many(
        self, count: int, *, timeout: Timeout = DEFAULT, lease: float = 0.0, dead_letters: bool = False
    ) -> list[Delivery]:
        wait = self._client.options.wait(timeout)
        popped = await self.run(
            ops.pop(self.name, count, timeout=wait, lease=lease, dead_letters=dead_letters)
        )
        return [self.delivery(delivery) for delivery in popped]

    def delivery(self, delivery: pb.Delivery) -> Delivery:
        return Delivery(self._driver, self.name, delivery)

    async def ack_many(self, items: Iterable[Delivery | int]) -> Settled:
        deliveries = several(items, "items")
        return mark(deliveries, await self.run(ops.ack(self.name, receipts_of(self.name, deliveries))))

    async def nack_many(self, items: Iterable[Delivery | int], *, delay: float = 0.0) -> Settled:
        deliveries = several(items, "items")
        return mark(
            deliveries, await self.run(ops.nack(self.name, receipts_of(self.name, deliveries), delay))
        )

    async def extend_many(self, items: Iterable[Delivery | int], lease: float | None = None) -> Settled:
        return await self.run(ops.extend(self.name, receipts_of(self.name, several(items, "items")), lease))

    def __aiter__(self) -> AsyncIterator[Delivery]:
        return aiter(self.items())

    def items(
        self,
        *,
        lease: float = LEASE,
        prefetch: int = 1,
        timeout: Timeout = DEFAULT,
        dead_letters: bool = False,
    ) -> Consumer:
        wait = self._client.options.wait(timeout)
        consumption = Consumption(
            self.name,
            self.delivery,
            lease=lease,
            prefetch=prefetch,
            timeout=wait,
            dead_letters=dead_letters,
        )
        return Consumer(self._client, self, consumption)

    def subscribe(self, *, credit: int = 16, lease: float | None = None) -> Subscription:
        return Subscription(self._client, self, ops.subscription(self.name, credit, lease))

    async def stats(self) -> QueueStats:
        return await self.run(ops.stats(self.name))

    async def purge(self, *, dead_letters: bool = False) -> int:
        return await self.run(ops.purge(self.name, dead_letters))

    async def close(self) -> None:
        await self.run(ops.close(self.name))

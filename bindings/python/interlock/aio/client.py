"""The client, for asyncio."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import AsyncIterator, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from google.protobuf.message import Message

from interlock.aio.counter import Counter
from interlock.aio.drive import Driver, words_of
from interlock.aio.group import Group
from interlock.aio.queue import Queue
from interlock.errors import Error
from interlock.handle import Handle
from interlock.ops import raw
from interlock.ops.arguments import text
from interlock.options import OpenOptions, Options
from interlock.sync.client import Client as SyncClient
from interlock.transport import AsyncTransport
from interlock.transport.traced import AsyncTracedTransport
from interlock.url import LOCAL, Address, parse
from interlock.values import Overflow

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

M = TypeVar("M", bound=Message)


class _Closes(Protocol):
    async def close(self) -> None: ...


@words_of(SyncClient)
class Client(Handle):
    """The primitives of one place, for the tasks of one event loop. Made by `interlock.aio.open`."""

    def __init__(self, transport: AsyncTransport, options: Options, url: str) -> None:
        self.options = options
        self.url = url
        self.driver = Driver(transport, options.retries, options.reconnect)
        self._kept: weakref.WeakSet[_Closes] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"<Client {self.url}>"

    def counter(self, name: str) -> Counter:
        text(name, "name")
        return Counter(self.driver, self.options, name)

    def queue(
        self,
        name: str,
        capacity: int | None = None,
        *,
        max_items: int | None = None,
        overflow: Overflow | str | None = None,
        lease: float | None = None,
        max_deliveries: int | None = None,
        dedupe_window: float | None = None,
    ) -> Queue:
        """Return a queue. Settings are sent by `await il.queue(...)`, or else by the first verb.

        Args:
            name: The instance: [a-z0-9][a-z0-9._-]{0,126}.
            capacity: Bytes.
            max_items: Items at the same time.
            overflow: "wait", "reject" or "drop_oldest".
            lease: Seconds.
            max_deliveries: Deliveries after which an item is a dead letter.
            dedupe_window: Seconds.

        Raises:
            ConfigConflict: The queue was configured otherwise before; from whatever sends the settings.
        """
        text(name, "name")
        settings = {
            "capacity": capacity,
            "max_items": max_items,
            "overflow": overflow,
            "lease": lease,
            "max_deliveries": max_deliveries,
            "dedupe_window": dedupe_window,
        }
        return Queue(self, name, {key: value for key, value in settings.items() if value is not None})

    def rebalance(self, group: str) -> Group:
        text(group, "group")
        return Group(self, group)

    @overload
    async def call(
        self, method: str, request: raw.Sendable, reply: type[M], *, wait: float = ..., safe: bool = ...
    ) -> M: ...
    @overload
    async def call(
        self, method: str, request: bytes, reply: None = None, *, wait: float = ..., safe: bool = ...
    ) -> bytes: ...
    @overload
    async def call(
        self, method: str, request: Message, reply: None = None, *, wait: float = ..., safe: bool = ...
    ) -> Any: ...
    async def call(
        self,
        method: str,
        request: raw.Sendable,
        reply: type[Message] | None = None,
        *,
        wait: float = 0.0,
        safe: bool = False,
    ) -> Any:
        return await self.driver.run(raw.call(method, request, reply, wait, safe))

    async def stream(
        self, method: str, request: raw.Sendable, reply: type[Message] | None = None
    ) -> AsyncIterator[Any]:
        cls = raw.reply_type(method, request, reply)
        stream = self.driver.transport.stream(raw.request_of(method, request, 0.0))
        try:
            async for message in stream:
                yield message if cls is None else cls.FromString(message)
        finally:
            stream.close()

    @property
    def metrics(self) -> CollectorRegistry:
        """The metrics of this engine, for `prometheus_client`: the daemon's families.

        Raises:
            Unsupported: A daemon has its own, under /metrics.
        """
        registry: CollectorRegistry = self.driver.transport.registry
        return registry

    def keep(self, part: _Closes) -> None:
        self._kept.add(part)

    def __await__(self) -> Generator[Any, None, Client]:
        return self._started().__await__()

    async def _started(self) -> Client:
        await self.driver.transport.start()
        return self

    async def close(self) -> None:
        self.driver.reconnect = 0.0  # leases and sessions run out: a host that is gone is not waited for
        for part in list(self._kept):
            with contextlib.suppress(Error):
                await part.close()
        self._kept.clear()
        await self.driver.transport.close()

    async def __aenter__(self) -> Client:
        return await self._started()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open(url: str, **options: Unpack[OpenOptions]) -> Client:
    """Open the primitives of a place, for asyncio.

    `async with interlock.aio.open(url) as il:`, or `il = await interlock.aio.open(url)`
    and `await il.close()`.

    Args:
        url: As for `interlock.open`.
        **options: See `interlock.OpenOptions`.

    Returns:
        A client for the tasks of one event loop.

    Raises:
        Invalid: The URL or an option is wrong.
        Unsupported: This version does not have the placement.
    """
    address = parse(url)
    chosen = Options(**options).check(address)
    return Client(AsyncTracedTransport(_transport(address, chosen)), chosen, url)


def _transport(address: Address, options: Options) -> AsyncTransport:
    if address.placement == LOCAL:
        from interlock.transport.local_aio import AsyncLocalTransport  # noqa: PLC0415

        return AsyncLocalTransport(options, address.target)
    from interlock.transport.remote_aio import AsyncGrpcTransport  # noqa: PLC0415

    return AsyncGrpcTransport(address, options)

"""The client, for threads."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from google.protobuf.message import Message

from interlock.errors import Error
from interlock.handle import Handle
from interlock.ops import raw
from interlock.ops.arguments import text
from interlock.options import OpenOptions, Options
from interlock.sync.counter import Counter
from interlock.sync.drive import Driver
from interlock.sync.group import Group
from interlock.sync.queue import Queue
from interlock.transport import Transport
from interlock.transport.traced import TracedTransport
from interlock.url import LOCAL, Address, parse
from interlock.values import Overflow

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

M = TypeVar("M", bound=Message)


class _Closes(Protocol):
    def close(self) -> None: ...


class Client(Handle):
    """The primitives of one place. Made by `interlock.open`; thread-safe; a context manager."""

    def __init__(self, transport: Transport, options: Options, url: str) -> None:
        self.options = options
        self.url = url
        self.driver = Driver(transport, options.retries, options.reconnect)
        self._kept: weakref.WeakSet[_Closes] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"<Client {self.url}>"

    def counter(self, name: str) -> Counter:
        """Return a counter; nothing is sent.

        Args:
            name: The instance: [a-z0-9][a-z0-9._-]{0,126}.
        """
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
        """Return a queue; configures it if a setting is named, see `Queue.configure`.

        Args:
            name: The instance: [a-z0-9][a-z0-9._-]{0,126}.
            capacity: Bytes.
            max_items: Items at the same time.
            overflow: "wait", "reject" or "drop_oldest".
            lease: Seconds.
            max_deliveries: Deliveries after which an item is a dead letter.
            dedupe_window: Seconds.

        Raises:
            ConfigConflict: The queue was configured otherwise before.
        """
        text(name, "name")
        queue = Queue(self, name)
        settings = (capacity, max_items, overflow, lease, max_deliveries, dedupe_window)
        if any(setting is not None for setting in settings):
            queue.configure(
                capacity=capacity,
                max_items=max_items,
                overflow=overflow,
                lease=lease,
                max_deliveries=max_deliveries,
                dedupe_window=dedupe_window,
            )
        return queue

    def rebalance(self, group: str) -> Group:
        """Return a consumer group; nothing is sent.

        Args:
            group: The instance: [a-z0-9][a-z0-9._-]{0,126}.
        """
        text(group, "group")
        return Group(self, group)

    @overload
    def call(
        self, method: str, request: raw.Sendable, reply: type[M], *, wait: float = ..., safe: bool = ...
    ) -> M: ...
    @overload
    def call(
        self, method: str, request: bytes, reply: None = None, *, wait: float = ..., safe: bool = ...
    ) -> bytes: ...
    @overload
    def call(
        self, method: str, request: Message, reply: None = None, *, wait: float = ..., safe: bool = ...
    ) -> Any: ...
    def call(
        self,
        method: str,
        request: raw.Sendable,
        reply: type[Message] | None = None,
        *,
        wait: float = 0.0,
        safe: bool = False,
    ) -> Any:
        """Call a unary method of any module.

        Args:
            method: "acme.gate.v1.GateService/Pass".
            request: A message, or its bytes; field 1 names the instance.
            reply: The reply's class; None: as the request's descriptors say, bytes for bytes.
            wait: Seconds that the module may hold the call by the request's own words.
            safe: Whether it may be sent again although it may have been applied.

        Returns:
            The reply: a message, or bytes where the request was bytes and no class is named.

        Raises:
            UnknownMethod: No module serves it.
            Invalid: It answers with a stream, or takes one.
        """
        return self.driver.run(raw.call(method, request, reply, wait, safe))

    def stream(self, method: str, request: raw.Sendable, reply: type[Message] | None = None) -> Iterator[Any]:
        """Call a server-streaming method of any module.

        Args:
            method: "acme.gate.v1.GateService/Follow".
            request: A message, or its bytes.
            reply: The class of its messages; see `call`.

        Yields:
            Messages, or bytes. Close the generator to end the call.

        Raises:
            UnknownMethod: No module serves it.
            Invalid: It answers once, or takes a stream.
        """
        cls = raw.reply_type(method, request, reply)
        stream = self.driver.transport.stream(raw.request_of(method, request, 0.0))
        try:
            for message in stream:
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
        """Close a part before the client, while it lives."""
        self._kept.add(part)

    def close(self) -> None:
        """Leave iterations and groups, cancel every call, and end. A second call does nothing."""
        self.driver.reconnect = 0.0  # leases and sessions run out: a host that is gone is not waited for
        for part in list(self._kept):
            with contextlib.suppress(Error):
                part.close()
        self._kept.clear()
        self.driver.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open(url: str, **options: Unpack[OpenOptions]) -> Client:
    """Open the primitives of a place.

    Args:
        url: `local:` for an engine in this process, whose state ends with the client;
            `local:./state` keeps it in that folder: what a call returned is there after a crash;
            `unix:///path`, `grpc://host:port` or, with TLS, `grpcs://host:port` for a daemon.
            Opening `local:` twice makes two engines that share nothing: share the client,
            it is thread-safe.
        **options: See `interlock.OpenOptions`.

    Returns:
        A client; use it in a `with` block, or call its `close`.

    Raises:
        Invalid: The URL or an option is wrong.
        Unsupported: This version does not have the placement.
    """
    address = parse(url)
    chosen = Options(**options).check(address)
    return Client(TracedTransport(_transport(address, chosen)), chosen, url)


def _transport(address: Address, options: Options) -> Transport:
    # Imported here: wasmtime and gRPC each take longer to import than all of this.
    if address.placement == LOCAL:
        from interlock.transport.local import LocalTransport  # noqa: PLC0415

        return LocalTransport(options, address.target)
    from interlock.transport.remote import GrpcTransport  # noqa: PLC0415

    return GrpcTransport(address, options)

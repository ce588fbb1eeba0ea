"""Iterations over a queue, for threads."""

from __future__ import annotations

import collections
import contextlib
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from interlock.errors import ClientClosed, Closed, Error
from interlock.handle import Handle
from interlock.ops import queue as ops
from interlock.ops.consume import Consumption
from interlock.ops.flow import Request
from interlock.sync.drive import Driver

if TYPE_CHECKING:
    from interlock.sync.client import Client
    from interlock.sync.queue import Delivery, Queue


class Consumer(Handle):
    """Items of a queue, each leased while the caller has it; see `Queue.items`. For one thread."""

    def __init__(self, client: Client, queue: str, consumption: Consumption[Delivery]) -> None:
        self._driver = client.driver
        self._name = queue
        self._consumption = consumption
        self._renewal: threading.Thread | None = None
        self._left = threading.Event()
        client.keep(self)

    def __repr__(self) -> str:
        return f"<Consumer of {self._name}>"

    def __iter__(self) -> Consumer:
        return self

    def __next__(self) -> Delivery:
        if self._left.is_set():
            raise StopIteration
        try:
            item = self._driver.run(self._consumption.next())
        except BaseException:
            with contextlib.suppress(Error):
                self.close()
            raise
        if item is None:
            self.close()
            raise StopIteration
        if self._renewal is None:
            self._renew()
        return item

    def _renew(self) -> None:
        # The thread must not hold this object, or leaving a bare `for` would not free it.
        self._renewal = threading.Thread(
            target=_renew_until,
            args=(self._left, self._driver, self._consumption),
            name="interlock-renewal",
            daemon=True,
        )
        self._renewal.start()

    def close(self) -> None:
        """Leave: acknowledge the items before, give the one in hand back."""
        if not self._left.is_set():
            self._left.set()
            self._driver.run(self._consumption.leave())

    def __enter__(self) -> Consumer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def _renew_until(left: threading.Event, driver: Driver, consumption: Consumption[Any]) -> None:
    while not left.wait(consumption.beat):
        try:
            driver.run(consumption.renew())
        except ClientClosed:
            return
        except Error:
            # The next beat tries again; if the host stays away, the body's own calls say so.
            continue


class Subscription(Handle):
    """Items of a queue as the host sends them; see `Queue.subscribe`. For one thread, but for `close`."""

    def __init__(self, client: Client, queue: Queue, request: Request) -> None:
        self._driver = client.driver
        self._queue = queue
        self._ready: collections.deque[Delivery] = collections.deque()
        self._stream = client.driver.transport.stream(request)
        client.keep(self)

    def __repr__(self) -> str:
        return f"<Subscription to {self._queue.name}>"

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Delivery:
        while not self._ready:
            try:
                message = next(self._stream)
            except Closed:
                raise StopIteration from None
            self._ready.extend(self._queue.delivery(delivery) for delivery in ops.subscribed(message))
        return self._ready.popleft()

    def close(self) -> None:
        """End the stream, and give back the items that were sent and not taken."""
        self._stream.close()
        unread = [item.receipt for item in self._ready]
        self._ready.clear()
        self._driver.run(ops.nack(self._queue.name, unread, 0.0))

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

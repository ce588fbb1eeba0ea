"""Queues, for threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from interlock.handle import Handle
from interlock.ops import queue as ops
from interlock.ops.arguments import several
from interlock.ops.consume import LEASE, Consumption
from interlock.ops.delivery import DeliveryFields, mark, receipts_of
from interlock.ops.queue import Pushable
from interlock.queue.v1 import queue_pb2 as pb
from interlock.sync.consumer import Consumer, Subscription
from interlock.sync.drive import Driver
from interlock.values import DEFAULT, Item, Overflow, Pushed, QueueSettings, QueueStats, Settled, Timeout

if TYPE_CHECKING:
    from interlock.sync.client import Client


class Delivery(DeliveryFields, Handle):
    """An item in the hands of a consumer.

    `data`, `id`, `sequence`, `attempt` and `receipt` are its fields. The first
    `ack` or `nack` settles it; later ones do nothing.
    """

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver, queue: str, delivery: pb.Delivery) -> None:
        super().__init__(queue, delivery)
        self._driver = driver

    def ack(self) -> None:
        """Say that the item is done with.

        Raises:
            LeaseLost: The lease ran out before; the item is delivered again.
            Invalid: The item was popped without a lease.
        """
        self._driver.run(self.acking())

    def nack(self, *, delay: float = 0.0) -> None:
        """Give the item back.

        Args:
            delay: Seconds until it can be popped again.

        Raises:
            LeaseLost: The lease ran out before; the item is delivered again.
            Invalid: The item was popped without a lease.
        """
        self._driver.run(self.nacking(delay))

    def extend(self, lease: float | None = None) -> None:
        """Make the lease last from now.

        Args:
            lease: Seconds; None: the queue's own.

        Raises:
            LeaseLost: The lease ran out before; the item is delivered again.
            Invalid: The item was popped without a lease.
        """
        self._driver.run(self.extending(lease))


class Queue(Handle):
    """A queue of bytes: leases, delays, dead letters, deduplication. Thread-safe.

    `for item in queue` leases one item at a time; see `items`.
    Every method raises `interlock.Error`; the classes named are those that a
    program may want to catch.
    """

    __slots__ = ("_client", "_deduplicated", "_driver", "name")

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._driver = client.driver
        self._deduplicated = False
        self.name = name

    def __repr__(self) -> str:
        return f"<Queue {self.name}>"

    def configure(
        self,
        *,
        capacity: int | None = None,
        max_items: int | None = None,
        overflow: Overflow | str | None = None,
        lease: float | None = None,
        max_deliveries: int | None = None,
        dedupe_window: float | None = None,
    ) -> QueueSettings:
        """Set what the queue may hold. None keeps what is in force; the first configuration stays.

        Args:
            capacity: Bytes, at most 33,554,432; an item takes its data, its id and 48 bytes.
            max_items: Items at the same time.
            overflow: What a push does where there is no room: "wait", "reject", "drop_oldest".
            lease: Seconds, where a subscription or an extension names none.
            max_deliveries: Deliveries after which an item is a dead letter.
            dedupe_window: Seconds that an item's id is remembered, to refuse it a second time.

        Returns:
            The settings in force.

        Raises:
            ConfigConflict: The queue was configured otherwise before.
        """
        settings = self._driver.run(
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

    def push(self, data: bytes, *, id: str = "", delay: float = 0.0, timeout: Timeout = DEFAULT) -> int:
        """Append an item.

        Args:
            data: The item.
            id: The producer's name for it, at most 255 bytes: within the dedupe window a
                second item of this id is not added.
            delay: Seconds until it can be popped.
            timeout: Seconds to wait for room; 0 does not wait, None waits for ever.

        Returns:
            Its sequence; 0 if its id was known.

        Raises:
            Full: There was no room in time; `.items` has the item.
            Closed: The queue was closed.
            TooLarge: The item could not fit, even in an empty queue.
        """
        wait = self._client.options.wait(timeout)
        return self._driver.run(ops.push_one(self.name, Item(data, id, delay), wait, self._deduplicated))

    def push_many(self, items: Iterable[Pushable], *, timeout: Timeout = DEFAULT) -> Pushed:
        """Append items in order.

        Args:
            items: Bytes, or `Item`s with an id or a delay.
            timeout: Seconds to wait for room for all; 0 does not wait, None waits for ever.

        Returns:
            How many were accepted, how many of them were known by their id, and
            the sequence of the first that was added.

        Raises:
            Full: There was no room in time; `.items` are those not taken, `.accepted` counts the others.
            Closed: The queue was closed; `.items` are those not taken.
            TooLarge: An item could not fit, even in an empty queue.
        """
        wait = self._client.options.wait(timeout)
        return self._driver.run(ops.push(self.name, items, wait, self._deduplicated))

    def pop(self, *, timeout: Timeout = DEFAULT, lease: float = 0.0, dead_letters: bool = False) -> Delivery:
        """Take the oldest item.

        Args:
            timeout: Seconds to wait for one; 0 does not wait, None waits for ever.
            lease: Seconds that the item is the caller's alone; it comes back unless it is
                acknowledged. 0 takes it for good: at most once, and lost with a lost reply.
            dead_letters: Take a dead letter instead.

        Returns:
            The item.

        Raises:
            TimedOut: None came in time.
            Closed: The queue was closed, and nothing is left.
        """
        wait = self._client.options.wait(timeout)
        return self.delivery(self._driver.run(ops.pop_one(self.name, wait, lease, dead_letters)))

    def pop_many(
        self, count: int, *, timeout: Timeout = DEFAULT, lease: float = 0.0, dead_letters: bool = False
    ) -> list[Delivery]:
        """Take the oldest items that are there, waiting for the first.

        Args:
            count: At most so many; the reply ends early rather than grow past one message. 0 takes none.
            timeout: Seconds to wait for the first; 0 does not wait, None waits for ever.
            lease: Seconds that the items are the caller's alone; 0 takes them for good, see `pop`.
            dead_letters: Take dead letters instead.

        Returns:
            The items; none where the timeout passed.

        Raises:
            Closed: The queue was closed, and nothing is left.
        """
        wait = self._client.options.wait(timeout)
        popped = self._driver.run(
            ops.pop(self.name, count, timeout=wait, lease=lease, dead_letters=dead_letters)
        )
        return [self.delivery(delivery) for delivery in popped]

    def delivery(self, delivery: pb.Delivery) -> Delivery:
        """Return a delivery of the protocol as an item with its verbs."""
        return Delivery(self._driver, self.name, delivery)

    def ack_many(self, items: Iterable[Delivery | int]) -> Settled:
        """Say that items are done with, up to 4,096 in one request.

        Args:
            items: Deliveries of this queue, or their receipts.

        Returns:
            How many were acknowledged, and which receipts were of no lease in force.
        """
        deliveries = several(items, "items")
        return mark(deliveries, self._driver.run(ops.ack(self.name, receipts_of(self.name, deliveries))))

    def nack_many(self, items: Iterable[Delivery | int], *, delay: float = 0.0) -> Settled:
        """Give items back, up to 4,096 in one request.

        Args:
            items: Deliveries of this queue, or their receipts.
            delay: Seconds until they can be popped again.

        Returns:
            How many were given back, and which receipts were of no lease in force.
        """
        deliveries = several(items, "items")
        return mark(
            deliveries, self._driver.run(ops.nack(self.name, receipts_of(self.name, deliveries), delay))
        )

    def extend_many(self, items: Iterable[Delivery | int], lease: float | None = None) -> Settled:
        """Make leases last from now, up to 4,096 in one request.

        Args:
            items: Deliveries of this queue, or their receipts.
            lease: Seconds; None: the queue's own.

        Returns:
            How many were extended, and which receipts were of no lease in force.
        """
        return self._driver.run(ops.extend(self.name, receipts_of(self.name, several(items, "items")), lease))

    def __iter__(self) -> Iterator[Delivery]:
        return self.items()

    def items(
        self,
        *,
        lease: float = LEASE,
        prefetch: int = 1,
        timeout: Timeout = DEFAULT,
        dead_letters: bool = False,
    ) -> Consumer:
        """Go through the items as they come, each leased while the loop's body has it.

        Asking for the next item acknowledges the one before, in the same request;
        `item.ack()` and `item.nack()` do so earlier, or otherwise. A thread renews
        the lease while the body runs. Leaving the loop by `break`, `return` or an
        exception gives the item in hand back, at once: to keep it, `item.ack()`
        first. The iteration ends when the queue is closed and empty, or when
        `timeout` passes without an item.

        `with queue.items() as items: for item in items: ...` leaves at a known
        moment on every Python; a bare `for` does so where objects are freed at
        once, as CPython does.

        Args:
            lease: Seconds; what a crash of this process takes to bring the item back.
            prefetch: Items of one request. With more than 1, acknowledgements wait for the
                next request: faster, and a crash repeats up to so many items.
            timeout: Seconds to wait for an item before the iteration ends.
            dead_letters: Go through dead letters instead.
        """
        wait = self._client.options.wait(timeout)
        consumption = Consumption(
            self.name,
            self.delivery,
            lease=lease,
            prefetch=prefetch,
            timeout=wait,
            dead_letters=dead_letters,
        )
        return Consumer(self._client, self.name, consumption)

    def subscribe(self, *, credit: int = 16, lease: float | None = None) -> Subscription:
        """Have items sent as they come, without asking for each.

        The loop's body settles each item itself, by `item.ack()` or `item.nack()`:
        at most `credit` items are out at the same time. The iteration ends when the
        queue is closed and empty, or by `close`.

        Args:
            credit: Items that may be unsettled at the same time.
            lease: Seconds; None: the queue's own. Not renewed.
        """
        return Subscription(self._client, self, ops.subscription(self.name, credit, lease))

    def stats(self) -> QueueStats:
        """Read how much is in the queue.

        Returns:
            The counts at one moment.
        """
        return self._driver.run(ops.stats(self.name))

    def purge(self, *, dead_letters: bool = False) -> int:
        """Forget all items that are not leased.

        Args:
            dead_letters: Forget the dead letters instead.

        Returns:
            How many were forgotten.
        """
        return self._driver.run(ops.purge(self.name, dead_letters))

    def close(self) -> None:
        """Refuse further pushes, from everyone. What is in the queue can still be popped."""
        self._driver.run(ops.close(self.name))

"""An item in the hands of a consumer: its fields, and settling it once."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.errors import Invalid, LeaseLost, WrongType
from interlock.ops import queue as ops
from interlock.ops.arguments import whole
from interlock.ops.consume import Leased
from interlock.ops.flow import Flow
from interlock.queue.v1 import queue_pb2 as pb
from interlock.values import Settled


class DeliveryFields(Leased):
    """What both clients' `Delivery` is."""

    __slots__ = ("attempt", "data", "id", "queue", "sequence")

    def __init__(self, queue: str, delivery: pb.Delivery) -> None:
        self.data: bytes = delivery.data
        self.id: str = delivery.id
        """The producer's name for it; may be empty."""
        self.sequence: int = delivery.sequence
        """Its place in the order of pushes; the first is 1."""
        self.receipt = delivery.receipt
        """Names this lease; 0 without one."""
        self.attempt: int = delivery.attempt
        """1 on the first delivery."""
        self.queue = queue
        """The queue's name."""
        self.settled = not delivery.receipt

    def __repr__(self) -> str:
        data = self.data if len(self.data) <= 40 else self.data[:37] + b"..."
        return f"<Delivery {self.queue}#{self.sequence} attempt {self.attempt}: {data!r}>"

    def acking(self) -> Flow[None]:
        """End the lease, unless the item is settled."""
        self._check_leased()
        if not self.settled:
            yield from self._settle(ops.settle_one(self.queue, ops.ack(self.queue, (self.receipt,))))

    def nacking(self, delay: float) -> Flow[None]:
        """Give the item back, unless it is settled."""
        self._check_leased()
        if not self.settled:
            yield from self._settle(ops.settle_one(self.queue, ops.nack(self.queue, (self.receipt,), delay)))

    def extending(self, lease: float | None) -> Flow[None]:
        """Make the lease last from now."""
        self._check_leased()
        yield from ops.settle_one(self.queue, ops.extend(self.queue, (self.receipt,), lease))

    def _settle(self, flow: Flow[None]) -> Flow[None]:
        try:
            yield from flow
        except LeaseLost:
            self.settled = True
            raise
        self.settled = True

    def _check_leased(self) -> None:
        if not self.receipt:
            raise Invalid("the item was popped without a lease: there is nothing to settle", field="lease")


def receipts_of(queue: str, items: list[DeliveryFields | int]) -> list[int]:
    """Return the receipts of a queue's items, or the receipts themselves.

    Raises:
        Invalid: An item is of another queue, or a receipt is out of its range.
        WrongType: It is neither an item nor a receipt.
    """
    return [_receipt(queue, item, f"items[{index}]") for index, item in enumerate(items)]


def _receipt(queue: str, item: object, field: str) -> int:
    if isinstance(item, DeliveryFields):
        if item.queue != queue:
            raise Invalid(f"{field} is of queue {item.queue}, not of {queue}", field=field)
        return item.receipt
    if not isinstance(item, int):
        raise WrongType(f"{field} must be a delivery or its receipt, not {type(item).__name__}", field=field)
    whole(item, field, 0, (1 << 64) - 1)
    return item


def mark(items: Iterable[DeliveryFields | int], settled: Settled) -> Settled:
    """Note on items that their leases are settled; return `settled`."""
    for item in items:
        if isinstance(item, DeliveryFields):
            item.settled = True
    return settled

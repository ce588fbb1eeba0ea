"""The verbs of queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, cast

from interlock.errors import Error, Full, Invalid, LeaseLost, TimedOut, WrongType
from interlock.ops.arguments import built, flag, ms, present, several, text, whole
from interlock.ops.flow import Flow, Request, Wait, ask, slices
from interlock.queue.v1 import queue_pb2 as pb
from interlock.values import Item, Overflow, Pushed, QueueSettings, QueueStats, Settled

_SERVICE = "/interlock.queue.v1.QueueService/"
_CONFIGURE = _SERVICE + "Configure"
_PUSH = _SERVICE + "Push"
_POP = _SERVICE + "Pop"
_ACK = _SERVICE + "Ack"
_NACK = _SERVICE + "Nack"
_EXTEND = _SERVICE + "Extend"
_SUBSCRIBE = _SERVICE + "Subscribe"
_STATS = _SERVICE + "Stats"
_PURGE = _SERVICE + "Purge"
_CLOSE = _SERVICE + "Close"

BATCH_BYTES = 262_144
"""Of one Push; more is sent as several. A message may have 4,128,768 bytes, but copying as
many takes a good part of an entry's budget, and larger batches are hardly faster."""
BATCH_ITEMS = 4096
"""Of one request, at most; more is sent as several."""
MOST = (1 << 32) - 1
"""Items that one pop may ask for."""
_ITEM_OVERHEAD = 24
"""Bytes around an item's data and id on the wire, at most."""

Pushable = bytes | bytearray | memoryview | Item


def configure(
    queue: str,
    *,
    capacity: int | None,
    max_items: int | None,
    overflow: Overflow | str | None,
    lease: float | None,
    max_deliveries: int | None,
    dedupe_window: float | None,
) -> Flow[QueueSettings]:
    """Set what a queue may hold; None keeps what is in force."""
    if capacity is not None:
        whole(capacity, "capacity", 1, (1 << 64) - 1)
    fields = present(
        capacity_bytes=capacity,
        max_items=max_items,
        overflow=None if overflow is None else _overflow(overflow),
        lease_ms=None if lease is None else ms(lease, "lease", some=True),
        max_deliveries=max_deliveries,
        dedupe_window_ms=None if dedupe_window is None else ms(dedupe_window, "dedupe_window"),
    )
    body = built(pb.ConfigureRequest, instance=queue, **fields).SerializeToString()
    reply = yield from ask(Request(_CONFIGURE, body, safe=True), pb.ConfigureResponse)
    return QueueSettings(
        reply.capacity_bytes,
        reply.max_items,
        Overflow(reply.overflow),
        reply.lease_ms / 1000,
        reply.max_deliveries,
        reply.dedupe_window_ms / 1000,
    )


def _overflow(overflow: Overflow | str) -> int:
    if isinstance(overflow, bool) or not isinstance(overflow, str | int):
        raise WrongType("overflow must be wait, reject or drop_oldest", field="overflow")
    try:
        return int(Overflow[overflow.upper()] if isinstance(overflow, str) else Overflow(overflow))
    except (KeyError, ValueError):
        raise Invalid("overflow must be wait, reject or drop_oldest", field="overflow") from None


def push(queue: str, items: Iterable[Pushable], timeout: float | None, deduplicated: bool) -> Flow[Pushed]:
    """Append items in order, in as many requests as their size asks for.

    Args:
        queue: The instance.
        items: What to push.
        timeout: Seconds to wait for room, all requests together; None for ever.
        deduplicated: Whether the queue is known to remember ids.

    Raises:
        Full: There was no room in time.
    """
    given = several(items, "items")
    return (yield from _push(queue, given, "items[{}].", timeout, deduplicated))


def push_one(queue: str, item: Item, timeout: float | None, deduplicated: bool) -> Flow[int]:
    """Append one item; return its sequence, 0 where its id was known."""
    return (yield from _push(queue, [item], "", timeout, deduplicated)).first_sequence


def _push(
    queue: str, given: Sequence[Pushable], path: str, timeout: float | None, deduplicated: bool
) -> Flow[Pushed]:
    done = Pushed(0, 0, 0)
    try:
        entries = [_entry(item, path, index) for index, item in enumerate(given)]
        waiting = Wait(timeout)
        while done.accepted < len(entries):
            batch = _batch(entries, done.accepted)
            safe = deduplicated and all(entry.id for entry in batch)
            taken = waiting.take()
            one = yield from _push_once(queue, batch, taken, safe)
            done = _sum(done, one)
            if one.accepted == len(batch):
                continue
            # Answered early and in part: the queue rejects rather than waits.
            if waiting.cut_short(taken) or not waiting.spend(taken):
                raise _full(queue, done.accepted, len(given))
    except Error as error:
        error.items = tuple(given[done.accepted :])
        raise
    return done


def _full(queue: str, accepted: int, given: int) -> Full:
    error = Full(f"{queue} has no room: it took {accepted} of {given} items")
    error.accepted = accepted
    return error


def _push_once(queue: str, batch: Sequence[pb.Item], wait: float, safe: bool) -> Flow[pb.PushResponse]:
    request = built(pb.PushRequest, instance=queue, items=batch, wait_ms=ms(wait, "timeout"))
    return (yield from ask(Request(_PUSH, request.SerializeToString(), wait, safe), pb.PushResponse))


def _sum(done: Pushed, one: pb.PushResponse) -> Pushed:
    return Pushed(
        done.accepted + one.accepted,
        done.duplicates + one.duplicates,
        done.first_sequence or one.first_sequence,
    )


def _entry(item: Pushable, path: str, index: int) -> pb.Item:
    if isinstance(item, bytes):
        return pb.Item(data=item)
    where = path.format(index)
    if isinstance(item, Item):
        text(item.id, where + "id")
        delay = ms(item.delay, where + "delay")
        return pb.Item(data=_bytes(item.data, where), id=item.id, delay_ms=delay)
    return pb.Item(data=_bytes(item, where))


def _bytes(data: object, where: str) -> bytes:
    # Not whatever bytes() takes: bytes(5) would be five zeros.
    if not isinstance(data, bytes | bytearray | memoryview):
        raise WrongType(f"an item is bytes, not {type(data).__name__}", field=where + "data")
    return bytes(data)


def _batch(entries: list[pb.Item], start: int) -> list[pb.Item]:
    """Return the entries from `start` that fit one message: at least one."""
    room, end = BATCH_BYTES, start
    while end < min(len(entries), start + BATCH_ITEMS):
        room -= len(entries[end].data) + len(entries[end].id) * 4 + _ITEM_OVERHEAD
        if room < 0 and end > start:
            break
        end += 1
    return entries[start:end]


def pop(
    queue: str,
    count: int,
    *,
    timeout: float | None,
    lease: float,
    dead_letters: bool,
    ack: Sequence[int] = (),
) -> Flow[Sequence[pb.Delivery]]:
    """Take up to `count` items, waiting for the first; none where the timeout passed, or for a count of 0.

    Args:
        queue: The instance.
        count: At most so many.
        timeout: Seconds; None for ever.
        lease: Seconds; 0 takes them for good.
        dead_letters: Take dead letters instead.
        ack: Receipts to acknowledge first.
    """
    whole(count, "count", 0, MOST)
    flag(dead_letters, "dead_letters")
    waiting, lease_ms = Wait(timeout), ms(lease, "lease")
    if not count:
        return ()
    request = built(pb.PopRequest, instance=queue, max_items=count, dead_letters=dead_letters, ack=ack)
    request.lease_ms = lease_ms
    leased = lease > 0
    undo = _Return(queue) if leased else None
    while True:
        taken = waiting.take()
        request.wait_ms = ms(taken, "timeout")
        body = request.SerializeToString()
        # A leased Pop may be repeated: what a lost reply had leased comes back.
        reply = yield from ask(Request(_POP, body, taken, safe=leased, undo=undo), pb.PopResponse)
        if reply.items:
            return cast("Sequence[pb.Delivery]", reply.items)
        if not waiting.spend(taken):
            return ()
        del request.ack[:]


def pop_one(queue: str, timeout: float | None, lease: float, dead_letters: bool) -> Flow[pb.Delivery]:
    """Take one item.

    Raises:
        TimedOut: None came in time.
    """
    items = yield from pop(queue, 1, timeout=timeout, lease=lease, dead_letters=dead_letters)
    if not items:
        raise TimedOut(f"{queue}: no item came in {timeout} s")
    return items[0]


class _Return:
    """Makes the Nack for a reply of leased items that nobody took."""

    __slots__ = ("_queue",)

    def __init__(self, queue: str) -> None:
        self._queue = queue

    def __call__(self, reply: bytes) -> Request | None:
        receipts = [item.receipt for item in pb.PopResponse.FromString(reply).items]
        if not receipts:
            return None
        body = pb.NackRequest(instance=self._queue, receipts=receipts).SerializeToString()
        return Request(_NACK, body, safe=True)


def ack(queue: str, receipts: Sequence[int]) -> Flow[Settled]:
    """End leases: the items are done with."""
    request = partial(built, pb.AckRequest, instance=queue)
    return (yield from _settle(_ACK, request, pb.AckResponse, "acked", receipts))


def nack(queue: str, receipts: Sequence[int], delay: float) -> Flow[Settled]:
    """Give leased items back, to be delivered again after `delay` seconds."""
    request = partial(built, pb.NackRequest, instance=queue, delay_ms=ms(delay, "delay"))
    return (yield from _settle(_NACK, request, pb.NackResponse, "nacked", receipts))


def extend(queue: str, receipts: Sequence[int], lease: float | None) -> Flow[Settled]:
    """Make leases last `lease` seconds from now; None: the queue's own."""
    lease_ms = 0 if lease is None else ms(lease, "lease", some=True)
    request = partial(built, pb.ExtendRequest, instance=queue, lease_ms=lease_ms)
    return (yield from _settle(_EXTEND, request, pb.ExtendResponse, "extended", receipts))


def _settle(
    path: str, request: Callable[..., Any], response: type[Any], counted: str, receipts: Sequence[int]
) -> Flow[Settled]:
    """Send receipts, as many at a time as a message may have, and add up what the answers say.

    Args:
        path: The method.
        request: Makes its message of some `receipts`.
        response: The type of its answer.
        counted: The field of that which says how many were settled.
        receipts: Of the leases.
    """
    done = Settled(0, frozenset())
    for some in slices(receipts, BATCH_ITEMS):
        body = request(receipts=some).SerializeToString()
        reply = yield from ask(Request(path, body, safe=True), response)
        done = Settled(done.settled + getattr(reply, counted), done.unknown.union(reply.unknown))
    return done


def settle_one(queue: str, flow: Flow[Settled]) -> Flow[None]:
    """Run a flow that settles one lease.

    Raises:
        LeaseLost: The lease was no longer in force.
    """
    if (yield from flow).unknown:
        raise LeaseLost(f"{queue}: the lease ran out before the item was settled; it is delivered again")


def subscription(queue: str, credit: int, lease: float | None) -> Request:
    """Return the request that opens a stream of leased items."""
    lease_ms = 0 if lease is None else ms(lease, "lease", some=True)
    request = built(pb.SubscribeRequest, instance=queue, credit=credit, lease_ms=lease_ms)
    return Request(_SUBSCRIBE, request.SerializeToString())


def subscribed(message: bytes) -> Sequence[pb.Delivery]:
    """Read one message of that stream."""
    return cast("Sequence[pb.Delivery]", pb.SubscribeResponse.FromString(message).items)


def stats(queue: str) -> Flow[QueueStats]:
    """Read what is in the queue."""
    body = built(pb.StatsRequest, instance=queue).SerializeToString()
    r = yield from ask(Request(_STATS, body, read=True), pb.StatsResponse)
    return QueueStats(r.depth, r.leased, r.delayed, r.dead, r.bytes, r.waiters)


def purge(queue: str, dead_letters: bool) -> Flow[int]:
    """Forget all items that are not leased, or all dead letters; return how many."""
    flag(dead_letters, "dead_letters")
    body = built(pb.PurgeRequest, instance=queue, dead_letters=dead_letters).SerializeToString()
    return (yield from ask(Request(_PURGE, body), pb.PurgeResponse)).purged


def close(queue: str) -> Flow[None]:
    """Refuse further pushes."""
    body = built(pb.CloseRequest, instance=queue).SerializeToString()
    yield from ask(Request(_CLOSE, body, safe=True), pb.CloseResponse)

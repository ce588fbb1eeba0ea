"""Queues: pushing, popping, leases, limits."""

from __future__ import annotations

import asyncio

import pytest

import interlock
from interlock import Item
from tests.behaviour.world import World


async def test_fifo(world: World) -> None:
    orders = world.il.queue(world.name)
    assert await orders.push(b"one") == 1
    assert await orders.push_many([b"two", bytearray(b"three"), memoryview(b"four")]) == (3, 0, 2)
    assert [item.data for item in await orders.pop_many(2)] == [b"one", b"two"]
    item = await orders.pop(timeout=1.0)
    assert (item.data, item.sequence, item.attempt, item.id) == (b"three", 3, 1, "")
    assert [item.data for item in await orders.pop_many(100, timeout=0)] == [b"four"]
    assert await orders.pop_many(100, timeout=0) == []


async def test_pop_times_out(world: World) -> None:
    orders = world.il.queue(world.name)
    with pytest.raises(interlock.TimedOut) as caught:
        await orders.pop(timeout=0)
    assert isinstance(caught.value, TimeoutError)
    popping = asyncio.ensure_future(orders.pop(timeout=2.5))
    await world.parked("queue")
    await world.advance(2.499)
    assert (await orders.stats()).waiters == 1
    await world.advance(0.001)
    with pytest.raises(interlock.TimedOut):
        await popping


async def test_pop_waits_for_ever(world: World) -> None:
    orders = world.il.queue(world.name)
    popping = asyncio.ensure_future(orders.pop(timeout=None))
    for _ in range(3):
        await world.parked("queue")
        await world.advance(30.0)
    await world.parked("queue")
    await orders.push(b"at last")
    assert (await popping).data == b"at last"


async def test_lease_comes_back(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"one", id="order-1")
    first = await orders.pop(lease=10.0)
    assert (first.attempt, first.id) == (1, "order-1")
    assert (await orders.stats()).leased == 1
    await world.advance(10.0)
    second = await orders.pop(lease=10.0, timeout=0)
    assert (second.attempt, second.sequence) == (2, first.sequence)
    with pytest.raises(interlock.LeaseLost):
        await first.ack()
    await second.ack()
    assert await orders.pop_many(1, timeout=0) == []


async def test_nack_and_extend(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"one")
    item = await orders.pop(lease=10.0)
    await item.extend(20.0)
    await world.advance(15.0)
    await item.nack(delay=5.0)
    assert (await orders.stats()).delayed == 1
    assert await orders.pop_many(1, timeout=0) == []
    await world.advance(5.0)
    again = await orders.pop(lease=10.0, timeout=0)
    assert again.attempt == 2
    await again.nack()
    assert (await orders.pop(timeout=0)).attempt == 3


async def test_first_settlement_counts(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"one")
    item = await orders.pop(lease=10.0)
    await item.ack()
    await item.ack()
    await item.nack()
    assert (await orders.stats()).depth == 0


async def test_settling_without_lease(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"one")
    item = await orders.pop()
    with pytest.raises(interlock.Invalid):
        await item.ack()


async def test_settle_many(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3", b"4"])
    items = await orders.pop_many(4, lease=10.0)
    assert await orders.extend_many(items, 20.0) == (4, frozenset())
    assert await orders.ack_many(items[:2]) == (2, frozenset())
    assert await orders.ack_many([items[0].receipt]) == (0, {items[0].receipt})
    assert await orders.nack_many(items[2:]) == (2, frozenset())
    assert await orders.ack_many([]) == (0, frozenset())
    assert [item.data for item in await orders.pop_many(9)] == [b"3", b"4"]


async def test_delay(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"later", delay=3.0)
    await orders.push_many([Item(b"latest", delay=4.0), b"now"])
    assert (await orders.pop(timeout=0)).data == b"now"
    await world.advance(3.0)
    assert [item.data for item in await orders.pop_many(9, timeout=0)] == [b"later"]
    await world.advance(1.0)
    assert [item.data for item in await orders.pop_many(9, timeout=0)] == [b"latest"]


async def test_full_gives_items_back(world: World) -> None:
    orders = await world.il.queue(world.name, capacity=4096)
    items = [b"a" * 1000, Item(b"b" * 1000), b"c" * 1000, Item(b"d" * 1000, id="d"), b"e" * 1000]
    with pytest.raises(interlock.Full) as caught:
        await orders.push_many(items, timeout=0)
    assert caught.value.accepted == 3
    assert list(caught.value.items) == items[3:]
    assert (await orders.stats()).depth == 3


async def test_push_waits_for_room(world: World) -> None:
    orders = await world.il.queue(world.name, capacity=4096)
    await orders.push(b"x" * 3000)
    pushing = asyncio.ensure_future(orders.push(b"y" * 3000))
    await world.parked("queue")
    assert len((await orders.pop()).data) == 3000
    assert await pushing == 2
    late = asyncio.ensure_future(orders.push(b"z" * 3000, timeout=1.0))
    await world.parked("queue")
    await world.advance(1.0)
    with pytest.raises(interlock.Full) as caught:
        await late
    assert caught.value.items[0].data == b"z" * 3000


async def test_reject(world: World) -> None:
    orders = await world.il.queue(world.name, max_items=2, overflow="reject")
    with pytest.raises(interlock.Full) as caught:
        await orders.push_many([b"1", b"2", b"3"])
    assert caught.value.items == (b"3",)


async def test_drop_oldest(world: World) -> None:
    orders = await world.il.queue(world.name, max_items=2, overflow=interlock.Overflow.DROP_OLDEST)
    assert (await orders.push_many([b"1", b"2", b"3"])).accepted == 3
    assert [item.data for item in await orders.pop_many(9, timeout=0)] == [b"2", b"3"]


async def test_too_large(world: World) -> None:
    orders = await world.il.queue(world.name, capacity=4096)
    with pytest.raises(interlock.TooLarge) as caught:
        await orders.push(b"x" * 5000, timeout=0)
    assert len(caught.value.items) == 1


async def test_wrong_type(world: World) -> None:
    orders = world.il.queue(world.name)
    with pytest.raises(interlock.WrongType) as caught:
        await orders.push_many([b"good", "text"])
    assert caught.value.field == "items[1].data"
    with pytest.raises(interlock.WrongType):
        await orders.push(5)
    with pytest.raises(interlock.WrongType):
        await orders.pop(timeout="soon")
    with pytest.raises(interlock.Invalid):
        await orders.pop(timeout=-1)
    with pytest.raises(interlock.Invalid):
        await orders.push(b"x", delay=float("nan"))
    assert (await orders.stats()).depth == 0


async def test_config_conflict(world: World) -> None:
    orders = await world.il.queue(world.name, capacity=4096, lease=5.0)
    same = await orders.configure(capacity=4096)
    assert (same.capacity, same.lease, same.overflow) == (4096, 5.0, interlock.Overflow.WAIT)
    with pytest.raises(interlock.ConfigConflict) as caught:
        await world.il.queue(world.name, capacity=8192)
    assert caught.value.field == "capacity_bytes"


async def test_dedupe(world: World) -> None:
    orders = await world.il.queue(world.name, dedupe_window=60.0)
    assert await orders.push(b"one", id="a") == 1
    assert await orders.push(b"one", id="a") == 0
    pushed = await orders.push_many([Item(b"one", "a"), Item(b"two", "b")])
    assert (pushed.accepted, pushed.duplicates) == (2, 1)
    await world.advance(61.0)
    assert await orders.push(b"one", id="a") > 0


async def test_dead_letters(world: World) -> None:
    orders = await world.il.queue(world.name, max_deliveries=2)
    await orders.push(b"poison")
    for _ in range(2):
        await (await orders.pop(lease=10.0, timeout=0)).nack()
    assert await orders.pop_many(1, timeout=0) == []
    assert (await orders.stats()).dead == 1
    dead = await orders.pop(dead_letters=True, timeout=0)
    assert dead.data == b"poison"
    await orders.push(b"poison")
    for _ in range(2):
        await (await orders.pop(lease=10.0, timeout=0)).nack()
    assert await orders.purge(dead_letters=True) == 1


async def test_purge(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3"])
    held = await orders.pop(lease=10.0)
    assert await orders.purge() == 2
    await held.ack()
    assert await orders.stats() == (0, 0, 0, 0, 0, 0)


async def test_close(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"last")
    await orders.close()
    with pytest.raises(interlock.Closed) as caught:
        await orders.push_many([b"more", b"still more"])
    assert caught.value.items == (b"more", b"still more")
    assert (await orders.pop()).data == b"last"
    with pytest.raises(interlock.Closed):
        await orders.pop(timeout=None)


async def test_close_ends_waiting(world: World) -> None:
    orders = world.il.queue(world.name)
    popping = asyncio.ensure_future(orders.pop(timeout=None))
    await world.parked("queue")
    await orders.close()
    with pytest.raises(interlock.Closed):
        await popping


async def test_large_batch(world: World) -> None:
    """More than one request's worth, and more than one reply's."""
    orders = await world.il.queue(world.name, capacity=4 << 20)
    items = [bytes([n]) * 100_000 for n in range(15)]
    assert (await orders.push_many(items, timeout=0)).accepted == 15
    popped: list[bytes] = []
    while got := await orders.pop_many(4, timeout=0):
        popped += [item.data for item in got]
    assert popped == items


async def test_many_producers_and_consumers(world: World) -> None:
    orders = await world.il.queue(world.name, max_items=10)

    async def produce(producer: int) -> None:
        for n in range(40):
            await orders.push(bytes([producer, n]))

    async def consume() -> list[bytes]:
        return [(await orders.pop()).data for _ in range(40)]

    results = await asyncio.gather(*map(produce, range(4)), *(consume() for _ in range(4)))
    popped = sorted(data for part in results if part for data in part)
    assert popped == sorted(bytes([p, n]) for p in range(4) for n in range(40))

"""Going through a queue: acknowledgement, renewal, and what leaving does."""

from __future__ import annotations

import asyncio

import pytest

import interlock
from tests.behaviour.world import World, until


async def test_acks_the_item_before(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3"])
    await orders.close()
    seen = []
    async for item in orders:
        stats = await orders.stats()
        assert stats.leased == 1
        seen.append(item.data)
    assert seen == [b"1", b"2", b"3"]
    assert await orders.stats() == (0, 0, 0, 0, 0, 0)


async def test_timeout_ends_it(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2"])
    assert [item.data async for item in orders.items(timeout=0)] == [b"1", b"2"]
    assert await orders.stats() == (0, 0, 0, 0, 0, 0)


async def test_break_gives_back(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3"])
    async with orders.items() as items:
        async for item in items:
            if item.data == b"2":
                break
    stats = await orders.stats()
    assert (stats.depth, stats.leased) == (2, 0)
    again = await orders.pop(timeout=0)
    assert (again.data, again.attempt) == (b"2", 2)


async def test_bare_break_gives_back(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2"])
    async for item in orders:
        assert item.data == b"1"
        break
    del item

    async def back() -> bool:
        return bool((await orders.stats()).depth == 2)

    await until(back)


async def test_exception_gives_back(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"1")
    with pytest.raises(ZeroDivisionError):
        async with orders.items() as items:
            async for _ in items:
                raise ZeroDivisionError
    assert (await orders.stats()).depth == 1


async def test_settled_by_the_body(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"keep", b"back"])
    async with orders.items(timeout=0) as items:
        async for item in items:
            if item.data == b"back":
                await item.nack(delay=60.0)
            else:
                await item.ack()
    stats = await orders.stats()
    assert (stats.depth, stats.delayed, stats.leased) == (0, 1, 0)


async def test_prefetch(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([bytes([n]) for n in range(10)])
    seen = []
    async with orders.items(prefetch=4, timeout=0) as items:
        async for item in items:
            seen.append(item.data[0])
            if len(seen) == 6:
                break
    assert seen == [0, 1, 2, 3, 4, 5]
    stats = await orders.stats()
    assert (stats.depth, stats.leased) == (5, 0)
    assert (await orders.pop(timeout=0)).data == bytes([5])


async def test_renewal(world: World) -> None:
    """The lease is real time's third long in beats, and virtual time's whole long in the queue."""
    orders = world.il.queue(world.name)
    await orders.push(b"slow")
    lease = 0.3
    async with orders.items(lease=lease) as items:
        async for item in items:
            for _ in range(3):
                await world.advance(lease * 0.9)
                entries = await world.entries("queue")

                async def renewed(before: int = entries) -> bool:
                    return await world.entries("queue") > before

                await until(renewed)
            assert (await orders.stats()).leased == 1
            await item.ack()
            break
    assert await orders.stats() == (0, 0, 0, 0, 0, 0)


async def test_client_close_gives_back(world: World) -> None:
    if world.url == "local:":
        pytest.skip("the queue ends with the client")
    async with interlock.aio.open(world.url) as other:
        orders = other.queue(world.name)
        await orders.push(b"1")
        iteration = aiter(orders)
        await anext(iteration)
    assert (await world.il.queue(world.name).stats()).depth == 1


async def test_invalid(world: World) -> None:
    orders = world.il.queue(world.name)
    with pytest.raises(interlock.Invalid):
        orders.items(lease=0)
    with pytest.raises(interlock.Invalid):
        orders.items(prefetch=0)
    with pytest.raises(interlock.Invalid):
        orders.items(timeout=-1)


async def test_subscribe(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3"])
    seen = []
    async with orders.subscribe(credit=2, lease=60.0) as items:
        async for item in items:
            seen.append(item.data)
            await item.ack()
            if len(seen) == 2:
                await orders.push(b"4")
            if len(seen) == 4:
                break
    assert seen == [b"1", b"2", b"3", b"4"]

    async def gone() -> bool:
        return bool(await orders.stats() == (0, 0, 0, 0, 0, 0))

    await until(gone)


async def test_subscription_gives_back(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([b"1", b"2", b"3"])
    async with orders.subscribe(credit=8, lease=60.0) as items:
        async for item in items:
            await item.nack()
            break

    async def back() -> bool:
        stats = await orders.stats()
        return bool(stats.leased + stats.depth == 3 and stats.waiters == 0)

    await until(back)


async def test_subscription_ends_with_the_queue(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push(b"1")
    await orders.close()
    seen = []
    async for item in orders.subscribe():
        seen.append(item.data)
        await item.ack()
    assert seen == [b"1"]


async def test_two_consumers_share(world: World) -> None:
    orders = world.il.queue(world.name)
    await orders.push_many([bytes([n]) for n in range(40)])
    await orders.close()

    async def consume() -> list[int]:
        return [item.data[0] async for item in orders.items(prefetch=3)]

    parts = await asyncio.gather(consume(), consume())
    assert sorted(parts[0] + parts[1]) == list(range(40))

"""Counters."""

from __future__ import annotations

import asyncio

import pytest

import interlock
from tests.behaviour.world import World

MOST = 2**63 - 1


async def test_add(world: World) -> None:
    hits = world.il.counter(world.name)
    assert await hits.add(1) == 1
    assert await hits.add(5, key="home") == 5
    assert await hits.add(-7, key="home") == -2
    assert await hits.get() == 1
    assert await hits.get(key="home") == -2


async def test_absent_is_zero(world: World) -> None:
    assert await world.il.counter(world.name).get(key="never") == 0


async def test_add_many(world: World) -> None:
    hits = world.il.counter(world.name)
    added = await hits.add_many([("a", 1), interlock.Addition("b", 2), ("a", 3)])
    assert added == [("a", 1, True), ("b", 2, True), ("a", 4, True)]
    assert await hits.add_many({"a": 1}) == [("a", 5, True)]
    assert await hits.add_many([]) == []
    assert await hits.get_many(["b", "c", "a"]) == {"b": 2, "c": 0, "a": 5}


async def test_once(world: World) -> None:
    hits = world.il.counter(world.name)
    assert await hits.add(2, once="order-1") == 2
    assert await hits.add(2, once="order-1") == 2
    added = await hits.add_many([interlock.Addition("", 2, "order-1"), interlock.Addition("", 3, "order-2")])
    assert [a.applied for a in added] == [False, True]
    await world.advance(601)
    assert await hits.add(2, once="order-1") == 7


async def test_overflow_applies_nothing(world: World) -> None:
    hits = world.il.counter(world.name)
    await hits.add(MOST, key="full")
    with pytest.raises(interlock.CounterOverflow) as caught:
        await hits.add_many({"other": 1, "full": 1})
    assert caught.value.code == interlock.Code.OUT_OF_RANGE
    assert await hits.get_many(["other", "full"]) == {"other": 0, "full": MOST}


async def test_cas(world: World) -> None:
    hits = world.il.counter(world.name)
    swapped = await hits.cas(0, 9)
    assert swapped and swapped.value == 9
    missed = await hits.cas(0, 10)
    assert not missed and missed.value == 9


async def test_reset(world: World) -> None:
    hits = world.il.counter(world.name)
    await hits.add_many({"a": 1, "b": 2, "c": 3})
    assert await hits.reset(["a", "absent"]) == 1
    assert await hits.reset([]) == 0
    assert await hits.reset("b") == 1
    assert await hits.reset() == 0
    assert await hits.get_many(["a", "b", "c"]) == {"a": 0, "b": 0, "c": 3}
    assert await hits.reset_all() == 1


async def test_list_pages(world: World) -> None:
    hits = world.il.counter(world.name)
    await hits.add_many({f"k{n:02}": n for n in range(25)} | {"other": 1})
    pairs = [pair async for pair in hits.list("k", page_size=10)]
    assert pairs == [(f"k{n:02}", n) for n in range(25)]


async def test_wait_is_answered(world: World) -> None:
    hits = world.il.counter(world.name)
    waiting = asyncio.ensure_future(hits.wait(at_least=3))
    await world.parked("counter")
    await hits.add(2)
    await hits.add(2)
    assert await waiting == 4
    assert await hits.wait(at_most=4, timeout=0) == 4


async def test_wait_times_out(world: World) -> None:
    hits = world.il.counter(world.name)
    with pytest.raises(interlock.TimedOut):
        await hits.wait(at_least=1, timeout=0)
    waiting = asyncio.ensure_future(hits.wait(at_least=1, timeout=5.0))
    await world.parked("counter")
    await world.advance(5.0)
    with pytest.raises(interlock.TimedOut):
        await waiting


async def test_wait_outlives_one_request(world: World) -> None:
    hits = world.il.counter(world.name)
    waiting = asyncio.ensure_future(hits.wait(at_least=1, timeout=None))
    for _ in range(3):
        await world.parked("counter")
        await world.advance(30.0)
    await world.parked("counter")
    await hits.add()
    assert await waiting == 1


@pytest.mark.parametrize("delta", ["1", None, 1.5])
async def test_wrong_type(world: World, delta: object) -> None:
    with pytest.raises(interlock.WrongType) as caught:
        await world.il.counter(world.name).add(delta)
    assert caught.value.field == "delta"
    assert isinstance(caught.value, TypeError)


async def test_invalid(world: World) -> None:
    hits = world.il.counter(world.name)
    with pytest.raises(interlock.Invalid) as before:
        await hits.add(MOST + 1)
    assert before.value.field == "delta"
    with pytest.raises(interlock.Invalid) as inside:
        await hits.add(1, key="k" * 1025)
    assert (inside.value.reason, inside.value.field) == ("INVALID_PROTO", "adds[0].key")
    with pytest.raises(interlock.Invalid) as name:
        await world.il.counter("No Name").add(1)
    assert name.value.reason == "INSTANCE_INVALID"
    with pytest.raises(interlock.Invalid) as token:
        await hits.add_many({"x" * 1025: 1})
    assert token.value.code == interlock.Code.INVALID_ARGUMENT


async def test_many_callers(world: World) -> None:
    hits = world.il.counter(world.name)
    await asyncio.gather(*(hits.add(1, key=str(n % 3)) for n in range(120)))
    assert await hits.get_many(["0", "1", "2"]) == {"0": 40, "1": 40, "2": 40}

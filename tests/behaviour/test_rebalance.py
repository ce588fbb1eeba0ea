"""Consumer groups: the verbs, and members that keep themselves in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import interlock
from interlock import GroupState
from tests.behaviour.world import World, until

TOPICS = {"orders": 6}
LONG = 3600.0
"""Seconds of the placement's time, which the tests move faster than members beat in real time."""


async def joined(world: World, *joins: Any) -> list[Any]:
    """Run joins that are to be answered together, moving time until they are."""
    tasks = [asyncio.ensure_future(join) for join in joins]

    async def answered() -> bool:
        await world.advance(0.1)
        return all(task.done() for task in tasks)

    await until(answered)
    return [await task for task in tasks]


async def test_one_member(world: World) -> None:
    group = world.il.rebalance(world.name)
    assert (await group.describe()).state is GroupState.EMPTY
    (alone,) = await joined(world, group.join("a", TOPICS, session=LONG))
    assert alone.assigned == {"orders": (0, 1, 2, 3, 4, 5)}
    assert alone.revoke == {}
    beat = await group.heartbeat("a", alone.generation)
    assert (beat.state, beat.generation) == (GroupState.STABLE, alone.generation)
    await group.check_generation("a", alone.generation, {"orders": [0, 5]})
    view = await group.describe()
    assert [member.name for member in view.members] == ["a"]
    assert view.topics == TOPICS
    await group.leave("a")
    with pytest.raises(interlock.UnknownMember):
        await group.heartbeat("a", alone.generation)


async def test_fencing(world: World) -> None:
    group = world.il.rebalance(world.name)
    (alone,) = await joined(world, group.join("a", TOPICS, session=LONG))
    with pytest.raises(interlock.Fenced):
        await group.check_generation("a", alone.generation + 1, {"orders": [0]})
    with pytest.raises(interlock.Fenced):
        await group.check_generation("a", alone.generation, {"orders": [6]})
    with pytest.raises(interlock.Fenced):
        await group.check_generation("nobody", alone.generation)


async def test_superseded(world: World) -> None:
    group = world.il.rebalance(world.name)
    first = asyncio.ensure_future(group.join("a", TOPICS, session=LONG))
    await world.parked("rebalance")
    second = asyncio.ensure_future(group.join("a", TOPICS, session=LONG))
    with pytest.raises(interlock.Superseded):
        await first
    await joined(world, second)


async def test_backoff(world: World) -> None:
    group = world.il.rebalance(world.name)
    delays = [await group.backoff("a", retry, "test") for retry in range(12)]
    assert delays == [await group.backoff("a", retry) for retry in range(12)]
    assert 0 < delays[0] <= 0.2
    assert max(delays) <= 10.0
    assert delays[3] > delays[0]


async def test_watch(world: World) -> None:
    group = world.il.rebalance(world.name)
    views = []
    async for view in group.watch():
        views.append(view)
        if len(views) == 1:
            await joined(world, group.join("a", TOPICS, session=LONG))
        if view.generation:
            break
    assert views[0].state is GroupState.EMPTY
    assert [member.name for member in views[-1].members] == ["a"]


class Worker:
    """What a member's callbacks told it."""

    def __init__(self) -> None:
        self.owned: set[int] = set()
        self.log: list[str] = []

    def options(self) -> dict[str, Any]:
        return {
            "session": LONG,
            "rebalance": LONG,
            "heartbeat": 0.01,
            "on_assign": self.assign,
            "on_revoke": self.revoke,
        }

    def assign(self, partitions: dict[str, tuple[int, ...]]) -> None:
        assert not self.owned & set(partitions["orders"])
        self.owned |= set(partitions["orders"])
        self.log.append("assign")

    def revoke(self, partitions: dict[str, tuple[int, ...]]) -> None:
        assert self.owned >= set(partitions["orders"])
        self.owned -= set(partitions["orders"])
        self.log.append("revoke")


async def test_members_share(world: World) -> None:
    """The second member gets its half only after the first gave it up; the rest is not interrupted."""
    group = world.il.rebalance(world.name)
    a, b = Worker(), Worker()
    first, second = group.member("a", TOPICS, **a.options()), group.member("b", TOPICS, **b.options())
    await joined(world, first.__aenter__())
    assert a.owned == set(range(6))
    await joined(world, second.__aenter__())

    async def balanced() -> bool:
        await world.advance(0.01)
        assert not a.owned & b.owned
        return len(a.owned) == len(b.owned) == 3 and first.generation == second.generation

    await until(balanced)
    await first.check()
    await second.check()
    assert a.log == ["assign", "revoke"]
    await second.__aexit__(None, None, None)
    assert b.owned == set()

    async def alone() -> bool:
        await world.advance(0.01)
        return len(a.owned) == 6

    await until(alone)
    await first.__aexit__(None, None, None)
    assert a.owned == set()
    assert (await group.describe()).members == ()


async def test_member_survives_being_dropped(world: World) -> None:
    group = world.il.rebalance(world.name)
    worker, lost = Worker(), []

    def lose(partitions: Any) -> None:
        lost.append(partitions)
        worker.revoke(partitions)

    member = group.member("a", TOPICS, on_lost=lose, **worker.options())
    await joined(world, member.__aenter__())
    await group.leave("a")

    async def back() -> bool:
        await world.advance(0.01)
        return bool(lost) and len(worker.owned) == 6

    await until(back)
    await member.check()
    await member.__aexit__(None, None, None)


async def test_callback_that_fails(world: World) -> None:
    group = world.il.rebalance(world.name)

    def fail(partitions: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await joined(world, group.member("a", TOPICS, session=LONG, on_assign=fail).__aenter__())
    assert (await group.describe()).members == ()

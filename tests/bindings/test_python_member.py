"""A member that is started and closed more than once."""

from __future__ import annotations

import asyncio
import threading

import pytest

import interlock

TOPICS = {"orders": 2}


def _beating() -> int:
    return sum(thread.name == "interlock-member" for thread in threading.enumerate())


def test_a_second_start_does_nothing() -> None:
    before = _beating()
    with interlock.open("local:") as il, il.rebalance("g").member("a", TOPICS) as member:
        assert member.start() is member
        assert (member.generation, _beating()) == (1, before + 1)
    assert _beating() == before


def test_started_again_it_stays() -> None:
    """It beats: the other's join waits for it, and both have a part."""
    with interlock.open("local:") as il:
        group = il.rebalance("g")
        first = group.member("a", TOPICS, heartbeat=0.01, rebalance=20, session=20)
        first.start()
        first.close()
        with first, group.member("b", TOPICS, heartbeat=0.01, rebalance=20, session=20) as second:
            assert len(second.assigned.get("orders", ())) < 2
            assert {member.name for member in group.describe().members} == {"a", "b"}


async def test_by_tasks() -> None:
    async with interlock.aio.open("local:") as il:
        group = il.rebalance("g")
        first = group.member("a", TOPICS, heartbeat=0.01, rebalance=20, session=20)
        assert await first.start() is await first.start()
        await first.close()
        async with first, group.member("b", TOPICS, heartbeat=0.01, rebalance=20, session=20):
            assert {member.name for member in (await group.describe()).members} == {"a", "b"}
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert "interlock-member" not in names


async def test_a_failure_is_raised_by_the_first_close_alone() -> None:
    def fail(partitions: object) -> None:
        raise RuntimeError("no")

    async with interlock.aio.open("local:") as il:
        group = il.rebalance("g")
        member = group.member("a", TOPICS, heartbeat=0.01, on_lost=fail)
        await member.start()
        await group.leave("a")
        while "interlock-member" in [task.get_name() for task in asyncio.all_tasks()]:
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await member.close()
        await member.close()
        with pytest.raises(RuntimeError):
            await member.check()

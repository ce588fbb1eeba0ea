"""What `close` does to calls that wait, the same wherever the instances are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import interlock
from interlock_host.engine import Engine
from tests.behaviour.daemon import serving


class Place(NamedTuple):
    """Where the instances are."""

    url: str
    options: interlock.OpenOptions


@pytest.fixture(params=["local", "shared", "unix", "grpc"])
def place(request: pytest.FixtureRequest, urls: dict[str, str]) -> Iterator[Place]:
    if request.param != "shared":
        yield Place(urls[request.param], {})
        return
    engine = Engine()  # stays open behind its clients
    yield Place("local:", {"engine": engine})
    assert engine.parked_calls() == 0
    engine.close()


async def _parked(queue: interlock.aio.Queue, count: int) -> None:
    """Return when so many calls are parked; bounded to fail rather than hang."""
    for _ in range(100_000):
        if (await queue.stats()).waiters == count:
            return
    pytest.fail("nobody waits")


async def _take(queue: interlock.aio.Queue) -> None:
    async for _ in queue:
        pytest.fail("the queue is empty")


async def _watch(il: interlock.aio.Client, began: asyncio.Event) -> None:
    async for _ in il.rebalance("watched").watch():
        began.set()


async def test_tasks_that_wait(place: Place) -> None:
    il = await interlock.aio.open(place.url, **place.options)
    queue, began = il.queue("closing"), asyncio.Event()
    waiting: list[Any] = [
        asyncio.create_task(work)
        for work in (queue.pop(), _take(queue), il.counter("closing").wait(9), _watch(il, began))
    ]
    await _parked(queue, 2)
    await began.wait()
    await il.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [interlock.ClientClosed] * 4
    assert not any(task.cancelled() for task in waiting)


async def test_a_task_group_hears_of_it(place: Place) -> None:
    il = await interlock.aio.open(place.url, **place.options)
    with pytest.raises(BaseExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(il.queue("closing-group").pop())
            await _parked(il.queue("closing-group"), 1)
            await il.close()
    assert caught.group_contains(interlock.ClientClosed)


async def test_a_cancelled_task_stays_cancelled(place: Place) -> None:
    il = await interlock.aio.open(place.url, **place.options)
    began = asyncio.Event()
    waiting = [asyncio.create_task(il.queue("cancelled").pop()), asyncio.create_task(_watch(il, began))]
    await _parked(il.queue("cancelled"), 1)
    await began.wait()
    for task in waiting:
        task.cancel()
    await il.close()
    await asyncio.wait(waiting)
    assert all(task.cancelled() for task in waiting)


def test_threads_that_wait(place: Place) -> None:
    il = interlock.open(place.url, **place.options)
    began = threading.Event()

    def watch() -> None:
        for _ in il.rebalance("watched").watch():
            began.set()

    with ThreadPoolExecutor() as threads:
        waiting: list[Future[Any]] = [threads.submit(watch), threads.submit(il.queue("closing-threads").pop)]
        assert began.wait(20)
        il.close()
        for outcome in waiting:
            with pytest.raises(interlock.ClientClosed):
                outcome.result(20)


def test_a_call_that_is_not_repeated(place: Place) -> None:
    options: interlock.OpenOptions = {**place.options, "retries": 0}
    with interlock.open(place.url, **options) as il, ThreadPoolExecutor() as threads:
        popping = threads.submit(il.queue("closing-once").pop)
        while not il.queue("closing-once").stats().waiters:
            assert not popping.done()
        il.close()
        with pytest.raises(interlock.ClientClosed):
            popping.result(20)


def test_a_host_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is left to its lease: nobody who ends a program waits until the host is back."""
    with serving(tmp_path) as (url, _):
        il = interlock.open(url, retries=2)
        il.queue("gone").push(b"one")
        consumer = il.queue("gone").items()
        next(consumer)
    pauses: list[float] = []
    monkeypatch.setattr(il.driver, "pause", pauses.append)
    il.close()
    assert len(pauses) == 2


async def test_a_host_that_is_gone_from_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path) as (url, _):
        il = await interlock.aio.open(url, retries=2)
        await il.queue("gone").push(b"one")
        consumer = aiter(il.queue("gone").items())
        await anext(consumer)
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", pause)
    await il.close()
    assert len(pauses) == 2

"""Callers that go away: nothing leased is lost, nothing stays parked."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import interlock
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine
from tests.behaviour.world import DaemonClock, LocalClock, World, until


@pytest.fixture
async def tasks(placement: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world of the asyncio client: only tasks can be cancelled."""
    if placement == "local":
        engine = Engine(clock=VirtualClock(10**18))
        async with interlock.aio.open("local:", engine=engine) as il:
            yield World(il, LocalClock(engine), "local:")
        engine.close()
        return
    url = request.getfixturevalue("virtual_urls")[placement]
    async with interlock.aio.open(url) as il:
        yield World(il, DaemonClock(il), url)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_parked_pop(tasks: World) -> None:
    orders = tasks.il.queue(tasks.name)
    popping = asyncio.ensure_future(orders.pop(lease=60.0))
    await tasks.parked("queue")
    await _cancelled(popping)
    await tasks.parked("queue", 0)
    await orders.push(b"one")
    assert (await orders.pop(timeout=0)).attempt == 1


async def test_pop_cancelled_as_it_is_answered(tasks: World) -> None:
    """The answer and the cancellation meet in one turn of the loop."""
    orders = tasks.il.queue(tasks.name)
    for _ in range(20):
        popping = asyncio.ensure_future(orders.pop(lease=3600.0))
        await tasks.parked("queue")
        pushing = asyncio.ensure_future(orders.push(b"one"))
        await asyncio.sleep(0)
        popping.cancel()
        await pushing
        with contextlib.suppress(asyncio.CancelledError):
            await (await popping).nack()

        async def there() -> bool:
            stats = await orders.stats()
            # Over gRPC an answer may be on its way when the client hangs up: then the lease runs out.
            if stats.leased and tasks.url != "local:":
                await tasks.advance(3600.0)
            return bool((await orders.stats()).depth == 1)

        await until(there)
        assert len(await orders.pop_many(2, timeout=0)) == 1


async def test_parked_wait(tasks: World) -> None:
    waiting = asyncio.ensure_future(tasks.il.counter(tasks.name).wait(at_least=1))
    await tasks.parked("counter")
    await _cancelled(waiting)
    await tasks.parked("counter", 0)


async def test_parked_push_pushes_nothing_later(tasks: World) -> None:
    orders = await tasks.il.queue(tasks.name, max_items=1)
    await orders.push(b"one")
    pushing = asyncio.ensure_future(orders.push(b"two"))
    await tasks.parked("queue")
    await _cancelled(pushing)
    await tasks.parked("queue", 0)
    assert [item.data for item in await orders.pop_many(9, timeout=0)] == [b"one"]
    assert await orders.pop_many(9, timeout=0) == []


async def test_iteration(tasks: World) -> None:
    orders = tasks.il.queue(tasks.name)
    await orders.push_many([b"1", b"2", b"3"])
    in_body = asyncio.Event()

    async def consume() -> None:
        async with orders.items(prefetch=2) as items:
            async for _ in items:
                in_body.set()
                await asyncio.Event().wait()

    consuming = asyncio.ensure_future(consume())
    await in_body.wait()
    await _cancelled(consuming)
    stats = await orders.stats()
    assert (stats.depth, stats.leased) == (3, 0)


async def test_timeout_around_a_verb(tasks: World) -> None:
    orders = tasks.il.queue(tasks.name)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await orders.pop(lease=60.0)
    await tasks.parked("queue", 0)


async def test_close_ends_parked_calls(tasks: World) -> None:
    other = interlock.aio.open(tasks.url)
    async with other:
        popping = asyncio.ensure_future(other.queue(tasks.name).pop())
        if tasks.url == "local:":
            while not (await other.queue(tasks.name).stats()).waiters:
                await asyncio.sleep(0)
        else:
            await tasks.parked("queue")
    with pytest.raises((interlock.Error, asyncio.CancelledError)):
        await popping
    with pytest.raises(interlock.ClientClosed):
        await other.queue(tasks.name).stats()


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """SIGINT means what it does on a terminal; what a shell starts in its background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_interrupt(placement: str, real_urls: dict[str, str]) -> None:
    """Ctrl-C in a client for threads."""
    with interlock.open(real_urls[placement]) as il:
        orders = il.queue("interrupted")

        def interrupt() -> None:
            while orders.stats().waiters != 1:
                pass
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            orders.pop(lease=60.0, timeout=20.0)
        thread.join()
        while orders.stats().waiters:
            pass
        orders.push(b"one")
        assert orders.pop(timeout=0).attempt == 1

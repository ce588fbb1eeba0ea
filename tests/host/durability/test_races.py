"""What threads do to each other at the worst moment, each made to happen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest

import interlock
from interlock.queue.v1 import queue_pb2
from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.durability.retention import trim
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import Failure, HostError
from interlock_host.journal.committer import Committer
from interlock_host.journal.failures import JournalFailed
from interlock_host.journal.journal import Journal
from interlock_host.journal.scan import scan
from interlock_host.server.front import Front
from tests.host.conftest import START_NS
from tests.host.durability.world import Called, World
from tests.host.snapshot.memory_disk import MemoryDisk

LONGEST = 30.0
"""Seconds; what takes longer hangs."""


@pytest.fixture
def world() -> World:
    return World()


def fail(world: World) -> None:
    """The disk is full, and the journal finds out."""
    world.disk.room = 0
    assert not world.sync()
    world.disk.room = None


def test_what_was_lost_never_leaves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry is appended, the journal fails, and only then its record comes to the barrier."""
    world.add(1)
    world.sync()
    barrier = world.life.store.barrier
    appended, told = threading.Event(), threading.Event()
    hold, end = barrier.hold, barrier.fail

    def late(lsn: int, deliveries: Iterable[tuple[Call, Record]]) -> None:
        appended.set()
        assert told.wait(LONGEST)
        hold(lsn, deliveries)

    def first(durable: int, failure: Failure) -> None:
        end(durable, failure)
        told.set()

    monkeypatch.setattr(barrier, "hold", late)
    monkeypatch.setattr(barrier, "fail", first)
    called: list[Called] = []
    caller = threading.Thread(target=lambda: called.append(world.add(10)), daemon=True)
    caller.start()
    assert appended.wait(LONGEST)
    fail(world)
    caller.join(LONGEST)
    assert world.life.store.resume()
    for _ in range(5):
        world.add(1, instance="b")  # of the same LSNs
    world.sync()
    assert called[0].reason == "JOURNAL_FAILED"
    assert world.value() == 1


def test_what_was_lost_is_not_saved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot waits for its last entry; the journal fails, goes on, and reaches the same LSN again."""
    world.add(1)
    world.sync()
    world.add(10)
    store = world.life.store
    sync = store.sync

    def fail_first(lsn: int) -> None:
        monkeypatch.setattr(store, "sync", sync)
        fail(world)
        assert store.resume()
        for _ in range(5):
            world.add(1, instance="b")
        world.sync()
        sync(lsn)

    monkeypatch.setattr(store, "sync", fail_first)
    assert not world.instance().save()
    world.crash()
    assert world.recovered.refused == []
    assert world.value() == 1


def test_a_delete_that_fails_leaves_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal fails behind a DELETE, and tells the instances before the delete looks."""
    world.add(1)
    world.sync()
    forget = world.life.forget

    def fail_first(instance: Any) -> None:
        other = threading.Thread(target=fail, args=(world,), daemon=True)
        other.start()
        other.join(0.1)  # where it can come through, it does; else it waits for this delete
        forget(instance)

    monkeypatch.setattr(world.life, "forget", fail_first)
    with pytest.raises(HostError, match="failed to write"):
        world.engine.delete("counter", "a")
    while not world.life.store.resume():
        pass
    assert world.value() == 1
    world.crash()
    assert world.value() == 1


def test_a_delete_happens_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two delete at once: the second finds the first one's instance, and leaves the next of that name."""
    world.add(1)
    first = world.instance()
    world.engine.delete("counter", "a")
    world.add(5)
    with monkeypatch.context() as patch, pytest.raises(HostError) as caught:
        patch.setattr(world.engine, "instance", lambda *_: first)
        world.engine.delete("counter", "a")
    assert caught.value.failure.reason == "NOT_FOUND"
    world.sync()
    assert world.value() == 5


def test_the_last_retry_leaves_without_the_barrier(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """To take the call from its module may wait for the disk; so records must be able to go out."""
    request = queue_pb2.PopRequest(instance="q", max_items=1, wait_ms=60_000).SerializeToString()
    path = "/interlock.queue.v1.QueueService/Pop"
    first, second = (world.call(path, request, b"same") for _ in range(2))
    instance, free = world.instance("queue", "q"), []
    cancel = type(instance).cancel

    def watched(self: Any, *arguments: Any) -> None:
        def look() -> None:
            lock = world.life.store.barrier.lock
            free.append(lock.acquire(blocking=False))
            if free[-1]:
                lock.release()

        looking = threading.Thread(target=look)
        looking.start()
        looking.join()
        cancel(self, *arguments)

    monkeypatch.setattr(type(instance), "cancel", watched)
    first.call.cancel(CancelReason.DISCONNECT)
    second.call.cancel(CancelReason.DISCONNECT)
    assert free == [True, True]
    assert world.engine.parked_calls() == 0


def test_it_wakes_while_it_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot is there, and the journal behind it gone, after the older one was read."""
    world = World(options=StoreOptions(segment_bytes=100, snapshots_kept=1))
    for saved in (True, False, False):
        world.add(1)
        world.sync()
        assert not saved or world.instance().save()
    place = "interlock_host.durability.store.scan"

    def late(disk: Any, **options: Any) -> Any:
        monkeypatch.setattr(place, scan)
        assert world.instance().save()
        world.add(1, instance="b")
        world.sync()
        trim(world.life)
        return scan(disk, **options)

    monkeypatch.setattr(place, late)
    instance = world.instance()
    history = world.life.store.history(instance.id, instance.last_lsn)
    assert history.damage == ""
    assert history.snapshot is not None
    assert history.snapshot.lsn == instance.last_lsn


def test_nobody_waits_for_what_was_discarded() -> None:
    journal = Journal(MemoryDisk())

    def failed(failure: JournalFailed) -> None:
        raise AssertionError(failure)

    committer = Committer(journal, lambda lsn: None, failed)
    durable: list[bool] = []
    waiter = threading.Thread(target=lambda: durable.append(committer.wait(5)), daemon=True)
    waiter.start()
    waiter.join(LONGEST)
    assert durable == [False]
    committer.close()


async def test_records_reach_the_loop_in_order() -> None:
    """What another thread handed over a moment ago comes before what the loop's own thread has."""
    engine = Engine(EngineConfig(), clock=VirtualClock(START_NS))
    front, heard = Front(engine, None), []  # type: ignore[arg-type, var-annotated]
    other = threading.Thread(target=front.on_loop, args=(heard.append, "first"))
    other.start()
    other.join()
    front.on_loop(heard.append, "second")
    assert heard == ["first", "second"]
    engine.close()


async def test_an_answer_that_comes_after_its_caller_left() -> None:
    """A task is cancelled while the disk has not taken its leased item yet: the item goes back."""
    store = Store(MemoryDisk(), threads=False)
    engine = Engine(EngineConfig(), clock=VirtualClock(START_NS), store=store)
    async with interlock.aio.open("local:", engine=engine) as il:
        orders = il.queue("orders")

        async def synced(work: Any) -> Any:
            task = asyncio.ensure_future(work)
            while not task.done():
                await asyncio.sleep(0)
                store.flush()
            return task.result()

        await synced(orders.push(b"one"))
        popping = asyncio.ensure_future(orders.pop(timeout=0.0, lease=60.0))
        while not len(store.barrier):
            await asyncio.sleep(0)
        popping.cancel()
        await asyncio.wait([popping])
        store.flush()  # now the answer is there, and goes back in the loop's next turn
        await asyncio.sleep(0)
        assert (await synced(orders.stats())).leased == 0
        assert (await synced(orders.pop(timeout=0.0))).data == b"one"
    engine.close()

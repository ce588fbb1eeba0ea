"""The in-process placement: threads, forks, interrupts, metrics, the event loop."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import interlock
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine


def _waiters(orders: interlock.Queue, count: int) -> None:
    """Return when so many calls are parked; bounded to fail rather than hang."""
    for _ in range(1_000_000):
        if orders.stats().waiters == count:
            return
    pytest.fail("nobody waits")


def _together(count: int, work: Callable[[int], Any]) -> None:
    """Run `work` on so many threads, which begin at the same moment."""
    barrier = threading.Barrier(count)
    failures: list[BaseException] = []

    def run(index: int) -> None:
        barrier.wait()
        try:
            work(index)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_one_client_many_threads() -> None:
    with interlock.open("local:") as il:
        hits = il.counter("hits")

        def work(index: int) -> None:
            for n in range(200):
                hits.add(1, key=str(n % 7))
                hits.add(1, key=f"own-{index}")

        _together(8, work)
        values = dict(hits.list())
        assert sum(value for key, value in values.items() if not key.startswith("own-")) == 1600
        assert [values[f"own-{index}"] for index in range(8)] == [200] * 8


def test_producers_and_consumers() -> None:
    with interlock.open("local:") as il:
        orders = il.queue("orders", max_items=8)
        popped: list[bytes] = []

        def work(index: int) -> None:
            for n in range(100):
                if index % 2:
                    orders.push(bytes([index, n]))
                else:
                    popped.append(orders.pop().data)

        _together(6, work)
        assert sorted(popped) == sorted(bytes([index, n]) for index in (1, 3, 5) for n in range(100))


def test_opened_twice_shares_nothing() -> None:
    with interlock.open("local:") as one, interlock.open("local:") as two:
        one.counter("hits").add(1)
        assert two.counter("hits").get() == 0


def test_given_engine_is_shared_and_stays_open() -> None:
    engine = Engine(clock=VirtualClock(1))
    with interlock.open("local:", engine=engine) as one, interlock.open("local:", engine=engine) as two:
        one.counter("hits").add(1)
        assert two.counter("hits").get() == 1
    with interlock.open("local:", engine=engine) as three:
        assert three.counter("hits").get() == 1
    engine.close()


def test_closed() -> None:
    il = interlock.open("local:")
    hits = il.counter("hits")
    il.close()
    il.close()
    with pytest.raises(interlock.ClientClosed):
        hits.add(1)


def test_close_ends_parked_calls() -> None:
    il = interlock.open("local:")
    orders = il.queue("orders")
    caught: list[BaseException] = []

    def pop() -> None:
        try:
            orders.pop()
        except interlock.Error as error:
            caught.append(error)

    thread = threading.Thread(target=pop)
    thread.start()
    _waiters(orders, 1)
    il.close()
    thread.join()
    # What the parked call is told; or, if the retry was first, that there is no client.
    assert isinstance(caught[0], interlock.Unavailable | interlock.ClientClosed)


def test_fork() -> None:
    with interlock.open("local:") as il:
        hits = il.counter("hits")
        hits.add(1)
        child = os.fork()
        if not child:
            try:
                hits.get()
            except interlock.WrongProcess:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert hits.get() == 1


def test_left_iteration_is_freed() -> None:
    """A renewal thread that held its consumer would keep the item of every loop that was left."""
    with interlock.open("local:") as il:
        orders = il.queue("orders")
        orders.push(b"1")
        consumer = orders.items()
        seen = weakref.ref(consumer)
        next(consumer)
        del consumer
        gc.collect()
        assert seen() is None
        assert orders.stats().depth == 1


def _samples(il: Any) -> dict[tuple[str, str, str], float]:
    return {
        (s.labels["wasm_module"], s.labels["method"], s.labels["status"]): s.value
        for family in il.metrics.collect()
        if family.name == "wasm_metric_counter"
        for s in family.samples
        if s.name.endswith("_total")
    }


def test_metrics() -> None:
    with interlock.open("local:") as il:
        il.counter("hits").add(1)
        il.counter("hits").add(1)
        with pytest.raises(interlock.TimedOut):
            il.queue("orders").pop(timeout=0)
        with pytest.raises(interlock.Invalid):
            il.counter("No").get()
        samples = _samples(il)
        assert samples[("counter", "Add", "OK")] == 2
        assert samples[("queue", "Pop", "OK")] == 1
        assert samples[("counter", "Get", "INVALID_ARGUMENT")] == 1
        names = {family.name for family in il.metrics.collect()}
        assert names >= {"wasm_metric_latency_seconds", "interlock_instances", "interlock_module_value"}


def test_metrics_off() -> None:
    with interlock.open("local:", metrics=False) as il:
        il.counter("hits").add(1)
        with pytest.raises(interlock.Invalid):
            _ = il.metrics


async def test_metrics_of_asyncio() -> None:
    async with interlock.aio.open("local:") as il:
        await il.counter("hits").add(1)
        assert _samples(il)[("counter", "Add", "OK")] == 1


async def test_loop_is_not_starved() -> None:
    async with interlock.aio.open("local:") as il:
        hits = il.counter("hits")
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        for _ in range(640):
            await hits.add(1)
        task.cancel()
        assert turns >= 20


async def test_open_by_await() -> None:
    il = await interlock.aio.open("local:")
    assert await il.counter("hits").add(1) == 1
    await il.close()
    with pytest.raises(interlock.ClientClosed):
        await il.counter("hits").add(1)


async def test_closed_before_it_was_open() -> None:
    il = interlock.aio.open("local:")
    with pytest.raises(interlock.ClientClosed):
        _ = il.metrics
    await il.close()
    with pytest.raises(interlock.ClientClosed):
        await il.counter("hits").add(1)


async def test_lazy_settings() -> None:
    """A queue that nobody awaited still sends its settings, before anything else."""
    async with interlock.aio.open("local:") as il:
        orders = il.queue("orders", max_items=1, overflow="reject")
        with pytest.raises(interlock.Full):
            await orders.push_many([b"1", b"2"])


async def test_asyncio_has_the_same_words() -> None:
    for name in ("Counter", "Queue", "Group", "Client", "Delivery", "Membership"):
        of_threads, of_tasks = getattr(interlock, name), getattr(interlock.aio, name)
        for verb, member in vars(of_threads).items():
            if not verb.startswith("_") and inspect.isfunction(member):
                assert getattr(of_tasks, verb).__doc__, f"{name}.{verb}"


def test_import_is_light() -> None:
    """Importing the client imports neither engine, gRPC, asyncio nor prometheus_client."""
    heavy = "{'wasmtime', 'grpc', 'asyncio', 'prometheus_client', 'interlock_host', 'opentelemetry'}"
    code = f"import interlock, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

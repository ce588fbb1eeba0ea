"""Unary calls through a real server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from interlock.queue.v1 import queue_pb2
from interlock_host.clock import RunClock, VirtualClock
from interlock_host.server import loop_driver
from interlock_host.server.loop_driver import LoopDriver
from tests.host import probe
from tests.host.serving import Served, refused, serving

QUEUE = "interlock.queue.v1.QueueService"


async def queue(served: Served, method: str, reply: Any, **fields: Any) -> Any:
    request = getattr(queue_pb2, f"{method}Request")(instance="orders", **fields)
    return reply.FromString(await served.unary(method, QUEUE)(request.SerializeToString()))


async def stats(served: Served) -> queue_pb2.StatsResponse:
    found = await queue(served, "Stats", queue_pb2.StatsResponse)
    assert isinstance(found, queue_pb2.StatsResponse)
    return found


async def test_answered_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert await served.call("Echo", b"hello") == probe.message(b"hello")


async def test_answered_later(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        await served.call("Release", b"now")
        assert probe.data_of(await waiting) == b"now"


async def test_module_error(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await served.call("Refuse")
        assert failure == {
            "code": "FAILED_PRECONDITION", "text": "shut", "reason": "PROBE_SHUT", "domain": "test.probe.v1",
            "field": "data", "module": "probe",
        }  # fmt: skip


async def test_host_error(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await served.unary("Echo")(b"")
        assert (failure["code"], failure["reason"]) == ("INVALID_ARGUMENT", "INSTANCE_MISSING")
        assert (failure["domain"], failure["field"]) == ("interlock", "instance")


async def test_trap(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        async with refused() as failure:
            await served.call("Trap")
        assert (failure["code"], failure["module"]) == ("INTERNAL", "probe")
        assert failure["text"] == "probe trapped: wasm trap: wasm `unreachable` instruction executed"
        async with refused() as failure:
            await waiting
        assert (failure["code"], failure["reason"]) == ("UNAVAILABLE", "INSTANCE_RESTARTED")
        assert await served.call("Echo", b"anew") == probe.message(b"anew")


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"])
async def test_unknown_method(tmp_path: Path, kind: str) -> None:
    async with serving(tmp_path) as served:
        request = iter([b""]) if kind.startswith("stream") else b""
        call: Any = getattr(served.channel, kind)("/acme.absent.v1.AbsentService/Do")(request)
        async with refused() as failure:
            await (call if kind.endswith("unary") else call.read())
        assert (failure["code"], failure["reason"]) == ("UNIMPLEMENTED", "UNKNOWN_METHOD")


async def test_too_large(tmp_path: Path) -> None:
    async with serving(tmp_path, limits={"max_message_bytes": 1000}) as served:
        async with refused() as failure:
            await served.call("Echo", bytes(2000))
        assert (failure["code"], failure["reason"]) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")


async def test_deadline_reaches_the_module(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await served.call("Wait", timeout=0.05)
        assert failure["code"] == "DEADLINE_EXCEEDED"
        await served.all_ended()
        assert await served.parked() == (0, 1)


async def test_disconnect_reaches_the_module(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        call = served.unary("Wait")(probe.message(), timeout=60)
        waiting = asyncio.ensure_future(call)
        await served.until_parked(1)
        waiting.cancel()
        await served.all_ended()
        assert await served.parked() == (0, 2)


async def test_lost_connection_reaches_the_module(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with grpc.aio.insecure_channel(served.target) as channel:
            other = Served(served.daemon, channel)
            waiting = asyncio.ensure_future(other.call("Wait"))
            await served.until_parked(1)
        await served.all_ended()
        assert await served.parked() == (0, 2)
        assert (await asyncio.gather(waiting, return_exceptions=True))[0] is not None


async def test_no_leased_item_is_lost(tmp_path: Path) -> None:
    """Half of the consumers go while items come; each item is on lease or still there."""
    async with serving(tmp_path) as served:
        request = queue_pb2.PopRequest(instance="orders", max_items=1, wait_ms=60_000, lease_ms=60_000)
        pops = [
            asyncio.ensure_future(served.unary("Pop", QUEUE)(request.SerializeToString())) for _ in range(40)
        ]
        while (await stats(served)).waiters < 40:
            pass
        pushes = []
        for pop in pops[::2]:
            pop.cancel()
            pushes.append(queue(served, "Push", queue_pb2.PushResponse, items=[queue_pb2.Item(data=b"x")]))
        await asyncio.gather(*pushes)
        for pop in pops:
            pop.cancel()
        await served.all_ended()
        found = await stats(served)
        assert found.waiters == 0
        assert found.depth + found.leased == 20


async def test_timers_run_on_the_loop(tmp_path: Path) -> None:
    """Nobody calls while the Pop waits: the driver alone can end it."""
    async with serving(tmp_path) as served:
        found = await queue(served, "Pop", queue_pb2.PopResponse, wait_ms=20)
        assert list(found.items) == []


async def test_slow_module_leaves_the_loop_alone(tmp_path: Path) -> None:
    """The module spins for its whole budget of a second; the host answers others meanwhile."""
    async with serving(tmp_path, limits={"entry_budget_ms": 1000}) as served:
        spinning = asyncio.ensure_future(served.call("Spin"))
        await stats(served)
        assert not spinning.done()
        async with refused() as failure:
            await spinning
        assert failure["code"] == "INTERNAL"


async def test_slow_module_calls(tmp_path: Path) -> None:
    async with serving(tmp_path, limits={"entry_budget_ms": 1000}) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        await served.call("Release", b"now")
        assert probe.data_of(await waiting) == b"now"
        async with refused() as failure:
            await served.call("Wait", timeout=0.05)
        assert failure["code"] == "DEADLINE_EXCEEDED"
        await served.all_ended()
        await served.until_parked(0)


async def test_fault_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks in the host is told to its log, and to the caller only that it broke."""
    async with serving(tmp_path) as served:

        def broken(*_: object) -> None:
            raise RuntimeError("a secret of the host")

        monkeypatch.setattr(served.daemon.engine, "start", broken)
        async with refused() as failure:
            await served.call("Echo")
        assert (failure["code"], failure["text"]) == ("INTERNAL", "this host failed; its log says how")


@pytest.mark.parametrize("offload", [False, True])
async def test_timers_outlive_a_fault(monkeypatch: pytest.MonkeyPatch, offload: bool) -> None:
    monkeypatch.setattr(loop_driver, "RETRY_NS", 0)
    ran = asyncio.Event()
    faults = iter([RuntimeError("once")])
    loop = asyncio.get_running_loop()

    def run_due() -> None:
        for fault in faults:
            raise fault
        loop.call_soon_threadsafe(ran.set)

    driver = LoopDriver(RunClock())
    with ThreadPoolExecutor(1) as threads:
        driver.bind(run_due, threads if offload else None)
        driver.schedule(0)
        await asyncio.wait_for(ran.wait(), 30)
    driver.close()


async def test_driver_keeps_the_earliest() -> None:
    """A later deadline does not put off an earlier one, whichever comes first."""
    due: asyncio.Queue[int] = asyncio.Queue()
    driver = LoopDriver(VirtualClock(0))
    driver.bind(lambda: due.put_nowait(1))
    for at in (10**18, 0, 10**18):
        driver.schedule(at)
    assert await asyncio.wait_for(due.get(), 30) == 1
    driver.close()

"""Streams through a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from interlock_host.calls import FINAL, MESSAGE, Record
from interlock_host.server.outflow import Outflow
from tests.host import probe
from tests.host.serving import Served, refused, serving

MIB = 1 << 20
NEARLY_MIB = MIB - 100
PATH: Any = f"/{probe.SERVICE}/"


def watch(served: Served, **options: Any) -> Any:
    return served.channel.unary_stream(PATH + "Watch")(probe.message(), **options)


def collect(served: Served, messages: Any) -> Any:
    return served.channel.stream_unary(PATH + "Collect")(messages)


def chat(served: Served) -> Any:
    return served.channel.stream_stream(PATH + "Chat")()


async def test_server_stream(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        watching = watch(served)
        await served.until_parked(1)
        for text in (b"one", b"two"):
            await served.call("Publish", text)
        await served.call("Finish")
        assert [probe.data_of(message) async for message in watching] == [b"one", b"two"]


async def test_client_stream(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        messages = iter([probe.message(b"first"), probe.message(b"last")])
        reply = await collect(served, messages)
        assert probe.data_of(reply) == b"last"


async def test_both_streams(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        talk = chat(served)
        for text in (b"one", b"two"):
            await talk.write(probe.message(text))
            assert probe.data_of(await talk.read()) == text
        await talk.done_writing()
        assert await talk.read() is grpc.aio.EOF


async def test_empty_stream(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await collect(served, iter([]))
        assert (failure["code"], failure["reason"]) == ("INVALID_ARGUMENT", "STREAM_EMPTY")


async def test_instance_changed(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        messages = iter([probe.message(), probe.message(instance="two")])
        async with refused() as failure:
            await collect(served, messages)
        assert (failure["code"], failure["reason"]) == ("INVALID_ARGUMENT", "INSTANCE_CHANGED")
        assert (await served.parked())[0] == 0


async def test_stream_deadline(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await watch(served, timeout=0.05).read()
        assert failure["code"] == "DEADLINE_EXCEEDED"
        await served.all_ended()
        assert await served.parked() == (0, 1)


async def test_stream_disconnect(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        watching = watch(served)
        await served.until_parked(1)
        watching.cancel()
        await served.all_ended()
        assert await served.parked() == (0, 2)


async def test_client_goes_in_the_middle(tmp_path: Path) -> None:
    """The client of a bidirectional stream goes while the host waits for its next message."""
    async with serving(tmp_path) as served:
        talk = chat(served)
        await talk.write(probe.message(b"one"))
        await talk.read()
        talk.cancel()
        await served.all_ended()
        assert await served.parked() == (0, 2)


@pytest.mark.parametrize("budget", [10, 1000], ids=["on the loop", "off the loop"])
async def test_slow_consumer(tmp_path: Path, budget: int) -> None:
    """The client never reads: its HTTP/2 window fills, then the host's, then the stream ends."""
    window = 4
    async with serving(tmp_path, limits={"stream_window": window, "entry_budget_ms": budget}) as served:
        watching = watch(served)
        await served.until_parked(1)
        published = 0
        while (await served.parked())[0]:
            await served.call("Publish", bytes(NEARLY_MIB))
            published += 1
            assert published < 100
        assert await served.parked() == (0, 2)
        taken = 0
        async with refused() as failure:
            async for _ in watching:
                taken += 1
        assert (failure["code"], failure["reason"]) == ("RESOURCE_EXHAUSTED", "SLOW_CONSUMER")
        assert published - taken > window


async def test_reader_that_keeps_up(tmp_path: Path) -> None:
    """Far more than the window goes through, as long as the client takes it."""
    async with serving(tmp_path, limits={"stream_window": 2}) as served:
        watching = watch(served)
        await served.until_parked(1)
        for number in range(50):
            await served.call("Publish", str(number).encode())
            assert probe.data_of(await watching.read()) == str(number).encode()


async def test_shutdown_ends_streams(tmp_path: Path) -> None:
    """A watcher is told, whether its stream reached an instance or not."""

    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with serving(tmp_path) as served:
        watching = watch(served)
        collecting = collect(served, silent())
        await served.until_parked(1)
        while len(served.daemon.front.open) < 2:
            await served.parked()
        stopping = asyncio.ensure_future(served.daemon.stop())
        for call in (watching.read(), collecting):
            async with refused() as failure:
                await call
            assert (failure["code"], failure["reason"]) == ("UNAVAILABLE", "SHUTTING_DOWN")
        await stopping


async def test_outflow_bound() -> None:
    out = Outflow(window=2)
    for number in range(2):
        out.put(Record(0, MESSAGE, bytes([number])))
    assert not out.overflowed.is_set()
    out.put(Record(0, MESSAGE, b"2"))
    assert out.overflowed.is_set()
    out.put(Record(0, FINAL, b""))
    assert out.end is None


async def test_outflow_order() -> None:
    out = Outflow(window=2)
    out.put(Record(0, MESSAGE, b"one"))
    out.put(Record(0, FINAL | MESSAGE, b"two"))
    assert [await out.take(), await out.take(), await out.take()] == [b"one", b"two", None]

"""A gRPC server that falls over a path which is no text: what its successor takes over, and what it keeps."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from tests.host import probe
from tests.host.secured import Authority, secured
from tests.host.serving import Served, serving, until
from tests.stress import raw_http2 as h2
from tests.stress.raw_http2 import Connection

FALLEN = 8
"""Fallen servers that a listener keeps."""


async def bring_down(
    connection: Connection, answers: Callable[[], Awaitable[bytes]], stream: int = 1
) -> None:
    """Make the server fall, and wait for the next one."""
    block = h2.literals(h2.request_fields(b"/\xff"))
    connection.send(h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block))
    assert (await asyncio.to_thread(connection.ending, stream)).how == "trailers"
    await until(lambda: answered(answers), bool)


async def answered(call: Callable[[], Awaitable[bytes]]) -> bool:
    try:
        await call()
    except grpc.aio.AioRpcError:
        return False
    return True


async def echo(served: Served) -> bytes:
    """Call over a connection of its own."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(served.target, options) as channel:
        call: Any = channel.unary_unary(f"/{probe.SERVICE}/Echo")
        reply: bytes = await call(probe.message(b"hello"))
        return reply


async def test_parked_calls_live_on(tmp_path: Path) -> None:
    async with serving(tmp_path, listen=(f"unix:{tmp_path}/s", "127.0.0.1:0")) as served:
        waiting = asyncio.ensure_future(served.call("Wait", b"as asked"))
        await served.until_parked(1)
        for address in served.daemon.listening * 3:
            with Connection(str(address)) as connection:
                await bring_down(connection, lambda: echo(served))
        assert not waiting.done()
        await served.call("Release", b"done")
        assert probe.data_of(await waiting) == b"done"


async def test_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    async with secured(tmp_path, authority.issue("host", "localhost")) as served:
        context = ssl.create_default_context(cadata=authority.pem.decode())
        context.set_alpn_protocols(["h2"])
        with Connection(f"127.0.0.1:{served.port}", greet=False) as connection:
            plain = connection.socket
            connection.socket = await asyncio.to_thread(
                context.wrap_socket, plain, server_hostname="localhost"
            )
            connection.greet()
            await bring_down(connection, lambda: served.echo(authority.pem))
        assert await served.echo(authority.pem) == b"hello"


async def test_oldest_of_too_many_goes(tmp_path: Path) -> None:
    """Who holds a call on each server that he brings down holds as many as are kept."""
    with contextlib.ExitStack() as stack:
        async with serving(tmp_path) as served:
            for count in range(1, FALLEN + 3):
                connection = stack.enter_context(Connection(served.target))
                connection.call(f"/{probe.SERVICE}/Wait", probe.message())
                await served.until_parked(min(count, FALLEN + 1))
                await bring_down(connection, lambda: echo(served), stream=3)
            await served.until_parked(FALLEN)


async def test_shutdown_reaches_fallen_servers(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        with Connection(served.target) as connection:
            await bring_down(connection, lambda: echo(served))
        await served.daemon.stop()
        assert not served.daemon.front.open
        try:
            assert await waiting == b""  # what the module says to a shutdown
        except grpc.aio.AioRpcError as error:
            # A fallen server closes behind its last answer, and grpc's client does not read what it has
            # been sent if it is just then writing.
            assert error.code() is grpc.StatusCode.UNAVAILABLE

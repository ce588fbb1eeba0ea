"""Real servers for tests: a daemon in this process, on a Unix socket or a port of its own choice."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from interlock_host.cli.target import error_info
from interlock_host.config import HostConfig
from interlock_host.server.daemon import Daemon
from tests.host import probe

MOST_TRIES = 10_000


class Served:
    """A daemon, and a channel to it."""

    def __init__(self, daemon: Daemon, channel: Any) -> None:
        self.daemon = daemon
        self.channel = channel

    @property
    def target(self) -> str:
        """The address that the channel goes to."""
        return str(self.daemon.listening[0])

    def unary(self, method: str, service: str = probe.SERVICE) -> Any:
        """A method of one request and one reply, in bytes."""
        return self.channel.unary_unary(f"/{service}/{method}")

    async def call(self, method: str, data: bytes = b"", **options: Any) -> bytes:
        """Call a unary method of the probe."""
        reply: bytes = await self.unary(method)(probe.message(data), **options)
        return reply

    async def parked(self) -> tuple[int, int]:
        """How many calls the probe holds, and the reason of its last cancel."""
        return probe.count_of(await self.call("Parked"))

    async def until_parked(self, count: int) -> None:
        """Ask the probe until it holds so many calls."""
        await until(self.parked, lambda found: found[0] == count)

    async def all_ended(self) -> None:
        """Wait until grpc is done with every call that waited."""
        assert await self.daemon.front.emptied(30)


async def until(ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> None:
    """Ask again and again, a bounded number of times, until the answer is the wanted one."""
    for _ in range(MOST_TRIES):
        found = await ask()
        if wanted(found):
            return
    raise AssertionError(f"never: the last answer was {found}")


@contextlib.asynccontextmanager
async def serving(
    folder: Path, *, limits: dict[str, int] | None = None, caps: Any = (), **settings: Any
) -> AsyncIterator[Served]:
    """Serve the probe and the standard modules on a Unix socket in `folder`."""
    modules = probe.write_probe(folder / "modules", **(limits or {}))
    told = {
        "listen": (f"unix:{folder}/s",),
        "metrics": "off",
        "modules": (modules,),
        "drain_seconds": 0.0,
        "limits": caps,
    }
    daemon = Daemon(HostConfig(**{**told, **settings}))
    await daemon.start()
    try:
        async with grpc.aio.insecure_channel(str(daemon.listening[0])) as channel:
            yield Served(daemon, channel)
    finally:
        await daemon.stop()


@contextlib.asynccontextmanager
async def refused() -> AsyncIterator[dict[str, Any]]:
    """Expect a call to fail; what it failed with is in the dictionary afterwards."""
    found: dict[str, Any] = {}
    try:
        yield found
    except grpc.aio.AioRpcError as error:
        info = error_info(error)
        found.update(
            code=error.code().name,
            text=error.details(),
            reason=info.reason,
            domain=info.domain,
            **info.metadata,
        )
        return
    raise AssertionError("the call did not fail")

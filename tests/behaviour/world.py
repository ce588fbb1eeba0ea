"""One placement with a virtual clock, seen through one of the clients."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import interlock
from interlock.host.v1 import host_pb2
from interlock_host.engine import Engine
from interlock_host.errors import HostError
from interlock_host.instance import Instance

_HOST = "interlock.host.v1.HostService/"
_numbers = itertools.count()


class Clock(Protocol):
    """The time of a placement, and who waits in it."""

    async def advance(self, seconds: float) -> None:
        """Move time on; what is due happens before this returns."""
        ...

    async def parked(self, module: str, instance: str) -> int:
        """Return how many calls wait in an instance."""
        ...

    async def entries(self, module: str, instance: str) -> int:
        """Return how often an instance was entered."""
        ...


class LocalClock:
    """Of an engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def advance(self, seconds: float) -> None:
        self._engine.advance(round(seconds * 1e9))

    async def parked(self, module: str, instance: str) -> int:
        found = self._find(module, instance)
        return found.parked_calls if found else 0

    async def entries(self, module: str, instance: str) -> int:
        found = self._find(module, instance)
        return found.entries if found else 0

    def _find(self, module: str, name: str) -> Instance | None:
        try:
            return self._engine.instance(module, name)
        except HostError:
            return None


class DaemonClock:
    """Of a daemon that serves with `--clock virtual`."""

    def __init__(self, il: interlock.aio.Client) -> None:
        self._il = il

    async def advance(self, seconds: float) -> None:
        await self._il.call(_HOST + "Advance", host_pb2.AdvanceRequest(by_ns=round(seconds * 1e9)))

    async def parked(self, module: str, instance: str) -> int:
        return (await self._describe(module, instance)).parked_calls

    async def entries(self, module: str, instance: str) -> int:
        return (await self._describe(module, instance)).entries

    async def _describe(self, module: str, instance: str) -> host_pb2.Instance:
        request = host_pb2.DescribeInstanceRequest(module=module, instance=instance)
        try:
            method = _HOST + "DescribeInstance"
            reply = await self._il.call(method, request, host_pb2.DescribeInstanceResponse)
        except interlock.NotFound:
            return host_pb2.Instance()
        return reply.instance


class World:
    """What a test works with.

    `il` is an `interlock.aio.Client`, or an `interlock.Client` behind `Threaded`.
    """

    def __init__(self, il: Any, clock: Clock, url: str) -> None:
        self.il = il
        self.clock = clock
        self.url = url
        self.name = f"t{next(_numbers)}"
        """An instance that no other test uses."""

    async def advance(self, seconds: float) -> None:
        """Move the placement's time on."""
        await self.clock.advance(seconds)

    async def entries(self, module: str) -> int:
        """Return how often the test's instance of a module was entered."""
        return await self.clock.entries(module, self.name)

    async def parked(self, module: str, count: int = 1) -> None:
        """Return when so many calls wait in the test's instance of a module."""

        async def waits() -> bool:
            return await self.clock.parked(module, self.name) == count

        await until(waits)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when the condition holds; the bound is there to fail rather than hang."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0)

"""Placements and clients: every test that takes `world` runs on all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import interlock
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine
from tests.behaviour.daemon import serving
from tests.behaviour.threaded import Threaded
from tests.behaviour.world import DaemonClock, LocalClock, World

PLACEMENTS = ("local", "unix", "grpc")
_START_NS = 10**18


@pytest.fixture(scope="session")
def virtual_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """URLs, by placement, of a daemon whose time moves when told."""
    folder = tmp_path_factory.mktemp("virtual")
    with serving(folder, "--clock", "virtual", "--seed", "1") as urls:
        yield dict(zip(("unix", "grpc"), urls, strict=True))


@pytest.fixture(scope="session")
def real_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """URLs, by placement, with real time."""
    with serving(tmp_path_factory.mktemp("real")) as urls:
        yield dict(zip(PLACEMENTS, ("local:", *urls), strict=True))


@pytest.fixture(params=PLACEMENTS)
def placement(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["threads", "asyncio"])
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def world(placement: str, style: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A placement with a virtual clock, through one of the clients."""
    # Parked calls of the sync client each hold a thread.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))
    if placement == "local":
        engine = Engine(clock=VirtualClock(_START_NS))
        async with _opened(style, "local:", engine) as il:
            yield World(il, LocalClock(engine), "local:")
        engine.close()
        return
    url = request.getfixturevalue("virtual_urls")[placement]
    async with interlock.aio.open(url) as operator, _opened(style, url, None) as il:
        yield World(il, DaemonClock(operator), url)


def _opened(style: str, url: str, engine: Engine | None) -> interlock.aio.Client | Threaded:
    options: interlock.OpenOptions = {"engine": engine} if engine else {}
    if style == "asyncio":
        return interlock.aio.open(url, **options)
    return Threaded(interlock.open(url, **options))

"""What health says of a journal that failed before anybody listened."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

import pytest
from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from interlock_host.server.keeping import Keeping
from tests.host.durability.world import COUNTER, World


async def asked(health: HealthServicer, service: str) -> str:
    context: Any = None
    reply = await health.Check(HealthCheckRequest(service=service), context)
    return str(HealthCheckResponse.ServingStatus.Name(reply.status))


@pytest.mark.parametrize("final", [False, True])
async def test_failed_while_it_started(final: bool) -> None:
    world = World()
    world.add(1)
    step = "sync" if final else "write"
    world.disk.failing = lambda name, path: (
        OSError(errno.EIO, os.strerror(errno.EIO)) if name == step else None
    )
    world.sync()
    health, service = HealthServicer(), COUNTER.strip("/")
    keeping = Keeping(world.life, health)
    keeping.attach()
    for name in ("", service):
        await health.set(name, HealthCheckResponse.SERVING)
    keeping.tell()
    await asyncio.gather(*keeping._tasks)
    assert await asked(health, service) == "NOT_SERVING"
    assert await asked(health, "") == ("NOT_SERVING" if final else "SERVING")
    if not final:
        world.disk.failing = lambda name, path: None
        assert world.life.store.resume()
        await asyncio.sleep(0)  # what is called on the loop
        await asyncio.gather(*keeping._tasks)
        assert await asked(health, service) == "SERVING"

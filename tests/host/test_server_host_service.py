"""HostService, health and reflection through a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from interlock.host.v1 import host_pb2
from interlock.queue.v1 import queue_pb2
from tests.host import probe
from tests.host.serving import Served, refused, serving

HOST = "interlock.host.v1.HostService"
HEALTH = "grpc.health.v1.Health"
SECOND = 1_000_000_000


async def host(served: Served, method: str, **fields: Any) -> Any:
    request = getattr(host_pb2, f"{method}Request")(**fields)
    reply = await served.unary(method, HOST)(request.SerializeToString())
    return getattr(host_pb2, f"{method}Response").FromString(reply)


async def health(served: Served, service: str = "") -> int:
    request = health_pb2.HealthCheckRequest(service=service)
    reply = await served.unary("Check", HEALTH)(request.SerializeToString())
    status: int = health_pb2.HealthCheckResponse.FromString(reply).status
    return status


async def make(served: Served, *names: str) -> None:
    for name in names:
        await served.unary("Echo")(probe.message(instance=name))


async def test_list_modules(tmp_path: Path) -> None:
    async with serving(tmp_path, limits={"stream_window": 7}) as served:
        await make(served, "one", "two")
        modules = {module.name: module for module in (await host(served, "ListModules")).modules}
        found = modules["probe"]
        assert (found.service, found.instances, found.limits.stream_window) == (probe.SERVICE, 2, 7)
        methods = {method.name: method for method in found.methods}
        assert methods["Parked"].read and not methods["Echo"].read
        assert methods["Chat"].client_streaming and methods["Chat"].server_streaming
        assert len(found.digest) == 64


async def test_list_instances_by_pages(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        names = [f"n{number}" for number in range(5)]
        await make(served, "other", *names)
        found, token = [], ""
        while True:
            page = await host(
                served, "ListInstances", module="probe", prefix="n", page_size=2, page_token=token
            )
            found += [instance.name for instance in page.instances]
            token = page.next_page_token
            if not token:
                break
        assert found == names


async def test_list_instances_refusals(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await host(served, "ListInstances", page_token="no token")
        assert (failure["code"], failure["reason"]) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
        async with refused() as failure:
            await host(served, "ListInstances", module="absent")
        assert (failure["code"], failure["reason"]) == ("NOT_FOUND", "NOT_FOUND")


async def test_describe(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        found = await host(served, "DescribeInstance", module="probe", instance="one")
        assert (found.instance.parked_calls, found.instance.state) == (1, host_pb2.INSTANCE_STATE_LIVE)
        assert [(value.name, value.value) for value in found.metrics.values] == [("parked", 1)]
        assert found.deadline_ns == 0 and found.now_ns > 0
        await served.call("Release")
        await waiting


async def test_describe_failed(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for _ in range(3):
            async with refused():
                await served.call("Trap")
        found = await host(served, "DescribeInstance", module="probe", instance="one")
        assert (found.instance.state, found.instance.traps) == (host_pb2.INSTANCE_STATE_FAILED, 3)
        assert found.failure


async def test_delete(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        assert (await host(served, "DeleteInstance", module="probe", instance="one")).cancelled_calls == 1
        async with refused() as failure:
            await waiting
        assert (failure["code"], failure["reason"]) == ("UNAVAILABLE", "INSTANCE_DELETED")
        async with refused() as failure:
            await host(served, "DescribeInstance", module="probe", instance="one")
        assert failure["code"] == "NOT_FOUND"


async def test_drain(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        assert (await host(served, "Drain", wait_ms=1)).remaining_calls == 1
        async with refused() as failure:
            await served.call("Echo")
        assert (failure["code"], failure["reason"]) == ("UNAVAILABLE", "SHUTTING_DOWN")
        assert await health(served, probe.SERVICE) == health_pb2.HealthCheckResponse.NOT_SERVING
        draining = asyncio.ensure_future(host(served, "Drain", wait_ms=60_000))
        await host(served, "DeleteInstance", module="probe", instance="one")
        assert (await draining).remaining_calls == 0
        await asyncio.gather(waiting, return_exceptions=True)


async def test_health(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for service in ("", HOST, probe.SERVICE):
            assert await health(served, service) == health_pb2.HealthCheckResponse.SERVING
        async with refused() as failure:
            await health(served, "acme.absent.v1.AbsentService")
        assert failure["code"] == "NOT_FOUND"


async def test_health_watch_hears_of_the_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        method: Any = served.channel.unary_stream(f"/{HEALTH}/Watch")
        watching = method(health_pb2.HealthCheckRequest().SerializeToString())
        read = health_pb2.HealthCheckResponse.FromString
        assert read(await watching.read()).status == health_pb2.HealthCheckResponse.SERVING
        # Read while it stops: what a client has not taken goes with the connection.
        hears = asyncio.ensure_future(watching.read())
        await served.daemon.stop()
        assert read(await hears).status == health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection(tmp_path: Path, version: str) -> None:
    async with serving(tmp_path) as served:
        method: Any = served.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        )
        asked = method()

        async def ask(**fields: Any) -> reflection_pb2.ServerReflectionResponse:
            await asked.write(reflection_pb2.ServerReflectionRequest(**fields).SerializeToString())
            return reflection_pb2.ServerReflectionResponse.FromString(await asked.read())

        listed = (await ask(list_services="")).list_services_response.service
        assert {probe.SERVICE, HOST, HEALTH} <= {service.name for service in listed}
        for symbol in (probe.SERVICE, "interlock.queue.v1.PushRequest", HOST):
            files = (await ask(file_containing_symbol=symbol)).file_descriptor_response.file_descriptor_proto
            packages = {descriptor_pb2.FileDescriptorProto.FromString(file).package for file in files}
            assert any(symbol.startswith(package) for package in packages)
        assert (await ask(file_containing_symbol="acme.Absent")).error_response.error_code == 5
        await asked.done_writing()


async def test_virtual_clock(tmp_path: Path) -> None:
    """A wait of an hour ends when the clock is moved by an hour, and not before."""
    async with serving(tmp_path, clock="virtual") as served:
        pop = served.unary("Pop", "interlock.queue.v1.QueueService")
        request = queue_pb2.PopRequest(instance="orders", wait_ms=3_600_000)
        waiting = asyncio.ensure_future(pop(request.SerializeToString()))

        async def parked() -> int:
            page = await host(served, "ListInstances", module="queue")
            return sum(instance.parked_calls for instance in page.instances)

        while await parked() == 0:
            pass
        before = (await host(served, "Advance", by_ns=3_599 * SECOND)).now_ns
        assert await parked() == 1
        assert (await host(served, "Advance", by_ns=SECOND)).now_ns == before + SECOND
        assert queue_pb2.PopResponse.FromString(await waiting).items == []


async def test_real_clock_cannot_be_moved(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with refused() as failure:
            await host(served, "Advance", by_ns=1)
        assert failure["code"] == "FAILED_PRECONDITION"


async def test_time_has_an_end(tmp_path: Path) -> None:
    async with serving(tmp_path, clock="virtual") as served:
        async with refused() as failure:
            await host(served, "Advance", by_ns=(1 << 64) - 1)
        assert (failure["code"], failure["field"]) == ("INVALID_ARGUMENT", "by_ns")

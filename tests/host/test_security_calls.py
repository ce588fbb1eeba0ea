"""Who may call what, through a real server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from interlock.host.v1 import host_pb2
from interlock_host.security import access as access_module
from tests.host import probe
from tests.host.secured import bearer, token_entry, write_tokens
from tests.host.serving import Served, refused, serving, until

HOST = "/interlock.host.v1.HostService/"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
ENTRIES = (
    token_entry("all", "*:rw"),
    token_entry("mine", "probe/mine-*:rw"),
    token_entry("reader", "probe:r"),
    token_entry("ops", "host:rw", "reflection:r"),
    token_entry("looker", "host:r"),
)


@contextlib.asynccontextmanager
async def guarded(folder: Path, *entries: str) -> AsyncIterator[Served]:
    async with serving(folder, tokens=write_tokens(folder, *(entries or ENTRIES))) as served:
        yield served


def counted(served: Served, module: str, method: str, status: str) -> float | None:
    labels = {"language": "python", "wasm_module": module, "method": method, "status": status}
    return served.daemon.metrics.registry.get_sample_value("wasm_metric_counter_total", labels)


def instances(served: Served) -> list[str]:
    return [instance.name for instance in served.daemon.engine.instances()]


async def echo(served: Served, token: str, instance: str = "one") -> bytes:
    message = probe.message(b"hello", instance)
    return probe.data_of(await served.unary("Echo")(message, metadata=bearer(token)))


async def test_a_token_opens(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        assert await echo(served, "all-token") == b"hello"
        assert await served.unary("Echo")(probe.message(), metadata=[("authorization", "bEARER all-token")])


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        bearer("wrong"),
        bearer(""),
        bearer("all-token2"),
        bearer("x" * 4_000),
        [("authorization", "all-token")],
        [("authorization", "Basic all-token")],
        [*bearer("all-token"), *bearer("all-token")],
        [*bearer("wrong"), *bearer("all-token")],
        [("authorization-bin", b"Bearer all-token")],
        [("x-authorization", "Bearer all-token")],
    ],
)
async def test_unknown(tmp_path: Path, metadata: Any) -> None:
    async with guarded(tmp_path) as served:
        async with refused() as failure:
            await served.unary("Echo")(probe.message(), metadata=metadata)
        assert (failure["code"], failure["reason"]) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
        assert failure["domain"] == "interlock"
        assert instances(served) == []
        assert counted(served, "probe", "Echo", "UNAUTHENTICATED") == 1


CALLS: dict[str, Callable[[Any], Any]] = {
    "a unary call": lambda c: c.unary_unary(f"/{probe.SERVICE}/Echo")(probe.message()),
    "a unary call that is too large": lambda c: c.unary_unary(f"/{probe.SERVICE}/Echo")(bytes(3 << 20)),
    "a server stream": lambda c: c.unary_stream(f"/{probe.SERVICE}/Watch")(probe.message()).read(),
    "a client stream": lambda c: c.stream_unary(f"/{probe.SERVICE}/Collect")(),
    "both streams": lambda c: c.stream_stream(f"/{probe.SERVICE}/Chat")().read(),
    "a method that is not there": lambda c: c.unary_unary("/no.such.Service/Method")(b""),
    "the host": lambda c: c.unary_unary(HOST + "ListModules")(b""),
    "the host, with what does not parse": lambda c: c.unary_unary(HOST + "Drain")(b"\xff"),
    "reflection": lambda c: c.stream_stream(REFLECTION)().read(),
}


@pytest.mark.parametrize("name", CALLS)
async def test_the_unknown_learn_nothing(tmp_path: Path, name: str) -> None:
    """Whatever they call, served or not, parsing or not: one answer, to the byte, before anything is read."""
    async with guarded(tmp_path) as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await CALLS[name](served.channel)
        error = caught.value
        with pytest.raises(grpc.aio.AioRpcError) as expected:
            await served.unary("Nothing")(b"")
        assert (error.code(), error.details()) == (expected.value.code(), expected.value.details())
        assert list(error.trailing_metadata()) == list(expected.value.trailing_metadata())


async def test_denied(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        assert await echo(served, "mine-token", "mine-1") == b"hello"
        async with refused() as failure:
            await echo(served, "mine-token", "yours")
        assert (failure["code"], failure["reason"]) == ("PERMISSION_DENIED", "PERMISSION_DENIED")
        assert (failure["domain"], failure["module"]) == ("interlock", "probe")
        assert failure["text"] == "no rule lets mine write to probe/yours"
        assert instances(served) == ["mine-1"]
        assert counted(served, "probe", "Echo", "PERMISSION_DENIED") == 1


async def test_denied_the_same_whether_it_exists(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        async with refused() as absent:
            await echo(served, "mine-token", "yours")
        await echo(served, "all-token", "yours")
        async with refused() as present:
            await echo(served, "mine-token", "yours")
        assert absent == present


async def test_a_read_needs_no_more_than_r(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        reply = await served.unary("Parked")(probe.message(), metadata=bearer("reader-token"))
        assert probe.count_of(reply) == (0, 0)
        async with refused() as failure:
            await echo(served, "reader-token")
        assert failure["code"] == "PERMISSION_DENIED"
        assert instances(served) == []


@pytest.mark.parametrize("instance", ["", "Upper", "..", "mine-/x"])
async def test_no_name_is_no_permission(tmp_path: Path, instance: str) -> None:
    async with guarded(tmp_path) as served:
        async with refused() as failure:
            await echo(served, "mine-token", instance)
        assert failure["code"] == "INVALID_ARGUMENT"
        assert instances(served) == []


async def test_the_instance_that_is_checked_is_the_one_that_is_entered(tmp_path: Path) -> None:
    """Field 1 behind another field, twice: the last one counts, for the guard as for the engine."""
    async with guarded(tmp_path) as served:
        twice = b"\x12\x01x\x0a\x06mine-1\x0a\x05yours"
        async with refused() as failure:
            await served.unary("Echo")(twice, metadata=bearer("mine-token"))
        assert failure["code"] == "PERMISSION_DENIED"
        assert instances(served) == []


@pytest.mark.parametrize("method", ["Collect", "Chat", "Watch"])
async def test_streams_are_denied(tmp_path: Path, method: str) -> None:
    async with guarded(tmp_path) as served:
        path: Any = f"/{probe.SERVICE}/{method}"
        message, metadata = probe.message(b"", "yours"), bearer("mine-token")
        async with refused() as failure:
            # Not closed by the client: where the end of the call comes between, grpc.aio calls that INTERNAL.
            if method == "Collect":
                collecting = served.channel.stream_unary(path)(metadata=metadata)
                await collecting.write(message)
                await collecting
            elif method == "Chat":
                talk = served.channel.stream_stream(path)(metadata=metadata)
                await talk.write(message)
                await talk.read()
            else:
                await served.channel.unary_stream(path)(message, metadata=metadata).read()
        assert failure["code"] == "PERMISSION_DENIED"
        assert instances(served) == []
        assert counted(served, "probe", method, "PERMISSION_DENIED") == 1


async def test_streams_pass(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        talk = served.channel.stream_stream(f"/{probe.SERVICE}/Chat")(metadata=bearer("mine-token"))
        for text in (b"one", b"two"):
            await talk.write(probe.message(text, "mine-1"))
            assert probe.data_of(await talk.read()) == text
        await talk.write(probe.message(b"", "yours"))
        async with refused() as failure:
            await talk.read()
        assert failure["reason"] == "INSTANCE_CHANGED"


async def test_a_stream_without_permission_is_told_at_its_first_message(tmp_path: Path) -> None:
    """A token that is revoked between the opening of a stream and its first message opens nothing."""
    async with guarded(tmp_path) as served:
        talk = served.channel.stream_stream(f"/{probe.SERVICE}/Chat")(metadata=bearer("mine-token"))
        await talk.wait_for_connection()
        write_tokens(tmp_path, token_entry("all", "*:rw"))
        served.daemon.security.check_files()
        async with refused() as failure:
            await talk.write(probe.message(b"", "mine-1"))
            await talk.read()
        assert failure["code"] == "UNAUTHENTICATED"
        assert instances(served) == []


async def test_health_is_open(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        check = served.channel.unary_unary("/grpc.health.v1.Health/Check")
        answer = health_pb2.HealthCheckResponse.FromString(await check(b""))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_host_is_ruled(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        await echo(served, "all-token")
        delete: Any = served.channel.unary_unary(HOST + "DeleteInstance")
        request = host_pb2.DeleteInstanceRequest(module="probe", instance="one").SerializeToString()
        for token in ("all", "looker"):
            async with refused() as failure:
                await delete(request, metadata=bearer(f"{token}-token"))
            assert failure["code"] == "PERMISSION_DENIED"
        assert instances(served) == ["one"]
        assert counted(served, "host", "DeleteInstance", "PERMISSION_DENIED") == 2
        found = await served.channel.unary_unary(HOST + "ListInstances")(b"", metadata=bearer("looker-token"))
        assert [i.name for i in host_pb2.ListInstancesResponse.FromString(found).instances] == ["one"]
        await delete(request, metadata=bearer("ops-token"))
        assert instances(served) == []


@pytest.mark.parametrize("verb", ["DeleteInstance", "Drain", "Advance"])
async def test_admin_verbs_are_writes(tmp_path: Path, verb: str) -> None:
    async with guarded(tmp_path) as served:
        async with refused() as failure:
            await served.channel.unary_unary(HOST + verb)(b"", metadata=bearer("looker-token"))
        assert failure["code"] == "PERMISSION_DENIED"
        assert not served.daemon.engine.draining


async def test_reflection_is_ruled(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        request = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
        reflect = served.channel.stream_stream(REFLECTION)
        async with refused() as failure:
            await reflect(metadata=bearer("all-token")).read()
        assert failure["code"] == "PERMISSION_DENIED"
        answer = await reflect(iter([request]), metadata=bearer("ops-token")).read()
        listed = reflection_pb2.ServerReflectionResponse.FromString(answer).list_services_response
        assert probe.SERVICE in [service.name for service in listed.service]


async def test_revoked(tmp_path: Path) -> None:
    """What has begun goes on; what comes is refused."""
    async with guarded(tmp_path) as served:
        wait = served.unary("Wait")(probe.message(b"", "mine-1"), metadata=bearer("mine-token"))
        asking = {"metadata": bearer("all-token")}

        async def parked() -> int:
            return probe.count_of(await served.unary("Parked")(probe.message(b"", "mine-1"), **asking))[0]

        await until(parked, lambda count: count == 1)
        write_tokens(tmp_path, token_entry("all", "*:rw"))
        served.daemon.security.check_files()
        async with refused() as failure:
            await echo(served, "mine-token", "mine-1")
        assert failure["code"] == "UNAUTHENTICATED"
        await served.unary("Release")(probe.message(b"still here", "mine-1"), **asking)
        assert probe.data_of(await wait) == b"still here"


async def test_fewer_rules_count_from_the_next_call_on(tmp_path: Path) -> None:
    """A decision that was remembered is forgotten with the file that it came from."""
    async with guarded(tmp_path) as served:
        await echo(served, "mine-token", "mine-1")
        write_tokens(tmp_path, token_entry("mine", "probe/mine-2:rw"))
        served.daemon.security.check_files()
        async with refused() as failure:
            await echo(served, "mine-token", "mine-1")
        assert failure["code"] == "PERMISSION_DENIED"


async def test_a_damaged_file_changes_nothing(tmp_path: Path) -> None:
    async with guarded(tmp_path) as served:
        write_tokens(tmp_path, "[[tokens]")
        served.daemon.security.check_files()
        assert await echo(served, "all-token") == b"hello"
        labels = {"file": "tokens", "outcome": "failed"}
        assert served.daemon.metrics.registry.get_sample_value("interlock_reloads_total", labels) == 1


async def test_files_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anybody who asks; and one look that breaks is not the last."""
    monkeypatch.setattr("interlock_host.security.setup.POLL_SECONDS", 0)
    async with guarded(tmp_path) as served:
        looks = asyncio.Semaphore(0)

        def look() -> None:
            looks.release()
            raise RuntimeError

        monkeypatch.setattr(served.daemon.security, "check_files", look)
        for _ in range(3):
            await looks.acquire()


async def test_remembered_decisions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "_DECISIONS", 8)
    async with guarded(tmp_path) as served:
        for number in range(20):
            async with refused():
                await echo(served, "mine-token", f"yours-{number}")
        assert served.daemon.security.guard is not None
        decided: Any = served.daemon.security.guard.access.allows
        assert decided.cache_info().currsize == 8
        before = decided.cache_info().hits
        await echo(served, "mine-token", "mine-1")
        await echo(served, "mine-token", "mine-1")
        assert decided.cache_info().hits == before + 1

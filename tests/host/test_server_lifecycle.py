"""Where a host listens, what it refuses to serve, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from interlock.queue.v1 import queue_pb2
from interlock_host.config import ConfigError, HostConfig, InstanceRule, LimitsRule
from interlock_host.errors import ModuleError
from interlock_host.module import CAPS
from interlock_host.server.address import parse_address
from interlock_host.server.daemon import Daemon
from tests.host import probe
from tests.host.serving import Served, refused, serving, until

MIB = 1 << 20


@contextlib.asynccontextmanager
async def process(
    folder: Path, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any, Any]]:
    """Run `interlock serve` with the probe; yield the process, its ready line and a channel."""
    modules = probe.write_probe(folder / "modules", stream_window=4)
    command = "from interlock_host.cli.main import main; main()"
    arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--listen",
        f"unix:{folder}/s",
        "--metrics",
        "127.0.0.1:0",
    ]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", command, *arguments, "--modules", str(modules),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    assert running.stdout is not None
    try:
        ready = json.loads(await running.stdout.readline())
        async with grpc.aio.insecure_channel(ready["listen"][0]) as channel:
            yield running, ready, channel
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


def parked_of(channel: Any) -> Any:
    async def ask() -> int:
        return probe.count_of(await channel.unary_unary(f"/{probe.SERVICE}/Parked")(probe.message()))[0]

    return ask


async def start(**settings: Any) -> Daemon:
    told: dict[str, Any] = {"listen": ("127.0.0.1:0",), "metrics": "off"}
    daemon = Daemon(HostConfig(**{**told, **settings}))
    await daemon.start()
    return daemon


async def test_ready_line(tmp_path: Path) -> None:
    async with process(tmp_path) as (running, ready, _):
        assert list(ready) == ["event", "listen", "metrics"]
        assert ready["event"] == "ready"
        assert ready["listen"][1] == f"unix:{tmp_path}/s"
        ports = [parse_address(text).port for text in (ready["listen"][0], ready["metrics"])]
        assert all(ports) and ready["listen"][0].startswith("127.0.0.1:")
        running.send_signal(signal.SIGTERM)
        out, _ = await running.communicate()
        assert (running.returncode, out) == (0, b"")
        assert not (tmp_path / "s").exists()


async def test_sigterm_drains(tmp_path: Path) -> None:
    """1,000 calls are parked: each is answered by its module, and the process ends within its bound."""
    async with process(tmp_path, INTERLOCK_DRAIN_SECONDS="0.2") as (running, _, channel):
        wait = channel.unary_unary(f"/{probe.SERVICE}/Wait")
        waiting = [asyncio.ensure_future(wait(probe.message())) for _ in range(1000)]
        watching = channel.unary_stream(f"/{probe.SERVICE}/Watch")(probe.message())
        await until(parked_of(channel), lambda count: count == 1001)
        running.send_signal(signal.SIGTERM)
        assert await asyncio.gather(*waiting) == [b""] * 1000
        async with refused() as failure:
            await watching.read()
        assert (failure["code"], failure["reason"]) == ("UNAVAILABLE", "SHUTTING_DOWN")
        assert await asyncio.wait_for(running.wait(), 30) == 0


@pytest.mark.parametrize(
    ("closed", "told"), [("<&-", "stdout"), (">&-", "stderr"), ("<&- >&-", "stderr"), ("2>&-", "stdout")]
)
def test_closed_standard_files(tmp_path: Path, closed: str, told: str) -> None:
    """It serves until it is told to stop, and what is open says so."""
    command = [
        sys.executable, "-m", "interlock_host", "serve", "--listen", f"unix:{tmp_path}/s",
        "--metrics", "off", "--log-format", "json",
    ]  # fmt: skip
    with subprocess.Popen(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        lines = getattr(running, told)
        assert any('"event":"ready"' in line or '"event": "serving"' in line for line in lines)
        running.send_signal(signal.SIGTERM)
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 0, out + errors


async def test_calls_that_end_in_time_are_not_cancelled(tmp_path: Path) -> None:
    async with serving(tmp_path, drain_seconds=60) as served:
        waiting = asyncio.ensure_future(served.call("Wait", b"as asked"))
        await served.until_parked(1)
        stopping = asyncio.ensure_future(served.daemon.stop())
        await until(lambda: _draining(served), bool)
        call = next(iter(served.daemon.front.open))
        call.instance.start(call.method.module.methods["Release"], probe.message(b"done"), None)
        assert probe.data_of(await waiting) == b"done"
        await stopping


async def _draining(served: Served) -> bool:
    await asyncio.sleep(0)
    return served.daemon.engine.draining


async def test_second_signal_ends_at_once(tmp_path: Path) -> None:
    async with process(tmp_path, INTERLOCK_DRAIN_SECONDS="600") as (running, _, channel):
        waiting = asyncio.ensure_future(channel.unary_unary(f"/{probe.SERVICE}/Wait")(probe.message()))
        await until(parked_of(channel), lambda count: count == 1)
        assert running.stderr is not None
        running.send_signal(signal.SIGINT)
        async for line in running.stderr:
            if b'"draining"' in line:
                break
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 30) == 1
        await asyncio.gather(waiting, return_exceptions=True)


async def test_slow_consumer_memory(tmp_path: Path) -> None:
    """A client that never reads is sent 200 MiB; the host keeps none of it."""
    async with (
        process(tmp_path) as (running, _, channel),
        grpc.aio.insecure_channel(f"unix:{tmp_path}/s") as other,
    ):
        watch: Any = other.unary_stream(f"/{probe.SERVICE}/Watch")
        watching = watch(probe.message())
        await until(parked_of(channel), lambda count: count == 1)
        before = _resident_bytes(running.pid)
        publish = channel.unary_unary(f"/{probe.SERVICE}/Publish")
        for _ in range(200):
            await publish(probe.message(bytes(MIB - 100)))
        assert _resident_bytes(running.pid) - before < 60 * MIB
        watching.cancel()


def _resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


async def test_socket_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "run" / "s"
    daemon = await start(listen=(f"unix:{path}",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await daemon.stop()
    assert not path.exists()


async def test_running_host_keeps_its_socket(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        with pytest.raises(ConfigError, match="another interlock serves there"):
            await start(listen=(served.target,))
        assert await served.call("Echo", b"still") == probe.message(b"still")


async def test_dead_hosts_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    async with serving(tmp_path) as served:
        assert await served.call("Echo", b"new") == probe.message(b"new")


async def test_other_programs_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(ConfigError, match="another program"):
            await start(listen=(f"unix:{path}",))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="no socket"):
        await start(listen=(f"unix:{tmp_path}/file",))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_port_in_use(capfd: pytest.CaptureFixture[str], host: str) -> None:
    """It is said by us, with a way out, and by nobody else."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = f"^listen: cannot listen at {host}:{port}: Address already in use; --listen {host}:0 takes "
        with pytest.raises(ConfigError, match=said):
            await start(listen=(f"{host}:{port}",))
        said = f"^metrics: cannot .*:{port}: .*in use; --metrics {host}:0 takes .*, --metrics off none$"
        with pytest.raises(ConfigError, match=said):
            await start(metrics=f"{host}:{port}")
    assert "add_port" not in capfd.readouterr().err


async def test_no_port_of_this_machine() -> None:
    with pytest.raises(ConfigError, match=r"listen at 192\.0\.2\.1:7070: Cannot assign requested address$"):
        await start(listen=("192.0.2.1:7070",), insecure=True)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:7070", "example.org:7070"])
async def test_public_address(address: str) -> None:
    with pytest.raises(ConfigError, match="--insecure"):
        await start(listen=(address,))
    with pytest.raises(ConfigError, match="--insecure"):
        await start(metrics=address)


async def test_insecure() -> None:
    daemon = await start(listen=("0.0.0.0:0",), insecure=True)
    assert daemon.listening[0].port
    await daemon.stop()


@pytest.mark.parametrize("writable", ["modules", "modules/probe.wasm"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
async def test_folder_written_by_others(tmp_path: Path, writable: str, mode: int) -> None:
    folder = probe.write_probe(tmp_path / "modules")
    path = tmp_path / writable
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(ConfigError, match=r"others.*chmod go-w"):
        await start(modules=(folder,))


async def test_service_served_twice(tmp_path: Path) -> None:
    folder = probe.write_probe(tmp_path / "modules")
    (folder / "again.wasm").write_bytes((folder / "probe.wasm").read_bytes())
    with pytest.raises(ModuleError, match="is served already"):
        await start(modules=(folder,))


async def test_cache(tmp_path: Path) -> None:
    await (await start(cache=tmp_path / "cache")).stop()
    assert len(list((tmp_path / "cache").glob("*.cwasm"))) == 3


async def test_caps(tmp_path: Path) -> None:
    rules = (LimitsRule("prob*", dataclasses.replace(CAPS, stream_window=3)), LimitsRule("*", CAPS))
    async with serving(tmp_path, limits={"stream_window": 50}, caps=rules) as served:
        assert served.daemon.engine.modules["probe"].limits.stream_window == 3
        assert served.daemon.engine.modules["queue"].limits.stream_window > 3


async def test_instance_settings(tmp_path: Path) -> None:
    rule = InstanceRule("queue", "orders-*", {"capacity_bytes": 4096, "overflow": "OVERFLOW_REJECT"})
    async with serving(tmp_path, instances=(rule,)) as served:
        configure = served.unary("Configure", "interlock.queue.v1.QueueService")
        for name, capacity in (("orders-1", 4096), ("other", 1 << 20)):
            request = queue_pb2.ConfigureRequest(instance=name).SerializeToString()
            assert queue_pb2.ConfigureResponse.FromString(await configure(request)).capacity_bytes == capacity


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (InstanceRule("absent"), "no module 'absent'"),
        (
            InstanceRule("queue", "*", {"capacity": 1}),
            "unknown setting 'capacity'; known are capacity_bytes, ",
        ),
        (InstanceRule("queue", "*", {"instance": "other"}), "unknown setting 'instance'"),
        (InstanceRule("queue", "*", {"lease_ms": -1}), "lease_ms: -1 is not a whole number from 0 to 4,294,"),
        (InstanceRule("queue", "*", {"lease_ms": "5s"}), "lease_ms: '5s' is not a whole number"),
        (
            InstanceRule("queue", "*", {"overflow": "OVERFLOW"}),
            "overflow: 'OVERFLOW' is not one of OVERFLOW_W",
        ),
        (InstanceRule("probe", "*", {"x": 1}), "no ConfigureRequest"),
    ],
)
async def test_instance_settings_refused(tmp_path: Path, rule: InstanceRule, said: str) -> None:
    folder = probe.write_probe(tmp_path / "modules")
    with pytest.raises(ConfigError, match=said):
        await start(modules=(folder,), instances=(rule,))


async def test_settings_that_a_module_refuses(tmp_path: Path) -> None:
    """They are tried before anyone calls, and named, with the file and the rule."""
    config = {"max_items": 5, "capacity_bytes": 99_999_999_999, "lease_ms": 1}
    rules = (
        InstanceRule("queue", "small", {"capacityBytes": 4096}),
        InstanceRule("queue", "o*", config, where="i.toml: [[instances]] 2, queue/o*"),
    )
    said = r"^i\.toml: \[\[instances\]\] 2, queue/o\*: queue refuses capacity_bytes = 99999999999$"
    with pytest.raises(ConfigError, match=said):
        await start(instances=rules)


async def test_limits_of_no_module(tmp_path: Path) -> None:
    rules = (LimitsRule("*", CAPS), LimitsRule("quueue", CAPS, "i.toml: [[limits]] 2, quueue"))
    with pytest.raises(ConfigError, match=r"^i\.toml: .*: no module 'quueue' is served; .*counter, queue"):
        await start(limits=rules)


async def test_too_many_instances(tmp_path: Path) -> None:
    async with serving(tmp_path, max_instances=1) as served:
        await served.call("Echo")
        async with refused() as failure:
            await served.unary("Echo")(probe.message(instance="two"))
        assert (failure["code"], failure["reason"]) == ("RESOURCE_EXHAUSTED", "TOO_MANY_INSTANCES")


async def test_socket_where_others_write(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match=f"others may write to {folder}"):
        await start(listen=(f"unix:{folder}/run/s",))
    folder.chmod(0o1777)
    await (await start(listen=(f"unix:{folder}/run/s",))).stop()

"""The processes that are measured: our daemon, a bare gRPC echo, Redis. All on loopback."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


@contextlib.contextmanager
def daemon(data: Path | None = None, environment: dict[str, str] | None = None) -> Iterator[str]:
    """`interlock serve`, as it is by default; its address.

    Args:
        data: Its data directory; None keeps nothing.
        environment: Its environment, if not that of this process.
    """
    command = [sys.executable, "-m", "interlock_host", "serve", "--listen", "127.0.0.1:0",
               "--metrics", "127.0.0.1:0", "--log-level", "warning"]  # fmt: skip
    if data is not None:
        command += ["--data", str(data)]
    with _running(command, environment) as process:
        yield json.loads(_line(process))["listen"][0]


@contextlib.contextmanager
def echo(loop: str) -> Iterator[str]:
    """A bare `grpc.aio` server that answers each call with its own bytes; its address.

    Args:
        loop: "asyncio", which it has if nobody says otherwise, or "uvloop", which the daemon has.
    """
    with _running([sys.executable, str(Path(__file__).parent / "echo_server.py"), loop]) as process:
        yield f"127.0.0.1:{int(_line(process))}"


@contextlib.contextmanager
def redis(disk: Path | None = None) -> Iterator[int | None]:
    """Debian's Redis; its port, or None where it is not installed.

    Args:
        disk: Where it keeps its log, synced before it answers; None keeps nothing.
    """
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(dir=disk) as folder:
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
        if disk is not None:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        with _running(command):
            _wait_for(port)
            yield port


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)  # a peer that says nothing when it is ready
    raise TimeoutError("Redis does not answer")

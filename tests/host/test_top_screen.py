"""What `interlock top` shows, and that it leaves the terminal as it was."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock_host.errors import PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE
from interlock_host.top.source import why_no_tls
from tests.host.secured import Authority, secured, token_entry, write_tokens
from tests.host.serving import serving

COMMAND = (sys.executable, "-m", "interlock_host", "top")
PATIENCE_SECONDS = 30


async def run(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    return process.returncode or 0, out.decode(), err.decode()


async def test_once(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await served.call("Echo")
        metrics = str(served.daemon.metrics_address)
        code, out, err = await run("--once", "--interval", "0.1", "--metrics", metrics)
        assert (code, err) == (0, "")
        rows = {tuple(line.split()[:2]): line.split() for line in out.splitlines()}
        assert rows["KIND", "NAME"][6:] == ["CALLS", "PARKED", "INSTANCES", "MEMORY", "TRAPS", "VALUES"]
        assert rows["module", "probe"][6:9] == ["1", "0", "1"]
        assert rows["language", "python"][6] == rows["method", "probe.Echo"][6] == "1"


async def test_json(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await served.call("Echo")
        metrics = f"http://{served.daemon.metrics_address}"
        code, out, _ = await run(
            "--count", "2", "--interval", "0.1", "--output", "json", "--metrics", metrics
        )
        first, second = map(json.loads, out.splitlines())
        assert code == 0 and first["up"] and second["time"] > first["time"]
        assert second["modules"]["probe"]["instances"] == 1
        assert second["languages"]["python"]["calls_total"] == 1
        assert second["methods"]["probe.Echo"]["p99_seconds"] is None
        assert second["total"].keys() == second["modules"]["probe"].keys()


async def test_no_host() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: nobody else can answer here
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        code, out, err = await run("--once", "--metrics", address)
    assert (code, out) == (UNAVAILABLE, "")
    why = "Connection refused; start one with: interlock serve"
    assert err == f"Error: UNAVAILABLE: no host answers at {address}: {why} --metrics {address}\n"


async def test_the_port_of_calls_is_no_metrics(tmp_path: Path) -> None:
    async with serving(tmp_path, listen=("127.0.0.1:0",)) as served:
        code, _, err = await run("--once", "--metrics", served.target)
        assert code != 0 and "serves no metrics of Interlock" in err


async def test_tls_and_tokens(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    tokens = write_tokens(tmp_path, token_entry("watcher", "metrics:r"), token_entry("caller", "probe/*:rw"))
    pair = authority.issue("host", "localhost", "127.0.0.1")
    async with secured(tmp_path, pair, metrics="127.0.0.1:0", tokens=tokens) as host:
        url = f"https://{host.daemon.metrics_address}"
        told = ("--once", "--interval", "0.1", "--metrics", url)
        trusted = (*told, "--ca", str(authority.file))
        code, out, err = await run(*trusted, "--token", "watcher-token")
        assert (code, err) == (0, "") and "module" in out
        assert (await run(*trusted))[0] == UNAUTHENTICATED
        assert (await run(*trusted, "--token", "caller-token"))[0] == PERMISSION_DENIED
        code, _, err = await run(*told, "--token", "watcher-token")
        assert code == UNAVAILABLE and err.startswith("Error: UNAVAILABLE: no TLS with ")
        assert "; --ca names the authorities" in err
        _, _, err = await run("--once", "--metrics", url.removeprefix("https://"))
        assert "the connection was closed; if it speaks TLS, add --ca FILE or write https://" in err


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "it wants a client's certificate: add --cert and --key",
        ),
        ("TLSV1_ALERT_UNKNOWN_CA", "unknown ca; it does not trust the certificate of --cert"),
        ("NO_SHARED_CIPHER", "no shared cipher"),
    ],
)
def test_what_a_host_says_of_tls(reason: str, said: str) -> None:
    """Which of these reaches a client, or only the end of the connection, is a race of the two sides."""
    error = ssl.SSLError(1, "words")
    error.reason = reason
    assert why_no_tls(error).endswith(said)


async def test_tls_that_fails(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    pair = authority.issue("host", "localhost")
    trusting = ("--ca", str(authority.file))
    async with secured(tmp_path, pair, metrics="127.0.0.1:0") as host:
        _, _, err = await run("--once", "--metrics", str(host.daemon.metrics_address), *trusting)
        assert "certificate is not valid for '127.0.0.1'\n" in err
    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        _, _, err = await run("--once", "--metrics", f"https://{served.daemon.metrics_address}")
        assert "it may speak plain HTTP: leave out --ca" in err


class Terminal:
    """A terminal of 80 by 24 with `interlock top` in it."""

    def __init__(self, metrics: str, *more: str, term: str = "xterm-256color") -> None:
        self.ours, self.theirs = os.openpty()
        termios.tcsetwinsize(self.theirs, (24, 80))
        self.settings = termios.tcgetattr(self.theirs)
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            (*COMMAND, "--metrics", metrics, "--interval", "0.1", *more),
            stdin=self.theirs, stdout=self.theirs, stderr=self.theirs,
            env=environment | {"TERM": term}, start_new_session=True,
        )  # fmt: skip
        self.seen = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the last end of the other side was closed
            while data := os.read(self.ours, 65_536):
                with self._changed:
                    self.seen += data.decode("utf-8", "replace")
                    self._changed.notify_all()

    def until(self, text: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.seen, PATIENCE_SECONDS), self.seen[-2000:]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        os.close(self.theirs)
        self._reader.join()
        os.close(self.ours)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("how", ["q", "ctrl-c", "terminated"])
async def test_quitting_restores_the_screen(tmp_path: Path, terminals: list[Terminal], how: str) -> None:
    def use(metrics: str) -> None:
        terminal = Terminal(metrics)
        terminals.append(terminal)
        terminal.until("0 calls/s")  # the first interval has ended
        if how == "q":
            os.write(terminal.ours, b"q")
        else:
            terminal.process.send_signal(signal.SIGINT if how == "ctrl-c" else signal.SIGTERM)
        assert terminal.process.wait(PATIENCE_SECONDS) == 0
        terminal.until("\x1b[?1049l")
        assert terminal.seen.index("\x1b[?1049h") < terminal.seen.index("\x1b[?1049l")
        assert termios.tcgetattr(terminal.theirs) == terminal.settings

    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await asyncio.to_thread(use, str(served.daemon.metrics_address))


async def test_a_terminal_that_moves_no_cursor(tmp_path: Path, terminals: list[Terminal]) -> None:
    def use(metrics: str) -> None:
        terminal = Terminal(metrics, "--count", "1", term="dumb")
        terminals.append(terminal)
        assert terminal.process.wait(PATIENCE_SECONDS) == 0
        terminal.until("CALLS/S")
        assert "\x1b" not in terminal.seen

    async with serving(tmp_path, metrics="127.0.0.1:0") as served:
        await asyncio.to_thread(use, str(served.daemon.metrics_address))

"""What `interlock top` shows, and that it leaves the terminal as it was."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import termios
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from interlock_host.errors import PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE
from interlock_host.top.change import Change
from interlock_host.top.picture import picture, spark
from interlock_host.top.reading import Calls, Method, Reading
from interlock_host.top.source import ScrapeError, why_no_tls
from interlock_host.top.watch import Frame
from tests.host.secured import Authority, secured, token_entry, write_tokens
from tests.host.serving import serving

COMMAND = (sys.executable, "-m", "interlock_host", "top")
PATIENCE_SECONDS = 30


def frame(*, calls: int = 1000, error: ScrapeError | None = None, methods: int = 40) -> Frame:
    """An interval of one second with 40 busy methods of three modules, in three languages."""
    old, new = Reading(at=1.0), Reading(at=2.0)
    for index in range(methods):
        module = ("queue", "counter", "rebalance")[index % 3]
        method = Method(("go", "java", "typescript")[index % 3], module, f"CheckGeneration{index}")
        new.calls[Calls(method, "OK")] = calls + index
        new.calls[Calls(method, "FAILED_PRECONDITION")] = 3
        new.latency[method] = {0.001: calls, 0.3: calls + index, float("inf"): calls + index + 3}
    for module in ("queue", "counter", "rebalance"):
        new.instances[module], new.parked[module] = 9999, 123_456
        new.memory[module], new.traps[module] = 999 << 20, 17
        new.values |= {(module, f"value_{index}"): 10**index for index in range(9)}
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    history = {"queue": deque([1.0, 2.0, 0.0, 4.0])}
    return Frame("127.0.0.1:9464", now, 1.0, Change(new, old), error, history)


def drawn(frame: Frame, width: int, height: int) -> list[str]:
    console = Console(
        width=width, height=height, force_terminal=True, color_system=None, legacy_windows=False
    )
    with console.capture() as capture:
        console.print(picture(frame, width, height))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 30), (160, 50), (250, 80), (46, 20)])
def test_it_fits(width: int, height: int) -> None:
    lines = drawn(frame(), width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    heading = next(line for line in lines if line.startswith("module"))
    wanted = ["calls/s", "errors/s", "p50", "p99"]
    wanted += ["parked", "instances", "memory", "traps"] if width >= 80 else []
    wanted += ["latest last"] if width >= 120 else []
    assert [word for word in wanted if word not in heading] == []
    numbers = [line for line in lines if line.startswith(("queue  ", "counter  "))][:2]
    assert not [line for line in numbers if "…" in line]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (20, ["calls/s"]),
        (30, ["calls/s", "p99"]),
        (40, ["calls/s", "errors/s", "p99"]),
        (60, ["parked", "traps", "calls/s", "errors/s", "p50", "p99"]),
    ],
)
def test_a_narrow_terminal_shows_fewer_numbers(width: int, columns: list[str]) -> None:
    """None is cut: 433 of which unit?"""
    lines = drawn(frame(), width, 15)
    assert max(map(len, lines)) <= width
    (heading,) = (line.split() for line in lines if line.startswith("module"))
    assert heading == ["module", *columns]
    numbers = [line for line in lines if line.startswith(("queue  ", "go  "))]
    assert len(numbers) == 3 and not [line for line in numbers[:2] if "…" in line]


def test_a_number_is_shown_whole_or_not() -> None:
    whole = {(f"value_{index}", f"{10**index:,}") for index in range(9)}
    for width in range(20, 130):
        for line in drawn(frame(), width, 15):
            if line.startswith("queue ") and "value" in line:
                words = line.removesuffix(" …").split()[1:]
                assert set(zip(words[::2], words[1::2], strict=True)) <= whole


def test_the_title_keeps_the_source() -> None:
    titles = {width: drawn(frame(), width, 15)[0] for width in (80, 59, 50, 40, 30)}
    assert all(title.startswith("interlock top  127.0.0.1:9464") for title in titles.values())
    assert titles[80].endswith("q quits") and "every 1 s" in titles[59]
    assert titles[50].endswith("q quits") and "every" not in titles[50]
    assert titles[40].count(":") == 3 and titles[30].count(":") == 1


def test_columns_stand_below_each_other() -> None:
    for width in (80, 200):
        headings = [line for line in drawn(frame(), width, 40) if "errors/s" in line]
        assert [line.split()[0] for line in headings] == ["module", "language", "method"]
        assert len({line.index("errors/s") for line in headings}) == 1


def test_no_calls_yet() -> None:
    lines = drawn(frame(methods=0), 80, 24)
    assert "no call has ended yet" in lines
    assert lines[1] == "0 calls/s  51 new traps"


def test_an_outage_keeps_the_last_numbers() -> None:
    error = ScrapeError(UNAVAILABLE, "no host answers at 127.0.0.1:9464")
    lines = drawn(frame(error=error), 80, 24)
    assert "no answer" in lines[0] and lines[1] == str(error)
    assert [line for line in lines if line.startswith("queue ")]


def test_errors_are_named() -> None:
    assert "FAILED_PRECONDITION 120/s" in drawn(frame(), 80, 24)[1]


def test_spark() -> None:
    assert spark([0.0, 1.0, 4.0, 8.0]).plain == " ▂▅█"
    assert spark([]).plain == "" and spark([0.0]).plain == " "


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

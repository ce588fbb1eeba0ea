"""Showing frames: a live picture on a terminal, tables where there is none, JSON for scripts."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from interlock_host.cli.target import print_table
from interlock_host.top.picture import picture
from interlock_host.top.record import record
from interlock_host.top.units import duration, rate, size
from interlock_host.top.watch import Frame

Show = Callable[[Frame], None]

HEADING = (
    "KIND", "NAME", "CALLS/S", "ERRORS/S", "P50", "P99", "CALLS",
    "PARKED", "INSTANCES", "MEMORY", "TRAPS", "VALUES",
)  # fmt: skip


def show_json(frame: Frame) -> None:
    """Print the frame as one line."""
    click.echo(json.dumps(record(frame), separators=(",", ":"), ensure_ascii=False))


def show_lines(frame: Frame) -> None:
    """Print the frame as a table; a missing answer goes to standard error."""
    if frame.error is not None:
        click.echo(f"{frame.time:%H:%M:%S}Z  {frame.error}", err=True)
        return
    change = frame.change
    rows: list[tuple[str, ...]] = [HEADING]
    for kind, name, module in [
        ("all", "", change.total),
        *(("module", *one) for one in change.modules.items()),
    ]:
        held = (f"{module.parked:,}", f"{module.instances:,}", size(module.memory), f"{module.traps:,}")
        values = " ".join(f"{value}={count}" for value, count in module.values.items() if count)
        rows.append((kind, name, *_traffic(module.traffic), *held, values))
    for kind, group in (("language", change.languages), ("method", change.methods)):
        rows += [(kind, name, *_traffic(traffic), "", "", "", "", "") for name, traffic in group.items()]
    print_table(rows)
    sys.stdout.flush()


def _traffic(traffic: Any) -> tuple[str, ...]:
    times = (duration(traffic.p50), duration(traffic.p99))
    return (rate(traffic.calls), rate(traffic.errors), *times, f"{traffic.total:,.0f}")


@contextlib.contextmanager
def live_on(console: Console) -> Iterator[Show]:
    """Draw frames over each other on the terminal's other screen; the first one comes back at the end."""
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:

        def show(frame: Frame) -> None:
            live.update(picture(frame, console.width, console.height), refresh=True)

        yield show


class Keys:
    """The keyboard, and the size of the terminal, while a live picture is up."""

    def __init__(self, resized: Callable[[], None]) -> None:
        self._resized = resized
        self._input = sys.stdin.fileno() if sys.stdin.isatty() else None
        self._woken, self._wake = os.pipe()

    def __enter__(self) -> Keys:
        self._before = termios.tcgetattr(self._input) if self._input is not None else None
        if self._input is not None:
            tty.setcbreak(self._input)
        signal.signal(signal.SIGWINCH, lambda *_: os.write(self._wake, b"w"))
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        if self._input is not None and self._before is not None:
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)
        os.close(self._woken)
        os.close(self._wake)

    def wait(self, seconds: float) -> bool:
        """Pass the time; return True as soon as q is pressed, or nobody can press it any more."""
        due = time.monotonic() + seconds
        watched = [self._woken] + ([self._input] if self._input is not None else [])
        while True:
            ready, _, _ = select.select(watched, [], [], max(0.0, due - time.monotonic()))
            if self._input in ready and os.read(self._input or 0, 1) in (b"q", b"Q", b""):
                return True
            if self._woken in ready:
                os.read(self._woken, 64)
                self._resized()
            if time.monotonic() >= due:
                return False


def sleep(seconds: float) -> bool:
    """Pass the time where there is no keyboard."""
    time.sleep(seconds)
    return False

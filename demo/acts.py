"""The acts of the demo."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import prometheus_client
from rich.console import Console
from rich.table import Table

import interlock
from demo.board import Board
from demo.daemon import Daemon
from demo.failure import DemoFailed
from demo.processes import Plan, Processes
from demo.run import Job
from demo.screen import screen_on
from demo.stock import build_stock
from demo.storm import Model, StormResult, run_storm
from demo.summary import print_calls, total_line
from demo.threads import Threads
from demo.words import Totals, differences
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig

START_NS = 10**18
SHOWN = 10
MODEL = (
    "All groups join at once, then a third of the members die. In virtual time: one coordinator takes"
    f" {Model().entry_ms} ms for a request, and refuses what comes while {Model().backlog} wait."
)


@dataclasses.dataclass
class Corpus:
    """The input, and what is right."""

    files: list[Path]
    most: int | None
    items: int
    totals: Totals


def check(console: Console, found: Totals, corpus: Corpus) -> None:
    """Compare word for word.

    Raises:
        DemoFailed: They differ.
    """
    wrong = differences(found, corpus.totals)
    for line in wrong[:SHOWN]:
        console.print(line, highlight=False, markup=False)
    if wrong:
        raise DemoFailed(f"{len(wrong):,} words have the wrong count")
    console.print(f"words equal: {total_line(found)}", style="bold green", highlight=False)


def through_daemon(console: Console, corpus: Corpus, all_required: bool) -> None:
    """Processes in several languages around a daemon; one is killed."""
    with tempfile.TemporaryDirectory() as folder:
        stock = build_stock(console, Path(folder), all_required)
        plan = Plan(2 if stock else 3, stock, corpus.most, halt_after=max(1, corpus.items // 200))
        board = Board("through the daemon", corpus.items)
        with Daemon() as daemon, interlock.open(daemon.url) as client:
            console.print(f"the daemon serves at {daemon.target} (pid {daemon.pid})", highlight=False)
            crew = Processes(daemon, plan, board)
            with screen_on(console) as screen:
                totals = Job(client, daemon.metrics, crew, board, screen).run()
    print_calls(console, board)
    check(console, totals, corpus)
    _check_recovery(console, crew, board)


def _check_recovery(console: Console, crew: Processes, board: Board) -> None:
    if not crew.halted:
        raise DemoFailed("nobody was killed between its Adds and its Acks")
    if board.again < crew.halted["items"]:
        raise DemoFailed(f"only {board.again} of the {crew.halted['items']} leased items came back")
    if not board.known:
        raise DemoFailed("no addition was refused by its once")
    heirs = ", ".join(f"{partition} to {name}" for partition, name in sorted(board.moved.items()))
    if not heirs:
        raise DemoFailed("the killed consumer's partitions did not move")
    console.print(
        f"{next(iter(board.killed))} was killed between its Adds and its Acks."
        f" Its {crew.halted['items']} leased items came back: {board.known:,} additions for them"
        " were known by their once, and nothing was counted twice."
        f" Its partitions moved: {heirs}.",
        highlight=False,
    )


def in_process(console: Console, corpus: Corpus) -> None:
    """The same producers and consumers on threads, in this process."""
    board = Board("in process", corpus.items)
    with interlock.open("local:") as client, screen_on(console) as screen:
        crew = Threads(client, corpus.files, board)

        def metrics() -> str:
            return prometheus_client.generate_latest(client.metrics).decode()

        totals = Job(client, metrics, crew, board, screen).run()
    print_calls(console, board)
    check(console, totals, corpus)


def storm(console: Console, groups: int = 127) -> None:
    """The rebalance storm, with clients that retry at once and with the Backoff hook.

    Raises:
        DemoFailed: With the hook it did not settle.
    """
    with console.status(f"{groups} groups"):
        at_once, backing_off = (_storm(groups, retry) for retry in ("immediate", "backoff"))
    console.print(MODEL, style="dim", highlight=False)
    console.print(_side_by_side(f"{groups} groups", at_once, backing_off))
    if not backing_off.settled:
        raise DemoFailed("the storm did not settle with the Backoff hook")


def _side_by_side(title: str, at_once: StormResult, backing_off: StormResult) -> Table:
    table = Table(title, box=None, padding=(0, 4, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("retry at once", justify="right")
    table.add_column("Backoff hook", justify="right")
    rows: dict[str, Callable[[StormResult], str]] = {
        "time to settle": lambda r: f"{r.settle_ms / 1000:.2f} s" + ("" if r.settled else " (given up)"),
        "requests": lambda r: f"{r.requests:,}",
        "refused": lambda r: f"{r.refused:,}",
        "longest wait": lambda r: f"{r.longest_wait_ms:,.0f} ms",
        "generations": lambda r: f"{r.generations:,}",
        "partitions moved": lambda r: f"{r.moves:,} ({r.minimum_moves:,} had to)",
    }
    for name, say in rows.items():
        table.add_row(name, say(at_once), say(backing_off))
    return table


def _storm(groups: int, retry: str) -> StormResult:
    engine = Engine(EngineConfig(), clock=VirtualClock(START_NS))
    try:
        return run_storm(engine, groups=groups, retry="backoff" if retry == "backoff" else "immediate")
    finally:
        engine.close()

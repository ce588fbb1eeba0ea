"""The tables at the end of an act."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from demo.board import Board
from demo.picture import duration
from demo.readings import METHODS
from demo.words import Totals


def print_calls(console: Console, board: Board) -> None:
    """Items, calls, rate and latency, by language: all of it read from /metrics."""
    table = Table(box=None, padding=(0, 4, 0, 0), pad_edge=False, header_style="bold")
    for title in ("language", "call", "calls", "a second", "p50", "p99"):
        table.add_column(title, justify="left" if title in {"language", "call"} else "right")
    for language in board.readings.languages():
        items = board.readings.items(language)
        table.add_row(language, "items", f"{items:,}", f"{items / board.working_seconds:,.0f}", style="bold")
        for method in METHODS:
            calls = board.readings.of(language, method)
            if calls.count:
                rate = f"{calls.count / board.working_seconds:,.0f}"
                times = [duration(calls.quantile(q)) for q in (0.5, 0.99)]
                table.add_row("", method, f"{calls.count:,}", rate, *times)
    console.print()
    console.print(table)
    console.print()


def total_line(totals: Totals) -> str:
    return f"{len(totals):,} distinct, {sum(totals.values()):,} total"

"""Showing a running job: a live picture on a terminal, lines where there is none."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live

from demo.board import Board
from demo.picture import picture

LINE_SECONDS = 2.0


class Screen(Protocol):
    def show(self, board: Board) -> None:
        """Bring what is seen up to date."""


class LiveScreen:
    """Draws the board over itself."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, board: Board) -> None:
        self._live.update(Group(*picture(board, self._live.console.height)), refresh=True)


class LineScreen:
    """Prints events as they come, and a line about progress now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = 0
        self._due = 0.0

    def show(self, board: Board) -> None:
        for event in board.events[self._printed :]:
            self._print(event.seconds, event.text)
            self._printed += 1
        now = time.monotonic()
        if now >= self._due and board.done:
            self._due = now + LINE_SECONDS
            rates = [f"{language} {board.rate(language):,.0f}/s" for language in board.readings.languages()]
            self._print(board.seconds, f"{board.done:,} of {board.total:,} items, {', '.join(rates)}")

    def _print(self, seconds: float, text: str) -> None:
        self._console.print(f"{seconds:6.1f} s  {text}", highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def screen_on(console: Console) -> Iterator[Screen]:
    """The screen that suits the console."""
    if not console.is_terminal:
        yield LineScreen(console)
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        yield LiveScreen(live)

"""The picture of a running job, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.board import Board, Event
from demo.job import PARTITIONS

EVENTS = 9
LEGEND = "items that wait in each partition, by the consumer that has it; · is another's"
LEVELS = " ▁▂▃▄▅▆▇█"
STYLES = {"py": "yellow", "python": "yellow", "go": "cyan", "ts": "magenta", "typescript": "magenta"}


def picture(board: Board, height: int) -> Iterator[RenderableType]:
    """Draw the board in so many lines: the latest events have what the tables leave, one at least."""
    members, languages = _members(board), _languages(board)
    yield Text()
    yield _progress(board)
    yield Text(LEGEND, style="dim", no_wrap=True, overflow="ellipsis")
    yield members
    yield Text()
    yield languages
    yield Text()
    room = height - 5 - (1 + members.row_count) - (1 + languages.row_count)
    for event in board.events[-max(1, min(EVENTS, room)) :]:
        yield _event(event)


def _progress(board: Board) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(board.total, 1), completed=board.done, width=40)
    count = f"{board.done:,} of {board.total:,} items"
    grid.add_row(Text(board.title, style="bold"), bar, count, f"{board.seconds:.1f} s")
    return grid


def _style(name: str) -> str:
    return STYLES.get(name.partition("-")[0], "")


def _members(board: Board) -> Table:
    """A row for each consumer: its partitions, and how full their queues are."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("consumer", width=12)
    for partition in range(PARTITIONS):
        table.add_column(str(partition), justify="right", width=4)
    fullest = max(*board.waiting, 1)
    for name in sorted(board.killed | board.members.keys()):
        dead = name in board.killed
        owned = [partition for partition, owner in board.owners.items() if owner == name]
        cells = [_cell(board.waiting[n], fullest) if n in owned else "·" for n in range(PARTITIONS)]
        title = Text.assemble((name, "red strike"), (" killed", "red")) if dead else Text(name, _style(name))
        table.add_row(title, *cells)
    return table


def _cell(waiting: int, fullest: int) -> Text:
    """How many items wait, beside a bar against the fullest queue."""
    level = LEVELS[min(len(LEVELS) - 1, (waiting * (len(LEVELS) - 1) + fullest - 1) // fullest)]
    number = f"{waiting // 1000}k" if waiting >= 1000 else f"{waiting}" if waiting else "-"
    return Text.assemble((level, "green"), number)


def _languages(board: Board) -> Table:
    table = Table(box=None, padding=(0, 4, 0, 0), pad_edge=False, header_style="dim")
    for title in ("language", "items", "items/s", "Add p50", "Add p99", "Ack p50", "Ack p99"):
        table.add_column(title, justify="left" if title == "language" else "right")
    for language in board.readings.languages():
        calls = [board.readings.of(language, method) for method in ("Add", "Ack")]
        times = [duration(one.quantile(q)) for one in calls for q in (0.5, 0.99)]
        items = f"{board.readings.items(language):,}"
        table.add_row(Text(language, style=_style(language)), items, f"{board.rate(language):,.0f}", *times)
    return table


def duration(seconds: float) -> str:
    """Three digits at most, in the unit that suits."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def _event(event: Event) -> Text:
    style = "red" if event.text.startswith("killed") else "green" if "known already" in event.text else ""
    line = Text(no_wrap=True, overflow="ellipsis").append(f"{event.seconds:6.1f} s  ", style="dim")
    return line.append(event.text, style=style)

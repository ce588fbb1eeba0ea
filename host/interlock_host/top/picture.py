"""The picture of `interlock top`: for 80 by 24, with more on a wider terminal and less on a narrower one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from interlock_host.top.change import OK, Change, ModuleChange, Traffic
from interlock_host.top.units import count, duration, rate, size
from interlock_host.top.watch import Frame

LEVELS = "▁▂▃▄▅▆▇█"
WIDE = 120
"""Columns from which there is room for totals, and for the rates of the last minute."""

_GAP = 2
_HELD = {"parked": 6, "instances": 9, "memory": 7, "traps": 5}
"""What a module holds: title and width."""
_TRAFFIC = {"calls/s": 8, "errors/s": 8, "p50": 6, "p99": 6}
_TOTAL = {"calls": 12}
_WIDTHS = _HELD | _TRAFFIC | _TOTAL
_IMPORTANCE = ("calls/s", "p99", "errors/s", "p50", "parked", "traps", "memory", "instances")
"""A number that is cut is another number: a narrow terminal shows fewer, the last of these left out first."""
_NAME = (9, 16)
"""The least and the most for a module's name."""


class _Layout:
    """Which columns there is room for."""

    def __init__(self, width: int) -> None:
        self.wide = width >= WIDE
        least, most = _NAME
        shown = set(_TOTAL) if self.wide else set()
        room = width - least - sum(_WIDTHS[column] + _GAP for column in shown)
        for column in _IMPORTANCE:
            taken = _WIDTHS[column] + _GAP
            if taken > room:
                break
            shown.add(column)
            room -= taken
        self.held = {column: wide for column, wide in _HELD.items() if column in shown}
        self.traffic = {column: wide for column, wide in (_TRAFFIC | _TOTAL).items() if column in shown}
        self.name = min(most, least + room)
        self.history = width - self.name - sum(_WIDTHS[column] + _GAP for column in shown) - _GAP
        """Left for rates of the last minute."""


def picture(frame: Frame, width: int, height: int) -> RenderableType:
    """Draw a frame; the busiest methods fill the lines that the rest leaves."""
    change, layout = frame.change, _Layout(width)
    lines = 2
    parts: list[RenderableType] = [_title(frame, width), _second_line(frame, width)]

    def add(part: RenderableType, part_lines: int) -> None:
        nonlocal lines
        parts.extend([Text(), part])
        lines += 1 + part_lines

    add(_modules(frame, layout), 1 + len(change.modules))
    if not change.languages:
        add(Text("no call has ended yet", style="dim"), 1)
        return Group(*parts)
    add(_calls("language", change.languages.items(), layout), 1 + len(change.languages))
    values = list(_values(change, width))
    if values:
        add(Group(*values), len(values))
    room = height - lines - 2
    if room > 0:
        add(_calls("method", _busiest(change)[:room], layout), 0)
    return Group(*parts)


def _busiest(change: Change) -> list[tuple[str, Traffic]]:
    return sorted(change.methods.items(), key=lambda item: (-item[1].calls, -item[1].total, item[0]))


def _title(frame: Frame, width: int) -> RenderableType:
    title = Text.assemble(("interlock top", "bold"), "  ", frame.source)
    if frame.error is not None:
        title.append("  no answer", style="bold red")
    elif frame.change.restarted:
        title.append("  restarted", style="bold yellow")
    now = f"{frame.time.astimezone():%H:%M:%S}"
    room = width - title.cell_len - _GAP
    wanted = (f"every {frame.interval:g} s  {now}  q quits", f"{now}  q quits", now)
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(title, Text(next((text for text in wanted if len(text) <= room), ""), style="dim"))
    return grid


def _second_line(frame: Frame, width: int) -> Text:
    """What is wrong, or the sum of all calls and what kind of errors there are."""
    if frame.error is not None:
        return Text(str(frame.error), style="red", no_wrap=True, overflow="ellipsis")
    if not frame.change.measured:
        return Text("measuring ...", style="dim")
    total = frame.change.total
    parts = [Text(f"{rate(total.traffic.calls)} calls/s", style="bold")]
    if total.new_traps:
        parts.append(Text(f"{total.new_traps} new traps", style="bold red"))
    for status, per_second in sorted(total.traffic.statuses.items(), key=lambda item: -item[1]):
        if status != OK:
            parts.append(Text(f"{status} {rate(per_second)}/s", style="red"))
    return _line(parts, width)


def _line(parts: list[Text], width: int) -> Text:
    """Put on a line what there is room for, each part whole."""
    line, gap = Text(no_wrap=True, overflow="ellipsis"), ""
    for index, part in enumerate(parts):
        more = _GAP if index + 1 < len(parts) else 0  # for the mark that some are left out
        if line and line.cell_len + len(gap) + part.cell_len + more > width:
            return line.append(" …", style="dim")
        line.append(gap).append_text(part)
        gap = " " * _GAP
    return line


def _table(name: str, name_width: int, columns: dict[str, int]) -> Table:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(name, no_wrap=True, overflow="ellipsis", width=name_width)
    for title, width in columns.items():
        table.add_column(title, justify="right", no_wrap=True, overflow="ellipsis", width=width)
    return table


def _modules(frame: Frame, layout: _Layout) -> Table:
    table = _table("module", layout.name, layout.held | layout.traffic)
    if layout.wide:
        table.add_column("rate, latest last", no_wrap=True, overflow="crop", width=layout.history)
    for name, module in frame.change.modules.items():
        cells = [Text(name, style="bold"), *_held(module, layout), *_traffic(module.traffic, layout)]
        if layout.wide:
            cells.append(spark(list(frame.history.get(name, ()))[-layout.history :]))
        table.add_row(*cells)
    return table


def _calls(name: str, rows: Iterable[tuple[str, Traffic]], layout: _Layout) -> Table:
    """A table of calls alone, its columns below those of the modules."""
    name_width = layout.name + sum(layout.held.values()) + _GAP * len(layout.held)
    table = _table(name, name_width, layout.traffic)
    for key, traffic in rows:
        table.add_row(Text(key), *_traffic(traffic, layout))
    return table


def _held(module: ModuleChange, layout: _Layout) -> list[Text]:
    trapped = "bold red" if module.new_traps else "yellow"
    cells = {
        "parked": _cell(count(module.parked), bool(module.parked)),
        "instances": _cell(count(module.instances), bool(module.instances)),
        "memory": _cell(size(module.memory), bool(module.memory)),
        "traps": _cell(count(module.traps), bool(module.traps), trapped),
    }
    return [cells[column] for column in layout.held]


def _traffic(traffic: Traffic, layout: _Layout) -> list[Text]:
    cells = {
        "calls/s": _cell(rate(traffic.calls), traffic.calls > 0, "green"),
        "errors/s": _cell(rate(traffic.errors), traffic.errors > 0, "red"),
        "p50": _cell(duration(traffic.p50), traffic.p50 is not None),
        "p99": _cell(duration(traffic.p99), traffic.p99 is not None),
        "calls": _cell(f"{traffic.total:,.0f}", traffic.total > 0),
    }
    return [cells[column] for column in layout.traffic]


def _cell(text: str, alive: bool, style: str = "") -> Text:
    return Text(text, style=style if alive else "dim")


def spark(rates: list[float]) -> Text:
    """Rates as a row of bars against their highest; 0 is blank."""
    highest = max(rates, default=0.0) or 1.0
    bars = (LEVELS[min(len(LEVELS) - 1, int(len(LEVELS) * one / highest))] if one else " " for one in rates)
    return Text("".join(bars), style="green")


def _values(change: Change, width: int) -> Iterator[Text]:
    """A line for each module that says something of itself, what is 0 left out."""
    name_width = max(len(name) for name in change.modules)
    for name, module in change.modules.items():
        told = [(value, number) for value, number in module.values.items() if number]
        if told:
            said = [Text.assemble((f"{value} ", "dim"), f"{number:,}") for value, number in told]
            yield _line([Text(f"{name:{name_width}}"), *said], width)

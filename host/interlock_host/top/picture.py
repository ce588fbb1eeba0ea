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
NARROW = 80
"""Columns below which there is room for calls alone."""

_GAP = 2
_HELD = {"parked": 6, "instances": 9, "memory": 7, "traps": 5}
"""What a module holds: title and width."""
_TRAFFIC = {"calls/s": 8, "errors/s": 8, "p50": 6, "p99": 6}
_TOTAL = {"calls": 12}


class _Layout:
    """Which columns there is room for."""

    def __init__(self, width: int) -> None:
        self.wide = width >= WIDE
        self.held = {} if width < NARROW else _HELD
        self.traffic = _TRAFFIC | (_TOTAL if self.wide else {})
        self.name = 16 if self.wide else 9
        columns = self.held | self.traffic
        self.history = width - self.name - sum(columns.values()) - _GAP * (len(columns) + 1)
        """Left for rates of the last minute."""


def picture(frame: Frame, width: int, height: int) -> RenderableType:
    """Draw a frame; the busiest methods fill the lines that the rest leaves."""
    change, layout = frame.change, _Layout(width)
    lines = 2
    parts: list[RenderableType] = [_title(frame), _second_line(frame)]

    def add(part: RenderableType, part_lines: int) -> None:
        nonlocal lines
        parts.extend([Text(), part])
        lines += 1 + part_lines

    add(_modules(frame, layout), 1 + len(change.modules))
    if not change.languages:
        add(Text("no call has ended yet", style="dim"), 1)
        return Group(*parts)
    add(_calls("language", change.languages.items(), layout), 1 + len(change.languages))
    values = list(_values(change))
    if values:
        add(Group(*values), len(values))
    room = height - lines - 2
    if room > 0:
        add(_calls("method", _busiest(change)[:room], layout), 0)
    return Group(*parts)


def _busiest(change: Change) -> list[tuple[str, Traffic]]:
    return sorted(change.methods.items(), key=lambda item: (-item[1].calls, -item[1].total, item[0]))


def _title(frame: Frame) -> RenderableType:
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    title = Text.assemble(("interlock top", "bold"), "  ", frame.source)
    if frame.error is not None:
        title.append("  no answer", style="bold red")
    elif frame.change.restarted:
        title.append("  restarted", style="bold yellow")
    now = frame.time.astimezone()
    grid.add_row(title, Text(f"every {frame.interval:g} s  {now:%H:%M:%S}  q quits", style="dim"))
    return grid


def _second_line(frame: Frame) -> Text:
    """What is wrong, or the sum of all calls and what kind of errors there are."""
    line = Text(no_wrap=True, overflow="ellipsis")
    if frame.error is not None:
        return line.append(str(frame.error), style="red")
    if not frame.change.measured:
        return line.append("measuring ...", style="dim")
    total = frame.change.total
    line.append(f"{rate(total.traffic.calls)} calls/s", style="bold")
    if total.new_traps:
        line.append(f"  {total.new_traps} new traps", style="bold red")
    for status, per_second in sorted(total.traffic.statuses.items(), key=lambda item: -item[1]):
        if status != OK:
            line.append(f"  {status} {rate(per_second)}/s", style="red")
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
        cells = [Text(name, style="bold"), *(_held(module) if layout.held else ())]
        cells += _traffic(module.traffic, layout.wide)
        if layout.wide:
            cells.append(spark(list(frame.history.get(name, ()))[-layout.history :]))
        table.add_row(*cells)
    return table


def _calls(name: str, rows: Iterable[tuple[str, Traffic]], layout: _Layout) -> Table:
    """A table of calls alone, its columns below those of the modules."""
    name_width = layout.name + sum(layout.held.values()) + _GAP * len(layout.held)
    table = _table(name, name_width, layout.traffic)
    for key, traffic in rows:
        table.add_row(Text(key), *_traffic(traffic, layout.wide))
    return table


def _held(module: ModuleChange) -> list[Text]:
    trapped = "bold red" if module.new_traps else "yellow"
    return [
        _cell(count(module.parked), bool(module.parked)),
        _cell(count(module.instances), bool(module.instances)),
        _cell(size(module.memory), bool(module.memory)),
        _cell(count(module.traps), bool(module.traps), trapped),
    ]


def _traffic(traffic: Traffic, wide: bool) -> list[Text]:
    cells = [
        _cell(rate(traffic.calls), traffic.calls > 0, "green"),
        _cell(rate(traffic.errors), traffic.errors > 0, "red"),
        _cell(duration(traffic.p50), traffic.p50 is not None),
        _cell(duration(traffic.p99), traffic.p99 is not None),
    ]
    return [*cells, _cell(f"{traffic.total:,.0f}", traffic.total > 0)] if wide else cells


def _cell(text: str, alive: bool, style: str = "") -> Text:
    return Text(text, style=style if alive else "dim")


def spark(rates: list[float]) -> Text:
    """Rates as a row of bars against their highest; 0 is blank."""
    highest = max(rates, default=0.0) or 1.0
    bars = (LEVELS[min(len(LEVELS) - 1, int(len(LEVELS) * one / highest))] if one else " " for one in rates)
    return Text("".join(bars), style="green")


def _values(change: Change) -> Iterator[Text]:
    """A line for each module that says something of itself, what is 0 left out."""
    width = max(len(name) for name in change.modules)
    for name, module in change.modules.items():
        told = [(value, number) for value, number in module.values.items() if number]
        if told:
            line = Text(f"{name:{width}}", no_wrap=True, overflow="ellipsis")
            for value, number in told:
                line.append(f"  {value} ", style="dim").append(f"{number:,}")
            yield line

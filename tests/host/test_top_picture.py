"""The picture of `interlock top`, at every size of a terminal."""

from __future__ import annotations

import datetime
from collections import deque

import pytest
from rich.console import Console

from interlock_host.errors import UNAVAILABLE
from interlock_host.top.change import Change
from interlock_host.top.picture import picture, spark
from interlock_host.top.reading import Calls, Method, Reading
from interlock_host.top.source import ScrapeError
from interlock_host.top.watch import Frame


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

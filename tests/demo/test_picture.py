"""The picture of a running job, on terminals of several heights."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, Group

from demo.board import Board
from demo.job import PARTITIONS
from demo.picture import EVENTS, LEGEND, picture

LANGUAGES = ("go", "python", "typescript")
CONSUMERS = ("go-1", "go-2", "py-1", "py-2", "ts-1", "ts-2")
OK = 'wasm_metric_counter_total{{language="{}",method="{}",status="OK",wasm_module="queue"}} 1234567\n'
CALLS = "".join(OK.format(language, method) for language in LANGUAGES for method in ("Pop", "Ack"))


def board_of(events: int) -> Board:
    board = Board("through the daemon", 9_581)
    board.members = dict.fromkeys(CONSUMERS, ())
    board.owners = {partition: CONSUMERS[partition % len(CONSUMERS)] for partition in range(PARTITIONS)}
    board.killed.add("py-2")
    board.measure(CALLS, range(0, 100 * PARTITIONS, 100))
    for number in range(events):
        board.say(f"event {number} " + "long " * 20)
    return board


def drawn(board: Board, height: int) -> list[str]:
    """The lines on a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=80, height=height)
    with console.capture() as capture:
        console.print(Group(*picture(board, height)))
    return capture.get().splitlines()


@pytest.mark.parametrize(("height", "shown"), [(24, 8), (25, EVENTS), (60, EVENTS), (10, 1)])
def test_the_latest_events_show(height: int, shown: int) -> None:
    lines = drawn(board_of(20), height)
    numbers = [int(line.split("event ")[1].split()[0]) for line in lines if " event " in line]
    assert numbers == list(range(20 - shown, 20))
    assert len(lines) == 16 + shown


def test_a_line_stays_a_line() -> None:
    lines = drawn(board_of(20), 40)
    assert max(map(len, lines)) <= 80
    assert LEGEND in [line.rstrip() for line in lines]
    (ts_2,) = [line for line in lines if line.startswith("ts-2")]
    assert "▄500 " in ts_2 and "█1k" in ts_2

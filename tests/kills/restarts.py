"""Kills a program that keeps its state in a folder, and starts it again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

from tests.kills.daemon import ROOT
from tests.kills.load import Violation, must

MOST_LINES = 60


class Restarts:
    """What the program said in all its lives.

    Args:
        folder: Of its state.
        seed: Of the instants.
        what: See `tests.kills.program`.
    """

    def __init__(self, folder: Path, seed: int, what: str = "") -> None:
        self._command = [sys.executable, "-m", "tests.kills.program", str(folder), *([what] if what else [])]
        self._chance = Random(seed)
        self._added = 0
        self._pushed: list[str] = []
        """Known to be there."""
        self._pushing = ""
        """Perhaps there."""
        self._leased = 0
        """Popped by some life, and not known to be settled."""
        self._settling = False
        """Whether one of those is perhaps settled."""
        self.said = 0
        """Answers that the program was given, and passed on."""

    def run(self, times: int) -> None:
        """Start it, and kill it at some line, so many times.

        Raises:
            Violation: It did not find what it was told before.
        """
        for life in range(times):
            try:
                self._live(self._chance.randint(2, MOST_LINES))
            except Violation as violation:
                raise Violation(f"life {life + 1}: {violation}") from violation

    def _live(self, most: int) -> None:
        """Read so many lines, kill it, and read what it wrote until then."""
        with subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            try:
                for _ in range(most):
                    line = process.stdout.readline()
                    must(line, f"the program ended by itself, with {process.poll()}")
                    self._hear(line)
            finally:
                process.kill()
            for line in process.stdout:
                self._hear(line)

    def _hear(self, line: str) -> None:
        what, value = json.loads(line)
        self.said += 1
        if what == "found":
            self._compare(value)
        elif what == "added":
            must(value == self._added + 1, f"{self._added} and one more were {value}")
            self._added = value
        elif what == "pushing":
            self._pushing = value
        elif what == "pushed":
            self._pushed.append(value)
            self._pushing = ""
        elif what == "popped":
            must(value == self._pushed[0], f"{value} was popped, before all of {self._pushed}")
            del self._pushed[0]
            self._leased, self._settling = self._leased + 1, True
        else:
            self._leased, self._settling = self._leased - 1, False

    def _compare(self, found: dict[str, Any]) -> None:
        hits, orders, leased = found["hits"], found["orders"], found["leased"]
        must(hits in (self._added, self._added + 1), f"{self._added} were counted, and there are {hits}")
        possible = [self._pushed]
        # What was asked when it died is done or not: a push, or a pop whose item is leased.
        if self._pushing:
            possible.append([*self._pushed, self._pushing])
        if self._pushed:
            possible.append(self._pushed[1:])
        must(orders in possible, f"{possible} could be there, and there is {orders}")
        told, there = len(self._pushed) + self._leased, len(orders) + leased
        must(
            told - self._settling <= there <= told + bool(self._pushing),
            f"{told} items were in the queue, and there are {there}",
        )
        self._added, self._pushed, self._pushing = hits, orders, ""
        self._leased, self._settling = leased, False

"""The Go program that judges, built once a session."""

from __future__ import annotations

import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.toolchain import run

MODULE = Path(__file__).parent / "checker"
_LONGEST_SECONDS = 600.0
JUDGE_SECONDS = 20.0
"""For each part of a history: far more than a history that is right takes."""


run_go = functools.partial(run, MODULE)


@dataclass(frozen=True)
class Verdict:
    """What the program found."""

    status: int
    """0 right, 1 wrong, 2 not a history, 3 undecided."""
    text: str


@dataclass(frozen=True)
class Checker:
    """The built program, and where it may draw."""

    program: Path
    pictures: Path

    def judge(self, model: str, history: str, name: str) -> Verdict:
        """Judge a history; keep it, and a picture of it, where it is not right."""
        picture = self.pictures / f"{name}.html"
        command = [
            str(self.program),
            "-model",
            model,
            "-seconds",
            str(JUDGE_SECONDS),
            "-picture",
            str(picture),
        ]
        found = subprocess.run(
            command, input=history, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
        )
        if found.returncode:
            (self.pictures / f"{name}.jsonl").write_text(history)
        return Verdict(found.returncode, found.stdout + found.stderr)


def build(folder: Path) -> Checker:
    """Build the program into a folder."""
    program = folder / "checker"
    run_go("go", "build", "-o", str(program), ".")
    return Checker(program, folder)

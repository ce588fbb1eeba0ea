"""The Go program that judges, built once a session."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULE = Path(__file__).parent / "checker"
BUILD_SECONDS = 600.0
JUDGE_SECONDS = 20.0
"""For each part of a history: far more than a history that is right takes."""


def require_go() -> None:
    """Skip the test where Go is missing; fail in CI."""
    if shutil.which("go") is None:
        if os.environ.get("CI"):
            pytest.fail("Go is missing, and CI must not leave its tests out")
        pytest.skip("Go is not installed: no history is checked")


def run_go(*command: str) -> str:
    """Run a command in the Go module; return what it printed, fail if it failed."""
    found = subprocess.run(
        command,
        cwd=MODULE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert found.returncode == 0, f"{' '.join(command)}\n{found.stdout}\n{found.stderr}"
    return found.stdout


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
            command, input=history, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
        if found.returncode:
            (self.pictures / f"{name}.jsonl").write_text(history)
        return Verdict(found.returncode, found.stdout + found.stderr)


def build(folder: Path) -> Checker:
    """Build the program into a folder."""
    program = folder / "checker"
    run_go("go", "build", "-o", str(program), ".")
    return Checker(program, folder)

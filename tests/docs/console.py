"""Runs a `console` block: lines that begin with `$ `, each with what it prints below it.

In what is printed, `...` stands for anything within a line. A command that ends
in ` &` goes on in the background until its document ends.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from sybil import Document, Example
from sybil.example import NotEvaluated

PATIENCE_SECONDS = 30


class Console:
    """The shell of one document, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._background: list[subprocess.Popen[str]] = []
        tools = str(Path(sys.executable).parent)
        self._environment = os.environ | {
            "PATH": tools + os.pathsep + os.environ["PATH"],
            "XDG_RUNTIME_DIR": str(folder),
            "COLUMNS": "200",
        }

    def run(self, command: str) -> str:
        """Return what a command prints; of one in the background, its first line."""
        if command.endswith(" &"):
            return self._start(command.removesuffix(" &"))
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        return done.stdout

    def _start(self, command: str) -> str:
        process = subprocess.Popen(
            f"exec {command}", shell=True, cwd=self.folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._background.append(process)
        assert process.stdout is not None
        return process.stdout.readline()

    def close(self) -> None:
        """End what runs in the background."""
        for process in self._background:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
            if process.stdout is not None:
                process.stdout.close()


def evaluate(example: Example) -> str | None:
    """Run one block; return what differs, or None."""
    console = example.namespace.get("console")
    if not isinstance(console, Console):
        raise NotEvaluated
    return difference(console, str(example.parsed))


def difference(console: Console, block: str) -> str | None:
    """Run the commands of a block; return what one printed and should not have, or None."""
    for step in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        command, _, expected = step.partition("\n")
        if not command:
            continue
        got = console.run(command.removeprefix("$ "))
        if expected.strip() and not matches(expected, got):
            return f"{command}\nexpected:\n{expected}\ngot:\n{got}"
    return None


def matches(expected: str, got: str) -> bool:
    """Compare line by line; `...` stands for anything within a line."""
    wanted, printed = expected.strip().splitlines(), got.strip().splitlines()
    return len(wanted) == len(printed) and all(
        re.fullmatch(".*".join(map(re.escape, line.rstrip().split("..."))), text.rstrip())
        for line, text in zip(wanted, printed, strict=True)
    )


def open_console(document: Document, folder: Path) -> None:
    """Give a document its shell; its Python blocks run in the same folder."""
    document.namespace["console"] = Console(folder)

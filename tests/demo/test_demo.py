"""The demo itself, in a small form, as a person would start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from demo.acts import Corpus, check, storm
from demo.failure import DemoFailed
from tests.bindings.go_toolchain import require_go

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)  # the first build of the Go consumer compiles gRPC


def run_demo(*flags: str, **environment: str) -> str:
    """Run it; return what it printed, fail if it failed."""
    found = subprocess.run(
        [sys.executable, "-m", "demo", "--files", "40", "--no-storm", *flags],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return " ".join(found.stdout.split())


def check_report(said: str, victim: str) -> None:
    assert said.count("words equal: ") == 2
    assert f"killed {victim} by SIGKILL between Add and Ack of " in said
    assert f"{victim} was killed between its Adds and its Acks. Its " in said
    assert "were known by their once, and nothing was counted twice" in said


def test_demo() -> None:
    require_go()
    said = run_demo("--require-go")
    check_report(said, "py-2")
    assert "go items " in said
    assert "Left out" not in said


def test_demo_without_go(tmp_path: Path) -> None:
    said = run_demo(PATH=str(tmp_path))
    check_report(said, "py-3")
    assert "Left out: the Go consumers. Go is not installed." in said


def test_a_wrong_total_fails() -> None:
    corpus = Corpus([], None, 0, {"spam": 2})
    check(Console(quiet=True), {"spam": 2}, corpus)
    with pytest.raises(DemoFailed, match="1 words have the wrong count"):
        check(Console(quiet=True), {"spam": 1}, corpus)


def test_storm(capsys: pytest.CaptureFixture[str]) -> None:
    storm(Console(width=100), groups=3)
    said = capsys.readouterr().out
    assert "time to settle" in said
    assert "retry at once" in said

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
from demo.stock import build_stock
from tests.bindings.go_toolchain import require_go
from tests.bindings.node_toolchain import require_node

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)  # the first builds fetch and compile gRPC


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
    require_node()
    said = run_demo("--require-all")
    check_report(said, "py-2")
    assert "go items " in said
    assert "typescript items " in said
    assert "Left out" not in said


def test_demo_in_python_alone(tmp_path: Path) -> None:
    said = run_demo(PATH=str(tmp_path))
    check_report(said, "py-3")
    assert "Left out: the Go consumers. Go is not installed." in said
    assert "Left out: the TypeScript consumers. Node.js and npm are not installed." in said


def test_a_missing_language_fails_where_all_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DemoFailed, match="Go is not installed"):
        build_stock(Console(quiet=True), tmp_path, required=True)


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

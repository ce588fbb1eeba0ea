"""Go, for the tests that need it: CI fails without it, other machines skip and say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[2] / "demo" / "go"
SECONDS = 600.0


def require_go() -> None:
    """Skip the test where Go is missing; fail in CI."""
    if shutil.which("go") is None:
        if os.environ.get("CI"):
            pytest.fail("Go is missing, and CI must not leave its tests out")
        pytest.skip("Go is not installed")


def run_go(*command: str, **environment: str) -> str:
    """Run a command in the Go module; return what it printed, fail if it failed."""
    found = subprocess.run(
        command,
        cwd=MODULE,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert found.returncode == 0, f"{' '.join(command)}\n{found.stdout}\n{found.stderr}"
    return found.stdout

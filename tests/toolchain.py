"""Tools that some tests need: CI fails without them, other machines skip and say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SECONDS = 600.0


def require(*tools: str | Path, get: str = "") -> None:
    """Skip the test where a program is missing; fail in CI.

    Args:
        tools: Names on the PATH, or files.
        get: What a user can do about it.
    """
    for tool in tools:
        if shutil.which(tool) is None:
            hint = f": {get}" if get else ""
            name = Path(tool).name
            if os.environ.get("CI"):
                pytest.fail(f"{name} is missing, and CI must not leave its tests out{hint}")
            pytest.skip(f"{name} is not installed{hint}")


def run(folder: Path, *command: str, **environment: str) -> str:
    """Run a command in a folder; return what it printed, fail if it failed."""
    found = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert found.returncode == 0, f"{' '.join(command)}\n{found.stdout}\n{found.stderr}"
    return found.stdout

"""Node.js, for the tests that need it: CI fails without it, other machines skip and say so."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from demo.typescript_client import PACKAGE, is_installed

SECONDS = 600.0


def require_node() -> None:
    """Skip the test where Node.js is missing; fail in CI. Fetch what the lock file pins."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{missing[0]} is missing, and CI must not leave its tests out")
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    if not is_installed():
        run_node("npm", "ci", "--silent")


def run_node(*command: str, **environment: str) -> str:
    """Run a command in the TypeScript package; return what it printed, fail if it failed."""
    found = subprocess.run(
        command,
        cwd=PACKAGE,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert found.returncode == 0, f"{' '.join(command)}\n{found.stdout}\n{found.stderr}"
    return found.stdout

"""The TypeScript client, for the tests that build and run it."""

from __future__ import annotations

import functools

from demo.typescript_client import PACKAGE, is_installed
from tests.toolchain import require, run

run_node = functools.partial(run, PACKAGE)


def require_node() -> None:
    """Skip the test where Node.js is missing; fail in CI. Fetch what the lock file pins."""
    require("node", "npm")
    if not is_installed():
        run_node("npm", "ci", "--silent")

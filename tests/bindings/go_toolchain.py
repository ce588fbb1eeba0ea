"""The Go client, for the tests that build and run it."""

from __future__ import annotations

import functools
from pathlib import Path

from tests.toolchain import require, run

MODULE = Path(__file__).parents[2] / "demo" / "go"

require_go = functools.partial(require, "go")
run_go = functools.partial(run, MODULE)

"""Building the Go consumer, where Go is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "go"
BUILD_SECONDS = 300.0


class GoMissing(Exception):
    """There is no Go consumer; the message says why."""


def build_consumer(folder: Path) -> Path:
    """Build the Go consumer into `folder` and return its path.

    The first build on a machine fetches and compiles gRPC; Go keeps it.

    Raises:
        GoMissing: Go is not here, or could not build it.
    """
    if shutil.which("go") is None:
        raise GoMissing("Go is not installed")
    program = folder / "consumer"
    try:
        built = subprocess.run(
            ["go", "build", "-o", str(program), "."],
            cwd=SOURCE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GoMissing(f"go build took longer than {BUILD_SECONDS:.0f} s") from None
    if built.returncode:
        raise GoMissing(f"go build failed: {(built.stderr.strip().splitlines() or ['no word'])[-1]}")
    return program

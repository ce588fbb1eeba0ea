"""Building the Go consumer, where Go is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from demo.failure import ClientMissing

SOURCE = Path(__file__).parent / "go"
BUILD_SECONDS = 300.0


def build_consumer(folder: Path) -> list[str]:
    """Build the Go consumer into `folder` and return its command.

    The first build on a machine fetches and compiles gRPC; Go keeps it.

    Raises:
        ClientMissing: Go is not here, or could not build it.
    """
    if shutil.which("go") is None:
        raise ClientMissing("Go is not installed")
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
        raise ClientMissing(f"go build took longer than {BUILD_SECONDS:.0f} s") from None
    if built.returncode:
        raise ClientMissing(f"go build failed: {(built.stderr.strip().splitlines() or ['no word'])[-1]}")
    return [str(program)]

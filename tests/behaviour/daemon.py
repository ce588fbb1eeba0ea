"""A daemon of the test session's own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_SERVE = "from interlock_host.cli.main import main; main()"


@contextlib.contextmanager
def serving(folder: Path, *flags: str) -> Iterator[list[str]]:
    """Run `interlock serve` on a Unix socket and a free loopback port.

    Yields:
        Its URLs: "unix:///…" and "grpc://127.0.0.1:…".
    """
    socket = folder / "interlock.sock"
    command = [
        *(sys.executable, "-c", _SERVE, "serve", "--metrics", "off", "--log-level", "warning"),
        *("--listen", f"unix:{socket}", "--listen", "127.0.0.1:0", *flags),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield [f"unix://{socket}", f"grpc://{ready['listen'][1]}"]
        finally:
            process.terminate()

"""Building the TypeScript consumer, where Node.js is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from demo.failure import ClientMissing

PACKAGE = Path(__file__).parent / "typescript"
INSTALLED = PACKAGE / "node_modules" / ".package-lock.json"
"""What npm keeps of the lock file that it installed."""
LOCK = PACKAGE / "package-lock.json"
BUILD_SECONDS = 300.0


def is_installed() -> bool:
    """Whether the packages of the lock file are here."""
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime


def build_consumer(say: Callable[[str], None]) -> list[str]:
    """Compile the TypeScript consumer and return its command.

    The first build in a checkout fetches gRPC and the compiler into node_modules.

    Raises:
        ClientMissing: Node.js is not here, or could not build it.
    """
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise ClientMissing("Node.js and npm are not installed")
    if not is_installed():
        say("npm ci fetches what demo/typescript/package-lock.json pins, once in a checkout")
        _run("npm", "ci", "--silent")
    _run(node, "node_modules/typescript/bin/tsc")
    return [node, str(PACKAGE / "dist" / "main.js")]


def _run(*command: str) -> None:
    title = f"{Path(command[0]).name} {Path(command[1]).name}"
    try:
        ran = subprocess.run(
            command,
            cwd=PACKAGE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClientMissing(f"{title} took longer than {BUILD_SECONDS:.0f} s") from None
    if ran.returncode:
        raise ClientMissing(f"{title} failed: {(ran.stdout.strip().splitlines() or ['no word'])[-1]}")

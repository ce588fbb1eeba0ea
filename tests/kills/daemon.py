"""`interlock serve` as a child that can be killed, and started again at the same address."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = ("-m", "interlock_host")
ROOT = Path(__file__).parents[2]
STOP_SECONDS = 60.0
_BUSY = "snapshot_entries = 60\njournal_bytes = 20000\nhibernate_seconds = 0.2\n"
LOG_BYTES = 4000


def durable(folder: Path) -> tuple[str, ...]:
    """Return the flags of a daemon that keeps its data in a folder."""
    return ("--data", str(folder))


def busy(folder: Path) -> tuple[str, ...]:
    """Return the flags of one that saves, sleeps and removes segments all the time, in seconds of load."""
    file = folder / "busy.toml"
    file.write_text(_BUSY)
    return (*durable(folder / "data"), "--config", str(file))


class Daemon:
    """One data directory, or none, and the process that serves it now.

    Args:
        folder: Where its socket and its log are.
        flags: Of `interlock serve`: `--data DIR`, say.
        program: What Python runs: the product, or one with a planted bug. May be changed between lives.
    """

    def __init__(self, folder: Path, flags: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> None:
        self.target = f"unix:{folder}/s"
        self.url = f"unix://{folder}/s"
        self.lives = 0
        """How often it was started."""
        self.program = tuple(program)
        self._log = folder / "log"
        self._flags = ("--metrics", "off", "--log-level", "warning", "--listen", self.target, *flags)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns once it serves."""
        self.launch()
        if not self.is_ready():
            raise AssertionError(f"the daemon did not start: {self.log()}")

    def launch(self) -> None:
        """Start it, and do not wait."""
        assert self._process is None, "it runs already"
        self.lives += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.program, "serve", *self._flags],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def is_ready(self) -> bool:
        """Wait until it serves; False if it ended before."""
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.reap()
        return bool(line) and json.loads(line)["event"] == "ready"

    def kill(self) -> None:
        """End it as a loss of power would, as far as a process can: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self.reap()

    def reap(self) -> int:
        """Wait for its end; return its exit status, the signal negative."""
        process, self._process = self._process, None
        assert process is not None and process.stdout is not None
        try:
            return process.wait(STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.stdout.close()

    def stop(self) -> None:
        """End it in order: SIGTERM."""
        assert self._process is not None
        self._process.terminate()
        status = self.reap()
        assert status == 0, f"it ended with {status}: {self.log()}"

    def log(self) -> str:
        """The end of what all its lives wrote to standard error."""
        with contextlib.suppress(FileNotFoundError):
            return self._log.read_bytes()[-LOG_BYTES:].decode(errors="replace")
        return ""

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

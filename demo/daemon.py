"""The daemon of the demo: `interlock serve` as a child process, on ports of its own choice.

It ends with the demo even where that is killed: see `demo.lifeline`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType

from demo.failure import DemoFailed

ANY_PORTS = ("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
STOP_SECONDS = 20.0
ROOT = Path(__file__).parents[1]


class Daemon:
    """Runs for the length of a `with` block."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "demo.host", "serve", *ANY_PORTS],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DemoFailed(f"the daemon did not start: {self.log()}")
        ready = json.loads(line)
        self.target: str = ready["listen"][0]
        """HOST:PORT."""
        self._metrics: str = ready["metrics"]

    @property
    def url(self) -> str:
        return f"grpc://{self.target}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def metrics(self) -> str:
        """What /metrics says now."""
        with urllib.request.urlopen(f"http://{self._metrics}/metrics", timeout=10) as reply:
            text: str = reply.read().decode()
        return text

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-2000:]

    def __enter__(self) -> Daemon:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._log.close()

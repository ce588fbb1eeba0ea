"""`interlock serve` in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import grpc
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from interlock.host.v1 import host_pb2

PAGE_KIB = resource.getpagesize() // 1024
_SECONDS = 100.0
"""How long anything awaited may take before a test fails."""
_FAULTS = ("call broke", "timers failed", "call failed", "Unexpected")
"""How lines of the log begin that no client may cause."""


class Daemon:
    """A daemon on loopback, until `stop`.

    Args:
        options: More of `interlock serve`.
        log: A file for its log; None leaves it on standard error.
        files: How many files it may open; None for as many as this process.
    """

    def __init__(self, *options: str, log: Path | None = None, files: int | None = None) -> None:
        command = [sys.executable, "-m", "interlock_host", "serve", "--listen", "127.0.0.1:0",
                   "--metrics", "127.0.0.1:0", "--log-level", "warning", "--log-format", "json",
                   *options]  # fmt: skip
        if files is not None:
            command = ["prlimit", f"--nofile={files}:{files}", *command]
        self._log = log
        errors = None if log is None else log.open("ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        if errors is not None:
            errors.close()
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.addresses: list[str] = ready["listen"]
        self.address = self.addresses[0]
        self.metrics: str = ready["metrics"]

    def stop(self) -> None:
        """End it, in order: an exit code other than 0 is a failure."""
        self.process.terminate()
        assert self.process.wait(60) == 0

    # What it says of itself

    def scrape(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return every sample of /metrics, by name and labels."""
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        with urlopen(Request(f"http://{self.metrics}/metrics", headers=accept), timeout=30) as reply:
            text = reply.read().decode()
        families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}

    def gauge(self, name: str, module: str) -> float:
        """Return one gauge of a module's."""
        return self.scrape()[name, (("wasm_module", module),)]

    def gauges(self) -> dict[str, float]:
        """Return what must be as before when an attack is over."""
        wanted = ("interlock_parked_calls", "interlock_instances")
        return {f"{n} {dict(labels)}": value for (n, labels), value in self.scrape().items() if n in wanted}

    def faults(self) -> list[str]:
        """Return the lines of its log that tell of a fault of its own."""
        assert self._log is not None
        lines = self._log.read_text().splitlines()
        return [line for line in lines if any(f'"event": "{fault}' in line for fault in _FAULTS)]

    # What the kernel says of it

    def resident_kib(self) -> int:
        """Return how much memory it has."""
        return resident_kib(self.process.pid)

    def open_files(self) -> int:
        """Return how many files it has open: about a dozen, and its connections."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def threads(self) -> int:
        """Return how many threads it has."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what can be seen; the scrape between two looks is a round trip, so nothing sleeps."""
        ends = time.monotonic() + _SECONDS
        while not true():
            assert time.monotonic() < ends, self._seen()
            assert self.process.poll() is None, "the daemon died"
            self.scrape()

    def _seen(self) -> str:
        return f"never: {self.gauges()}, {self.open_files()} files, {self.resident_kib()} KiB"

    # What it does

    def advance(self, milliseconds: int) -> None:
        """Move its virtual clock."""
        with grpc.insecure_channel(self.address) as channel:
            advance: Any = channel.unary_unary("/interlock.host.v1.HostService/Advance")
            request = host_pb2.AdvanceRequest(by_ns=milliseconds * 1_000_000)
            advance(request.SerializeToString(), wait_for_ready=True)


def resident_kib(pid: int | str = "self") -> int:
    """Return how much memory a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KIB

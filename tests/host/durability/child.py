"""`interlock serve --data` as a child of the test: started, killed and asked like any other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from interlock.counter.v1 import counter_pb2
from interlock_host.cli.target import error_info

ROOT = Path(__file__).parents[3]
COUNTER = "interlock.counter.v1.CounterService"
SECONDS = 60.0
"""More than any wait here takes; one that passes it is a failure."""


class Refused(Exception):
    """A call failed."""

    def __init__(self, error: Any) -> None:
        self.code: str = error.code().name
        self.text: str = error.details()
        self.reason: str = error_info(error).reason
        super().__init__(f"{self.code} {self.reason}: {self.text}")


class Child:
    """A data directory and the process that serves it now.

    Args:
        folder: Where its socket and its log are.
        data: Its data directory.
        flags: More of `interlock serve`.
        environment: More of it.
    """

    def __init__(
        self, folder: Path, data: Path, *flags: object, environment: Mapping[str, str] | None = None
    ) -> None:
        self.data = data
        self.ready: dict[str, Any] = {}
        self.channel: grpc.Channel
        self._socket = folder / "s"
        self._log = folder / "log"
        self._flags = [str(flag) for flag in flags]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None

    # Its life

    def start(self) -> Child:
        """Start it; returns once it serves."""
        if not self.launch():
            raise AssertionError(f"it did not start: {self._log.read_text()}")
        return self

    def launch(self) -> bool:
        """Start it; return whether it came to serve. If not, it has ended."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "interlock_host", "serve", "--log-format", "json",
                    "--listen", f"unix:{self._socket}", "--metrics", "127.0.0.1:0",
                    "--data", str(self.data), *self._flags,
                ],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.reap()
            return False
        self.ready = json.loads(line)
        self.channel = grpc.insecure_channel(f"unix:{self._socket}")
        return True

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it in order: SIGTERM."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self.reap()
        assert status == 0, f"it ended with {status}: {self._log.read_text()}"

    def kill(self) -> None:
        """End it at once: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self.reap()

    def reap(self) -> int:
        """Wait for its end; return its status."""
        process, self._process = self._process, None
        assert process is not None and process.stdout is not None
        if self.ready:
            self.channel.close()
            self.ready = {}
        process.stdout.close()
        try:
            return process.wait(SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def __enter__(self) -> Child:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    # What it says

    def log(self) -> list[dict[str, Any]]:
        """The lines that its lives have logged."""
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line["event"] == event]

    def text(self) -> str:
        """All that it wrote to standard error."""
        return self._log.read_text()

    def metrics(self) -> dict[str, float]:
        """The samples whose labels do not matter here, summed."""
        with urllib.request.urlopen(f"http://{self.ready['metrics']}/metrics", timeout=SECONDS) as reply:
            text = reply.read().decode()
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
        return sums

    def health(self, service: str = COUNTER) -> str:
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        reply = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    def health_until(self, wanted: str, service: str = COUNTER) -> None:
        """Watch the health of a service until it is the wanted one."""
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
        for reply in watch:
            if health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status) == wanted:
                watch.cancel()
                return

    # Calls

    def call(self, method: str, request: bytes, **options: Any) -> bytes:
        """Call a method of the counter in bytes.

        Raises:
            Refused: It failed.
        """
        unary: Any = self.channel.unary_unary(f"/{COUNTER}/{method}")
        with refusing():
            reply: bytes = unary(request, **{"timeout": SECONDS, **options})
        return reply

    def adding(self, delta: int = 1, instance: str = "a", **options: Any) -> Any:
        """Begin an addition; `result` is what came of it."""
        method: Any = self.channel.unary_unary(f"/{COUNTER}/Add")
        return method.future(addition(delta, instance), **{"timeout": SECONDS, **options})

    def reading(self, instance: str = "a", **options: Any) -> Any:
        """Begin a read."""
        method: Any = self.channel.unary_unary(f"/{COUNTER}/Get")
        request = counter_pb2.GetRequest(instance=instance, keys=[""]).SerializeToString()
        return method.future(request, **{"timeout": SECONDS, **options})

    def add(self, delta: int = 1, instance: str = "a", **options: Any) -> int:
        """Add to a counter; return what it is then."""
        reply = self.call("Add", addition(delta, instance), **options)
        return counter_pb2.AddResponse.FromString(reply).values[0].value

    def value(self, instance: str = "a", **options: Any) -> int:
        request = counter_pb2.GetRequest(instance=instance, keys=[""]).SerializeToString()
        return counter_pb2.GetResponse.FromString(self.call("Get", request, **options)).values[0].value


def addition(delta: int = 1, instance: str = "a") -> bytes:
    adds = [counter_pb2.Addition(delta=delta)]
    return counter_pb2.AddRequest(instance=instance, adds=adds).SerializeToString()


def outcome(call: Any) -> int:
    """Wait for an addition that was begun.

    Raises:
        Refused: It failed.
    """
    with refusing():
        return counter_pb2.AddResponse.FromString(call.result(SECONDS)).values[0].value


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise Refused(error) from None

"""A crew of processes around a daemon, one of which is killed at its work."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from demo.board import Board
from demo.crew import hear
from demo.daemon import Daemon
from demo.failure import DemoFailed

PRODUCERS = 2
STOP_SECONDS = 20.0


class Worker:
    """A child process that says what happens in lines of JSON, and ends when its input does."""

    def __init__(self, name: str, command: list[str], said: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
        self.name = name
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        # A session of its own: Ctrl-C ends the demo, and the demo's end its workers.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
        )
        self._reader = threading.Thread(target=self._read, args=(said,), daemon=True)
        self._reader.start()

    def _read(self, said: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said.put((self.name, json.loads(line)))

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def finish(self) -> None:
        """End its input and wait for it; kill it if it does not end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-2000:].strip()


@dataclasses.dataclass
class Plan:
    """Who works."""

    python: int
    """How many Python consumers."""
    stock: dict[str, list[str]]
    """The command of each consumer that is a stock client, by its name."""
    files: int | None
    """How many files of the corpus; None: all."""
    halt_after: int
    """Batches after which the victim halts between its Adds and its Acks."""


class Processes:
    """The crew. The last Python consumer is the victim."""

    def __init__(self, daemon: Daemon, plan: Plan, board: Board) -> None:
        self._daemon = daemon
        self._plan = plan
        self._board = board
        self._said: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._workers: dict[str, Worker] = {}
        self._victim = f"py-{plan.python}"
        self.halted: dict[str, Any] = {}
        """What the victim said when it halted."""
        python = [f"py-{number}" for number in range(1, plan.python + 1)]
        self.consumers = python + list(plan.stock)
        self._producers = [f"producer-{number}" for number in range(1, PRODUCERS + 1)]

    def start_consumers(self) -> None:
        for name in self.consumers:
            self._start(name, self._command(name))

    def _command(self, name: str) -> list[str]:
        if name in self._plan.stock:
            return [*self._plan.stock[name], self._daemon.target, name]
        halting = ["--halt-after", str(self._plan.halt_after)] if name == self._victim else []
        return [sys.executable, "-m", "demo.worker", "consume", self._daemon.url, name, *halting]

    def start_producers(self) -> None:
        files = [] if self._plan.files is None else [str(self._plan.files)]
        for share, name in enumerate(self._producers):
            shares = [str(share), str(PRODUCERS)]
            command = [sys.executable, "-m", "demo.worker", "produce", self._daemon.url, *shares, *files]
            self._start(name, command)

    def _start(self, name: str, command: list[str]) -> None:
        self._workers[name] = Worker(name, command, self._said)

    def producing(self) -> bool:
        return any(self._workers[name].process.poll() is None for name in self._producers)

    def step(self) -> None:
        while not self._said.empty():
            name, what = self._said.get()
            if what["event"] == "halted":
                self._kill(name, what)
            else:
                hear(self._board, name, what)
        for worker in self._workers.values():
            self._check(worker)

    def _kill(self, name: str, what: dict[str, Any]) -> None:
        worker = self._workers[name]
        self._board.killed.add(name)
        worker.kill()
        self.halted = what
        self._board.say(
            f"killed {name} by SIGKILL between Add and Ack of {what['items']} items from {what['queue']}"
        )

    def _check(self, worker: Worker) -> None:
        code = worker.process.poll()
        running = code is None or (code == 0 and worker.name in self._producers)
        if not running and worker.name not in self._board.killed:
            raise DemoFailed(f"{worker.name} ended with {code}: {worker.log()}")

    def abandon(self) -> None:
        for worker in self._workers.values():
            worker.kill()

    def stop(self) -> None:
        for worker in self._workers.values():
            worker.finish()
        bad = [w for w in self._workers.values() if w.process.returncode and w.name not in self._board.killed]
        if bad:
            raise DemoFailed(f"{bad[0].name} ended with {bad[0].process.returncode}: {bad[0].log()}")

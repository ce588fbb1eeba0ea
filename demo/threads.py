"""A crew of threads in this process: the same producers and consumers, without a daemon."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.board import Board
from demo.consumer import Consumer
from demo.crew import hear
from demo.failure import DemoFailed
from demo.producer import produce
from interlock import Client


class Threads:
    """The crew. A thread cannot be killed, so nobody is."""

    def __init__(self, client: Client, files: list[Path], board: Board, consumers: int = 2) -> None:
        self._client = client
        self._files = files
        self._board = board
        self._failure: BaseException | None = None
        self.consumers = [f"py-{number}" for number in range(1, consumers + 1)]
        self._consumers = [Consumer(client, name, self._sayer(name)) for name in self.consumers]
        self._threads: list[threading.Thread] = []
        self._producer = threading.Thread(target=self._guard, args=(self._produce,), daemon=True)

    def _sayer(self, name: str) -> Callable[..., None]:
        def say(event: str, **what: Any) -> None:
            hear(self._board, name, {"event": event, **what})

        return say

    def _produce(self) -> None:
        pushed = produce(self._client, self._files, 0, 1)
        self._sayer("producer-1")("produced", items=pushed)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failure = error

    def start_consumers(self) -> None:
        for consumer in self._consumers:
            thread = threading.Thread(target=self._guard, args=(consumer.run,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def start_producers(self) -> None:
        self._producer.start()

    def producing(self) -> bool:
        return self._producer.is_alive()

    def step(self) -> None:
        if self._failure is not None:
            raise DemoFailed(f"a thread ended with {self._failure!r}") from self._failure

    def abandon(self) -> None:
        for consumer in self._consumers:
            consumer.stop.set()

    def stop(self) -> None:
        self.abandon()
        for thread in self._threads:
            thread.join()
        self.step()

"""Records a history: several clients at once, and a daemon that is killed under them."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from google.protobuf.message import Message

import interlock
from tests.kills.daemon import Daemon
from tests.kills.trigger import Trigger
from tests.linearizability import scripts
from tests.linearizability.history import Answer, Calls, History
from tests.linearizability.liars import Liar
from tests.linearizability.scripts import Writer


@dataclass(frozen=True)
class Model:
    """One primitive: its service, what its clients do, and how that begins and ends."""

    name: str
    service: str
    write: Writer
    first: Callable[[str], list[Message]] = lambda name: []
    last: Callable[[str, int], list[Message]] = lambda name, client: []


MODELS = (
    Model("counter", "interlock.counter.v1.CounterService", scripts.count),
    Model("queue", "interlock.queue.v1.QueueService", scripts.work, first=scripts.configure),
    Model("rebalance", "interlock.rebalance.v1.RebalanceService", scripts.belong, last=scripts.depart),
)


@dataclass(frozen=True)
class Size:
    """How much is recorded."""

    clients: int = 5
    calls: int = 60
    """Of each client."""
    kills: int = 0


PATIENT = 60.0
"""Seconds for which every second client asks again, under one request id, for what a kill left
unanswered: its calls are then answered once, across the restart. The others never ask again."""
LOOK_SECONDS = 1.0
"""How often a recording that waits for its next kill looks whether a client failed."""
LIAR = 1
"""The client that lies, where one does."""


@dataclass
class _Recording:
    """One daemon, and the clients of one instance."""

    daemon: Daemon
    model: Model
    size: Size
    seed: int
    liar: Callable[[interlock.Client], Liar] | None
    history: History = field(default_factory=History)
    serving: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)
    trigger: Trigger | None = None

    def run(self) -> None:
        """Record; the daemon runs before and after."""
        with interlock.open(self.daemon.url) as client:
            for request in self.model.first(self.model.name):
                self.call(0, client, request)
        self.serving.set()
        # Daemons: where a host does not come back, clients that wait for it must not hold the tests up.
        threads = [
            threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(self.size.clients)
        ]
        instants = self._instants()
        self._arm(instants)
        for thread in threads:
            thread.start()
        self._revive(instants)
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _instants(self) -> list[int]:
        """After how many answers, from the last kill, the next one comes."""
        most = self.size.clients * self.size.calls // (self.size.kills + 1)
        chance = Random(f"{self.seed}/instants")
        return [chance.randint(1, most) for _ in range(self.size.kills)]

    def _arm(self, instants: list[int]) -> None:
        self.trigger = Trigger(instants.pop(), self._kill) if instants else None

    def _kill(self) -> None:
        self.serving.clear()
        self.daemon.kill()

    def _revive(self, instants: list[int]) -> None:
        while (trigger := self.trigger) is not None:
            while not trigger.fired.wait(LOOK_SECONDS):
                if self.failures:
                    return
            self.daemon.start()
            self._arm(instants)
            self.serving.set()

    def _client(self, number: int) -> None:
        try:
            reconnect = PATIENT if number % 2 else 0.0
            with interlock.open(self.daemon.url, retries=0, reconnect=reconnect) as honest:
                client = self.liar(honest) if self.liar is not None and number == LIAR else honest
                self._follow(number, client)
                for request in self.model.last(self.model.name, number):
                    self.call(number, honest, request)
        except BaseException as failure:
            self.failures.append(failure)

    def _follow(self, number: int, client: Calls) -> None:
        chance = Random(f"{self.seed}/{number}")
        script = self.model.write(self.model.name, number, chance)
        request = next(script)
        for _ in itertools.repeat(None, self.size.calls):
            answer = self.call(number, client, request)
            if answer is None:
                # What is asked of a dead daemon would only be more that nobody knows.
                self.serving.wait()
            request = script.send(answer)

    def call(self, number: int, client: Calls, request: Message) -> Answer:
        """Make one call of the history."""
        method = f"{self.model.service}/{type(request).__name__.removesuffix('Request')}"
        answer = self.history.call(number, client, method, request)
        if (trigger := self.trigger) is not None:
            trigger.tick()
        return answer


def record(
    daemon: Daemon,
    model: Model,
    size: Size,
    seed: int,
    liar: Callable[[interlock.Client], Liar] | None = None,
) -> str:
    """Run clients against a daemon that is not started yet.

    Args:
        daemon: With a data directory, where it is to be killed.
        model: What the clients do.
        size: How many, how long, and how many kills.
        seed: Of the clients and the instants. The daemon's own threads are not seeded.
        liar: Comes between one of the clients and its connection.

    Returns:
        The history.
    """
    recording = _Recording(daemon, model, size, seed, liar)
    with contextlib.ExitStack() as stack:
        stack.callback(daemon.kill)
        daemon.start()
        recording.run()
    return recording.history.text()

"""Rounds of load, kill and comparison."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.kills.caller import Caller, Operation, Refused, Unanswered
from tests.kills.counts import Counts
from tests.kills.crew import Crew
from tests.kills.daemon import Daemon
from tests.kills.items import Items
from tests.kills.load import Load, Violation, must
from tests.kills.trigger import Trigger

MOST_EVENTS = 600
"""Calls sent, and answers taken, until a kill: one to so many."""
MOST_STEPS = (12, 150)
"""Steps of the disk until a doomed host dies: one to so many. Half of them die early: opening a
data directory takes about ten steps."""
ERA = 20
"""Rounds until the load goes on to new instances; the old ones are compared at the end."""


class Rounds:
    """Kills one daemon again and again.

    Args:
        daemon: Not started.
        seed: Of the load, and of the instants.
        doomed: What Python runs for a host that dies at a step of its disk, given its number:
            before every round such a host lives too. Its death may come while it recovers.
    """

    def __init__(
        self, daemon: Daemon, seed: int, doomed: Callable[[int], tuple[str, ...]] | None = None
    ) -> None:
        self._daemon = daemon
        self._doomed = doomed
        self._seed = seed
        self._chance = Random(seed)
        self._crews: list[Workers] = []
        self._current: list[Workers] = []
        self.rounds = 0

    def run(self, rounds: int) -> None:
        """Run so many, then compare everything after one more kill, and after a stop in order.

        Raises:
            Violation: The host broke its promise; says in which round.
        """
        try:
            for _ in range(rounds):
                self._round()
            self._compare_all()
            self._daemon.stop()
            self._compare_all()
            self._daemon.stop()
        except AssertionError as error:
            where = f"seed {self._seed}, round {self.rounds}, life {self._daemon.lives}"
            raise Violation(f"{where}: {error}\n{self._daemon.log()}") from error

    def _round(self) -> None:
        before = self._current
        if self.rounds % ERA == 0:
            self._current = [Workers(load) for load in standard_loads(self.rounds // ERA)]
            self._crews += self._current
        self.rounds += 1
        if self._doomed is not None:
            step = self._chance.randint(1, self._chance.choice(MOST_STEPS))
            self._live_doomed(self._doomed(step))
        self._daemon.start()
        with contextlib.closing(Caller(self._daemon.target)) as caller:
            for crew in before:
                crew.compare(caller)
                crew.repeat(caller)
                crew.compare(caller)
            current = _Round(caller, Trigger(self._chance.randint(1, MOST_EVENTS), self._daemon.kill))
            self._work(current)
            must(current.trigger.fired.is_set(), "the daemon ended, or forgot a call, before it was killed")

    def _live_doomed(self, program: tuple[str, ...]) -> None:
        """Work with a host until it dies by itself, or is killed after all."""
        sound, self._daemon.program = self._daemon.program, program
        self._daemon.launch()
        if self._daemon.is_ready():
            with contextlib.closing(Caller(self._daemon.target)) as caller:
                self._work(_Round(caller, Trigger(MOST_EVENTS, self._daemon.kill)))
            self._daemon.kill()
        self._daemon.program = sound

    def _work(self, current: _Round) -> None:
        shifts = [
            _Shift(current, crew, worker, Random(self._chance.random()))
            for crew in self._current
            for worker in range(crew.load.workers)
        ]
        threads = [threading.Thread(target=shift.run) for shift in shifts]
        threads += [threading.Thread(target=_listen, args=(current, crew.load)) for crew in self._current]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if current.failures:
            raise current.failures[0]

    def _compare_all(self) -> None:
        self._daemon.start()
        with contextlib.closing(Caller(self._daemon.target)) as caller:
            for crew in self._crews:
                crew.compare(caller)

    @property
    def acknowledged(self) -> int:
        """Effects that somebody was told of, in all loads."""
        return sum(crew.load.acknowledged for crew in self._crews)


class Workers:
    """The workers of a load, and the calls whose answers they miss."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.missed: dict[int, Operation] = {}
        """By worker."""
        self.answered: dict[int, tuple[Operation, Any]] = {}
        """By worker: the last call with a request id, and what it was told."""

    def repeat(self, caller: Caller) -> None:
        """Make calls again that were answered, as a client does whose answer was lost on the way.

        Raises:
            Violation: One of them is told something else than before.
        """
        for operation, reply in self.answered.values():
            try:
                again: Any = caller.call(operation)
            except Refused as refusal:
                again = refusal.reason
            must(again == reply, f"{operation.method} was told {reply}, and its retry {again}")
        self.answered.clear()

    def compare(self, caller: Caller) -> None:
        """Ask again for what was missed, then compare the state with the ledger."""
        self.load.inspect(caller.call)
        for worker, operation in sorted(self.missed.items()):
            if operation.abandoned or not operation.identity:
                del self.missed[worker]
            elif not operation.parks:
                self.send(caller, worker, operation)
                del self.missed[worker]
        self.load.verify(caller.call)

    def send(self, caller: Caller, worker: int, operation: Operation) -> None:
        """Send a call and note what comes of it.

        Raises:
            Unanswered: The host is gone.
        """
        try:
            reply: Any = caller.call(operation)
        except Refused as refusal:
            self.load.refused(worker, operation, refusal.reason)
        else:
            self.load.answered(worker, operation, reply)
            if operation.identity:
                self.answered[worker] = operation, reply


@dataclass
class _Round:
    """One life of the daemon, under load."""

    caller: Caller
    trigger: Trigger
    failures: list[BaseException] = field(default_factory=list)

    def fail(self, failure: BaseException) -> None:
        """Note a violation; it ends the round."""
        self.failures.append(failure)
        while not self.trigger.fired.is_set():
            self.trigger.tick()


def _listen(current: _Round, load: Load) -> None:
    """Follow a load's stream for as long as the host lives."""
    operation = load.listen()
    if operation is None:
        return
    try:
        for message in current.caller.follow(operation):
            load.heard(operation, message)
    except BaseException as failure:
        current.fail(failure)


@dataclass
class _Shift:
    """What one worker does until the kill."""

    round: _Round
    crew: Workers
    worker: int
    chance: Random

    def run(self) -> None:
        """Work; a violation ends the round too."""
        trigger = self.round.trigger
        try:
            while not trigger.fired.is_set() and self._step():
                pass
        except BaseException as failure:
            self.round.fail(failure)

    def _step(self) -> bool:
        """Make one call; False where it was not answered."""
        crew, worker = self.crew, self.worker
        operation = crew.missed.pop(worker, None) or crew.load.next(worker, self.chance)
        self.round.trigger.tick()
        try:
            crew.send(self.round.caller, worker, operation)
        except Unanswered:
            crew.missed[worker] = operation
            return False
        self.round.trigger.tick()
        return True


def standard_loads(era: int) -> Sequence[Load]:
    """One instance of each standard module."""
    return Counts(f"counts-{era}"), Items(f"items-{era}"), Crew(f"crew-{era}")

"""What there is to see of a running job, whoever draws it."""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from collections.abc import Iterable

from demo.job import PARTITIONS, TOPIC
from demo.readings import Readings
from interlock import GroupView


@dataclasses.dataclass
class Event:
    seconds: float
    """Since its act began."""
    text: str


class Board:
    """The state of one job. Written by several threads.

    Args:
        title: Of the act.
        total: Items that there will be.
    """

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self._opened = time.monotonic()
        self.began: float | None = None
        """When the producers began: the time that the consumers take to find each other is not work."""
        self.ended: float | None = None
        self.readings = Readings()
        self.waiting = [0] * PARTITIONS
        """Items in each partition's queue, leased ones included."""
        self.owners: dict[int, str] = {}
        """The member that works on a partition, or did so last."""
        self.members: dict[str, tuple[int, ...]] = {}
        """Partitions by member of the latest generation."""
        self.killed: set[str] = set()
        self.again = 0
        """Items that were delivered to somebody else after a lease ran out."""
        self.known = 0
        """Additions for them that had been applied before, and were not applied again."""
        self.moved: dict[int, str] = {}
        """Partitions that a killed member had, and who has them now."""
        self.events: list[Event] = []
        self._rates: collections.deque[tuple[float, Readings]] = collections.deque(maxlen=9)
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Since the act began, until its job ended."""
        return (self.ended or time.monotonic()) - self._opened

    @property
    def working_seconds(self) -> float:
        """Since the producers began, until the job ended: what its rates are of."""
        return (self.ended or time.monotonic()) - (self.began or self._opened)

    @property
    def done(self) -> int:
        return self.readings.all_items()

    def say(self, text: str) -> None:
        """Note what happened now."""
        with self._lock:
            self.events.append(Event(self.seconds, text))

    def measure(self, metrics: str, waiting: Iterable[int]) -> None:
        """Take what /metrics and the queues say now."""
        self.readings = Readings(metrics)
        self.waiting = list(waiting)
        self._rates.append((time.monotonic(), self.readings))

    def rate(self, language: str) -> float:
        """Items a second of a language: of late, and over all of the job when it has ended."""
        if self.ended is not None:
            return self.readings.items(language) / self.working_seconds
        if len(self._rates) < 2:
            return 0.0
        (begin, old), (end, new) = self._rates[0], self._rates[-1]
        return (new.items(language) - old.items(language)) / max(end - begin, 1e-9)

    def see(self, view: GroupView) -> None:
        """Take a complete generation of the group, unless the job is over and they leave."""
        if self.ended is not None:
            return
        self.members = {member.name: tuple(member.assigned.get(TOPIC, ())) for member in view.members}
        moves: dict[tuple[str, str], list[int]] = {}
        for name, partitions in self.members.items():
            for partition in partitions:
                before = self.owners.get(partition, "")
                self.owners[partition] = name
                if before != name:
                    moves.setdefault((before, name), []).append(partition)
                if before in self.killed:
                    self.moved[partition] = name
        for (before, name), partitions_moved in sorted(moves.items()):
            numbers = " ".join(str(number) for number in sorted(partitions_moved))
            whence = f"{before} -> {name}" if before else f"to {name}"
            self.say(f"generation {view.generation}: partitions {numbers} {whence}")

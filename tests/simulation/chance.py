"""Random scripts: a seed gives the same steps for ever, whatever they lead to."""

from __future__ import annotations

import errno
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.simulation.actor import Step

DATA = ("", "a", "item", "item", "x" * 60, "y" * 200, "z" * 400)
IDS = ("", "", "", "a", "b", "c", "d")
WAITS = (0, 0, 0, 5, 10, 30, 100)
LEASES = (0, 5, 10, 20, 50, 50)
DELAYS = (0, 0, 0, 0, 5, 20)
KEYS = ("", "k", "key", "other", "z" * 40)
ONCES = ("", "", "", "x", "y", "z")
DELTAS = (1, 1, 1, -1, -1, 2, -2, 0, (1 << 63) - 1, -(1 << 63))
BOUNDS = ((1, None), (2, None), (None, -1), (None, -2), (-1, 1), (0, 3), (3, 1), (None, None))
TOPICS = (("t", 7), ("u", 5), ("v", 3))
MEMBERS = ("ada", "bob", "cyd", "dan", "eve")
OLDER = (0, 0, 0, 1)
"""By how much the generation that a member names is behind the one that it knows."""
# A long jump is for ids that are forgotten after ten minutes; a stream would be sent its items all the while.
JUMPS = (0, 1, 1, 2, 5, 5, 10, 10, 30, 100, 400)
WITHOUT_ID = {"Stats", "Get", "List", "CheckGeneration", "Describe", "Backoff", "Subscribe", "Watch"}
"""Reads and streams."""
OPERATIONS = ("write", "write", "sync", "read", "create", "rename", "remove", "truncate", "sync_folder")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
IDS_KEPT = 24
"""How many request ids may come again."""
CRASHES = ((0, 0), (0, 3), (0, 9), (50, 0))
"""By how much the clock goes back, in ms; in which operation of the recovery power fails again."""
CANCEL_REASONS = (1, 2, 2, 5)


class Chance:
    """Draws steps; each seed has habits of its own, so that all together go everywhere.

    Args:
        durable: Whether there is a disk.
    """

    def __init__(self, seed: int, *, durable: bool = False) -> None:
        self.random = random.Random(seed)
        self.most_items = self.pick((1, 2, 3, 6, 6))
        self._ids = 0
        self.trapping = self.pick((0, 0, 0.01))
        self.identified = self.pick((0, 0.1, 0.5))
        self.streams = self._toss()
        self.topics = TOPICS[: self.pick((1, 2, 3))]
        self.mixed = self._toss() and len(self.topics) > 1 and not durable
        self.wants = {member: self._some_topics() for member in MEMBERS}
        self.instances = [
            (module, f"{module[0]}{n}")
            for module in ("queue", "counter", "rebalance")
            for n in range(self.pick((0, 1, 1, 2)))
        ] or [("queue", "q0")]
        self.cap = self.pick((0, 0, 2)) if durable else 0
        """Instances in memory; 0: any number."""
        self.asyncs = [at for at in self.instances if durable and self.random.random() < 0.1]
        self.early = self.pick((0, 0, 1, 3)) if durable else 0
        """Steps before a first crash."""
        self._makers: list[Callable[[], Step]] = []
        self._weights: list[float] = []
        for module, name in self.instances:
            for maker, weight in getattr(self, f"_{module}_makers")(name):
                self._makers.append(maker)
                self._weights.append(weight * self.pick((0.2, 1, 1, 1, 3)))
        calls = sum(self._weights)
        for maker, share in self._world_makers() + (self._disk_makers() if durable else []):
            self._makers.append(maker)
            self._weights.append(calls * share * self.pick((0.3, 1, 1, 2)))

    def pick(self, among: Sequence[Any]) -> Any:
        """Draw one."""
        return among[int(self.random.random() * len(among))]

    def steps(self) -> Iterator[Step]:
        """Draw steps without end."""
        if self.cap:
            yield "cap", self.cap
        for at in self.asyncs:
            yield "async", *at
        for module, name in self.instances:
            if module == "queue" and self.random.random() < 0.9:
                yield self._configure(name)
        if self.early:
            yield from (maker() for maker in self._makers[: self.early])
            yield "crash", self._loss(), 0, 0
        cumulated = list(itertools.accumulate(self._weights))
        while True:
            for maker in self.random.choices(self._makers, cum_weights=cumulated, k=256):
                step = maker()
                if step[0] == "call" and step[3] not in WITHOUT_ID and self.random.random() < self.trapping:
                    yield "trap", *step[1:]
                yield self._identify(step) if self._is_identified(step) else step

    def _is_identified(self, step: Step) -> bool:
        return step[0] == "call" and step[3] not in WITHOUT_ID and self.random.random() < self.identified

    def _identify(self, step: Step) -> Step:
        self._ids += 1
        return "once", self._ids, *step[1:]

    def _sent(self) -> int:
        """A request id that was used lately, or would have been."""
        return max(1, self._ids - self._below(IDS_KEPT))

    # The world

    def _world_makers(self) -> list[tuple[Callable[[], Step], float]]:
        return [
            (lambda: ("advance", self.pick(JUMPS)), 0.3),
            (lambda: ("advance", self.pick((1_000, 1_000 if self.streams else 400_000))), 0.002),
            (lambda: ("cancel", self._below(1 << 16), self.pick(CANCEL_REASONS)), 0.04),
            (lambda: ("metrics", *self.pick(self.instances)), 0.005),
            (lambda: ("retry", self._sent()), 0.1 * self.identified),
            (lambda: ("reuse", self._sent(), self._sent()), 0.02 * self.identified),
            (lambda: ("delete", *self.pick(self.instances)), 0.0005),
        ]

    def _disk_makers(self) -> list[tuple[Callable[[], Step], float]]:
        return [
            (lambda: ("flush",), self.pick((0.02, 0.1, 0.5))),
            (lambda: ("keep",), 0.004),
            (lambda: ("power", 1 + self._below(12), self._below(600), self._loss()), 0.0008),
            (lambda: ("crash", self._loss(), *self.pick(CRASHES)), 0.0008),
            (lambda: ("kill",), 0.0003),
            (lambda: ("stop",), 0.0002),
            (lambda: ("fault", self.pick(OPERATIONS), self.pick(ERRORS), self._below(3)), 0.0008),
            (lambda: ("resume",), 0.005),
        ]

    def _loss(self) -> int:
        """How a disk is found after a loss of power: 0 is with nothing but what was synced."""
        return 1 + self._below(1 << 30) if self._toss() else 0

    def _toss(self) -> bool:
        return self.random.random() < 0.5

    def _below(self, bound: int) -> int:
        return int(self.random.random() * bound)

    # Queue

    def _configure(self, name: str) -> Step:
        bounds = self.pick((0, 400, 400, 1_000, 3_000)), self.pick((0, 0, 2, 8)), self.pick((0, 1, 2, 3))
        times = self.pick((0, 20)), self.pick((0, 0, 1, 2)), self.pick((0, 30))
        return "call", "queue", name, "Configure", *bounds, *times

    def _queue_makers(self, name: str) -> list[tuple[Callable[[], Step], float]]:
        call = ("call", "queue", name)
        return [
            (lambda: (*call, "Push", self._items(), self.pick(WAITS)), 8),
            (lambda: (*call, "Pop", self.pick((0, 1, 2, 10)), *self._times(), (), False), 5),
            (lambda: (*call, "Pop", 3, *self._times(), self._places(), False), 2),
            (lambda: (*call, "Pop", 2, *self._times(), (), True), 0.6),
            (lambda: (*call, "Ack", self._places()), 3),
            (lambda: (*call, "Nack", self._places(), self.pick(DELAYS)), 2),
            (lambda: (*call, "Extend", self._places(), self.pick((0, 10, 40))), 0.7),
            (lambda: (*call, "Subscribe", self.pick((1, 2, 5)), self.pick((0, 10, 20))), 0.15 * self.streams),
            (lambda: (*call, "Stats"), 3),
            (lambda: (*call, "Purge", self._toss()), 0.05),
            (lambda: self._configure(name), 0.05),
            (lambda: (*call, "Close"), 0.05),
        ]

    def _times(self) -> tuple[int, int]:
        """How long to wait, and the lease."""
        return self.pick(WAITS), self.pick(LEASES)

    def _items(self) -> tuple[tuple[str, str, int], ...]:
        count = 1 + self._below(self.most_items)
        return tuple((self.pick(DATA), self.pick(IDS), self.pick(DELAYS)) for _ in range(count))

    def _places(self) -> tuple[int, ...]:
        """Of leases, the newest mostly."""
        return tuple({self._below(8) for _ in range(1 + self._below(4))})

    # Counter

    def _counter_makers(self, name: str) -> list[tuple[Callable[[], Step], float]]:
        call = ("call", "counter", name)
        return [
            (lambda: (*call, "Add", self._adds()), 8),
            (lambda: (*call, "Get", self._keys(1)), 3),
            (lambda: (*call, "CompareAndSet", self.pick(KEYS), self.pick((0, 1, 2)), self.pick(DELTAS)), 2),
            (lambda: (*call, "Reset", self._keys(1)), 0.5),
            (lambda: (*call, "Reset", ()), 0.1),
            (lambda: (*call, "List", self.pick(("", "k")), self.pick((0, 1, 2)), self._toss()), 1),
            (lambda: (*call, "Wait", self.pick(KEYS), *self.pick(BOUNDS), self.pick(WAITS)), 3),
        ]

    def _adds(self) -> tuple[tuple[str, int, str], ...]:
        count = 1 + self._below(3)
        return tuple((self.pick(KEYS), self.pick(DELTAS), self.pick(ONCES)) for _ in range(count))

    def _keys(self, least: int) -> tuple[str, ...]:
        return tuple(self.pick(KEYS) for _ in range(least + self._below(3)))

    # Rebalance

    def _some_topics(self) -> tuple[tuple[str, int], ...]:
        some = tuple(topic for topic in self.topics if self.random.random() < 0.6) if self.mixed else ()
        return some or self.topics

    def _join(self, call: Step) -> Step:
        member = self.pick(MEMBERS)
        return *call, "Join", member, self.wants[member], True, (), 1, 400, 300

    def _rebalance_makers(self, name: str) -> list[tuple[Callable[[], Step], float]]:
        call = ("call", "rebalance", name)
        return [
            (lambda: self._join(call), 6),
            (lambda: self._odd_join(call), 1),
            (lambda: (*call, "Heartbeat", self.pick(MEMBERS), self.pick(OLDER)), 6),
            (lambda: (*call, "Leave", self.pick(MEMBERS)), 0.3),
            (lambda: (*call, "CheckGeneration", self.pick(MEMBERS), self.pick(OLDER), self._checked()), 3),
            (lambda: (*call, "Describe"), 2),
            (lambda: (*call, "Watch"), 0.1),
            (lambda: (*call, "Backoff", self.pick(MEMBERS), self._below(12)), 0.3),
        ]

    def _odd_join(self, call: Step) -> Step:
        more = tuple(self._spot() for _ in range(self._below(4)))
        numbers = self.pick((0, 1, 2, 3)), self.pick((0, 200, 400)), self.pick((0, 100, 300))
        return *call, "Join", self.pick(MEMBERS), self._some_topics(), self._toss(), more, *numbers

    def _spot(self) -> tuple[str, int]:
        topic, size = self.pick(self.topics)
        return topic, self._below(size + 1)

    def _checked(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return tuple((topic, (number,)) for topic, number in (self._spot() for _ in range(self._below(3))))

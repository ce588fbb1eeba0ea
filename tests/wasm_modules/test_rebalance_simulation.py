"""Groups of random members: nobody ever works on another's partition, and all come to rest, balanced."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from rebalance_group import STABLE, Group, Refused, Spot, new_engine, spots
from rebalance_reference import least_moves, most_kept
from rebalance_worker import BEAT_MS, Worker

SEEDS = range(2_000 if os.environ.get("INTERLOCK_SOAK") else 25)
NAMES = [f"w{i:02}" for i in range(12)]
TOPICS = {"t": 7, "u": 5, "v": 3}


class Simulation:
    """A group, the workers that live, and those that are gone but may still ask."""

    def __init__(self, seed: int, mixed: bool) -> None:
        self.random = random.Random(seed)
        self.group = Group(new_engine(), f"seed-{seed}")
        self.mixed = mixed
        self.workers: list[Worker] = []
        self.gone: list[Worker] = []

    def wants(self) -> dict[str, int]:
        if not self.mixed:
            return dict(TOPICS)
        return {name: TOPICS[name] for name in self.random.sample(sorted(TOPICS), self.random.randint(1, 3))}

    def come(self) -> None:
        taken = {worker.name for worker in self.workers}
        name = self.random.choice([name for name in NAMES if name not in taken])
        weight = self.random.choice([1, 1, 2, 3]) if not self.mixed else 1
        self.workers.append(Worker(self.group, name, self.wants(), weight))

    def go(self, worker: Worker) -> None:
        """Die, leave, or be replaced by a new process of the same name."""
        self.workers.remove(worker)
        self.gone.append(worker)
        if worker.joining is not None:
            worker.lose_call()
        worker.assigned = set()
        how = self.random.randrange(3)
        if how == 0:
            self.leave(worker)
        elif how == 1:
            self.workers.append(Worker(self.group, worker.name, worker.topics, worker.weight))

    def leave(self, worker: Worker) -> None:
        try:
            self.group.leave(worker.name)
        except Refused as refused:
            assert refused.reason == "UNKNOWN_MEMBER"

    def disturb(self) -> None:
        worker = self.random.choice(self.workers) if self.workers else None
        what = self.random.random()
        if worker is None or (what < 0.25 and len(self.workers) < 6):
            self.come()
        elif what < 0.45:
            self.go(worker)
        elif what < 0.65:
            worker.stalled_until = worker.now + self.random.randrange(1_200) * 1_000_000
        elif what < 0.8:
            worker.lose_call()
        elif worker.join_at is not None:
            worker.join_at += self.random.randrange(800) * 1_000_000
        elif self.mixed and worker.joining is None:
            worker.topics = self.wants()
            worker.join_at = worker.now

    def step(self, ms: int) -> None:
        self.group.advance(ms)
        for worker in self.random.sample(self.workers, len(self.workers)):
            worker.act()
        self.check_beliefs()

    def check_beliefs(self) -> None:
        users = Counter(spot for worker in self.workers for spot in worker.usable)
        assert not [spot for spot, count in users.items() if count > 1]

    def check_fences(self) -> None:
        """Whoever asks, with whatever generation: at most one is let through for a partition."""
        generation = self.group.describe().generation
        names = {worker.name for worker in [*self.workers, *self.gone]}
        for topic, size in TOPICS.items():
            for spot in [(topic, number) for number in range(size)]:
                assert sum(self.is_let(name, generation, spot) for name in names) <= 1

    def is_let(self, name: str, generation: int, spot: Spot) -> bool:
        try:
            self.group.check(name, generation, [spot])
        except Refused as refused:
            assert refused.reason == "FENCED"
            return False
        return True

    def come_to_rest(self) -> None:
        for worker in self.workers:
            worker.stalled_until = min(worker.stalled_until, worker.now)
        for _ in range(400):
            self.step(10)
            stable = self.group.describe().state == STABLE
            if stable and all(w.joining is None and w.join_at is None for w in self.workers):
                break
        else:
            pytest.fail("the group does not come to rest")
        # A heartbeat each: by then those that died are dropped, and those that woke up know.
        for _ in range(BEAT_MS // 10 + 1):
            self.step(10)
        at_rest = self.group.describe().state == STABLE and not any(w.joining for w in self.workers)
        if not at_rest or len(self.group.describe().members) != len(self.workers):
            self.come_to_rest()


def assignment(simulation: Simulation) -> dict[str, set[Spot]]:
    return {m.name: set(spots(m.assigned)) for m in simulation.group.describe().members}


def check_rest(simulation: Simulation) -> None:
    held = assignment(simulation)
    assert {w.name: w.usable for w in simulation.workers} == held
    named = {topic for w in simulation.workers for topic in w.topics}
    everything = {(topic, number) for topic in named for number in range(TOPICS[topic])}
    assert set().union(*held.values()) == everything
    for worker in simulation.workers:
        assert {topic for topic, _ in held[worker.name]} <= set(worker.topics)


def check_balance(simulation: Simulation) -> None:
    held = assignment(simulation)
    if not simulation.mixed:
        total = sum(w.weight for w in simulation.workers)
        for worker in simulation.workers:
            assert abs(len(held[worker.name]) - 15 * worker.weight / total) < 1
        return
    for heavy in simulation.workers:
        for light in simulation.workers:
            if any(topic in light.topics for topic, _ in held[heavy.name]):
                assert len(held[heavy.name]) <= len(held[light.name]) + 1


@pytest.mark.parametrize("mixed", [False, True], ids=["same topics", "mixed topics"])
@pytest.mark.parametrize("seed", SEEDS)
def test_simulation(seed: int, mixed: bool) -> None:
    simulation = Simulation(seed, mixed)
    for _ in range(3):
        simulation.come()
    for _ in range(4):
        for _ in range(25):
            if simulation.random.random() < 0.3:
                simulation.disturb()
            simulation.step(simulation.random.choice([1, 10, 50, 120]))
        simulation.check_fences()
        if simulation.workers:
            simulation.come_to_rest()
            check_rest(simulation)
            check_balance(simulation)
    simulation.group.engine.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_fewest_moves(seed: int) -> None:
    """All members name the same topics: not one partition moves that could have stayed."""
    simulation = Simulation(seed, mixed=False)
    for _ in range(4):
        simulation.come()
    simulation.come_to_rest()
    for _ in range(4):
        before = assignment(simulation)
        if simulation.random.random() < 0.5 and len(simulation.workers) > 1:
            worker = simulation.random.choice(simulation.workers)
            simulation.workers.remove(worker)
            simulation.group.leave(worker.name)
        else:
            simulation.come()
        simulation.come_to_rest()
        after = assignment(simulation)
        kept = sum(len(before.get(name, set()) & has) for name, has in after.items())
        weights = {w.name: w.weight for w in simulation.workers}
        held = {name: len(before.get(name, set())) for name in weights}
        assert kept == most_kept(weights, held, 15)
    simulation.group.engine.close()


def test_few_moves_mixed() -> None:
    """Members name different topics: over many groups, hardly more moves than the fewest possible."""
    moves, fewest = 0, 0
    for seed in SEEDS:
        simulation = Simulation(seed, mixed=True)
        for _ in range(4):
            simulation.come()
        simulation.come_to_rest()
        for _ in range(4):
            before = assignment(simulation)
            simulation.come()
            simulation.come_to_rest()
            after = assignment(simulation)
            wants = {w.name: set(w.topics) for w in simulation.workers}
            held = {name: before.get(name, set()) for name in wants}
            owner = {spot: name for name, has in after.items() for spot in has}
            moves += sum(1 for name, has in held.items() for spot in has if owner[spot] != name)
            fewest += least_moves(wants, held, set(owner))
        simulation.group.engine.close()
    print(f"{moves} moves, {fewest} at least")
    assert fewest <= moves <= 1.1 * fewest

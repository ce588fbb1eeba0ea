"""Runs seeds, in this process or several."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator

from tests.simulation.actor import Step, Violation
from tests.simulation.chance import Chance
from tests.simulation.durable import DurableWorld
from tests.simulation.report import Outcome
from tests.simulation.script import SCRIPTS, save, shrink
from tests.simulation.world import World

Say = Callable[[str], None]


def world_of(seed: int) -> type[World]:
    """Return what a seed runs in: every other one has a disk."""
    return World if seed % 2 else DurableWorld


def drawn(seed: int, steps: int) -> Iterator[Step]:
    """Return the script of a seed."""
    return itertools.islice(Chance(seed, durable=world_of(seed) is DurableWorld).steps(), steps)


def run_seed(seed: int, steps: int, *, keep: bool = False, say: Say = print) -> Outcome:
    """Run one seed; a violation is told, with the short script that shows it, which may be kept."""
    outcome = Outcome(seeds=1)
    began = time.process_time()
    world = world_of(seed)(outcome.seen)
    script = []
    try:
        for step in drawn(seed, steps):
            script.append(step)
            world.step(step)
    except Violation as violation:
        outcome.violations = 1
        say(f"seed {seed}, step {len(script) - 1}: {script[-1]}\n  {violation}")
    outcome.steps = world.done
    world.close()
    outcome.seconds = time.process_time() - began
    if outcome.violations:
        short = shrink(script, world_of(seed))
        say(f"  {len(short)} steps are enough:")
        for step in short:
            say(f"    {step}")
        if keep:
            save(SCRIPTS / f"seed-{seed}.json", world_of(seed), f"found by seed {seed}", short)
    return outcome


def run_seeds(seeds: range, steps: int, processes: int) -> Iterator[Outcome]:
    """Run seeds, each as long; the outcomes come as they are ready."""
    if processes == 1:
        for seed in seeds:
            yield run_seed(seed, steps, keep=True)
        return
    # Spawned and not forked: the engine has threads and a timer of its own.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(_run_in_pool, [(seed, steps) for seed in seeds], chunksize=1)


def _run_in_pool(work: tuple[int, int]) -> Outcome:
    return run_seed(*work, keep=True)

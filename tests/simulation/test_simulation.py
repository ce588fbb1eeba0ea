"""The simulator: a short run of it, what it once found, and bugs that it must find."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from interlock_host.engine import Engine
from tests.simulation.durable import DurableWorld
from tests.simulation.planted import BUGS, DISK_BUGS
from tests.simulation.report import Outcome
from tests.simulation.run import drawn, run_seed
from tests.simulation.script import SCRIPTS, first_violation, load, save, shrink
from tests.simulation.world import World

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
pytestmark = pytest.mark.timeout(3600 if SOAK else 120)
SEEDS = range(1, 401 if SOAK else 41)
STEPS = 10_000 if SOAK else 1_500
RARE = 0 if SOAK else 3
"""How many states may not be reached."""
MINUTE = 60


def test_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    """The states of all modules and of the disk are reached, and nothing goes wrong."""
    total = Outcome()
    for seed in SEEDS:
        total.add(run_seed(seed, STEPS))
    assert not total.violations, capsys.readouterr().out
    assert len(total.missing()) <= RARE, total.missing()


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.json")), ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    """What was found once stays mended."""
    world, steps = load(path)
    assert first_violation(steps, world()) is None


def test_repeats() -> None:
    """A seed gives the same script, in any process."""
    assert list(drawn(5, 200)) == list(drawn(5, 200)) != list(drawn(7, 200))


@pytest.mark.parametrize("seed", [5, 6])
def test_same_end(seed: int) -> None:
    """A seed does the same each time, to the last operation of the disk."""
    first, second = run_seed(seed, 1_500), run_seed(seed, 1_500)
    assert (first.steps, first.seen) == (second.steps, second.seen)


def test_saved(tmp_path: Path) -> None:
    steps = list(drawn(6, 500))
    save(tmp_path / "one.json", DurableWorld, "why", steps)
    assert load(tmp_path / "one.json") == (DurableWorld, steps)


def planted(world: type[World], bug: Callable[[Engine], None]) -> type[World]:
    """Return a world whose engines have a bug."""

    class Planted(world):  # type: ignore[misc,valid-type]
        def new_engine(self) -> Engine:
            engine: Engine = super().new_engine()
            bug(engine)
            return engine

    return Planted


@pytest.mark.parametrize("name", [*BUGS, *DISK_BUGS])
def test_finds(name: str) -> None:
    """A planted bug is found within a minute, and its script shrinks to a few steps that show it again."""
    sound = World if name in BUGS else DurableWorld
    world = planted(sound, {**BUGS, **DISK_BUGS}[name])
    began = time.process_time()
    for seed in itertools.count(1 if sound is World else 2, 2):
        steps = list(drawn(seed, 3_000))
        found = first_violation(steps, world())
        if found is not None:
            break
    assert found is not None
    assert time.process_time() - began < MINUTE
    short = shrink(steps, world)
    print(f"{name}: seed {seed}, step {found[0]}: {found[1]}", *short, sep="\n  ")
    assert len(short) <= 30
    again = first_violation(short, world())
    assert again is not None and again[0] == len(short) - 1
    assert first_violation(short, sound()) is None

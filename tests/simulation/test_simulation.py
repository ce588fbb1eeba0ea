"""The simulator: a short run of it, what it once found, and bugs that it must find."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from interlock_host.engine import Engine
from tests.simulation.chance import Chance
from tests.simulation.planted import BUGS
from tests.simulation.report import Outcome
from tests.simulation.run import run_seed
from tests.simulation.script import SCRIPTS, first_violation, load, save, shrink
from tests.simulation.world import Step, World

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
SEEDS = range(1, 401 if SOAK else 21)
STEPS = 10_000 if SOAK else 2_000
MINUTE = 60


def test_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    """Every state of every module is reached, and nothing goes wrong."""
    total = Outcome()
    for seed in SEEDS:
        total.add(run_seed(seed, STEPS))
    assert not total.violations, capsys.readouterr().out
    assert not total.missing()


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.json")), ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    """What was found once stays mended."""
    assert first_violation(load(path)) is None


def drawn(seed: int, steps: int = 200) -> list[Step]:
    return list(itertools.islice(Chance(seed).steps(), steps))


def test_repeats() -> None:
    """A seed gives the same script, in any process."""
    assert drawn(5) == drawn(5) != drawn(6)


def test_saved(tmp_path: Path) -> None:
    save(tmp_path / "one.json", "why", drawn(5))
    assert load(tmp_path / "one.json") == drawn(5)


class Planted(World):
    """A world whose engine has a bug."""

    bug: Callable[[Engine], None]

    def new_engine(self) -> Engine:
        engine = super().new_engine()
        type(self).bug(engine)
        return engine


@pytest.mark.parametrize("name", BUGS)
def test_finds(name: str, tmp_path: Path) -> None:
    """A planted bug is found within a minute, and its script shrinks to a few steps that show it again."""
    world = type("World", (Planted,), {"bug": staticmethod(BUGS[name])})
    began = time.process_time()
    for seed in itertools.count(1):
        steps = drawn(seed, 3_000)
        found = first_violation(steps, world())
        if found is not None:
            break
    assert found is not None
    assert time.process_time() - began < MINUTE
    short = shrink(steps, world)
    assert len(short) <= 8
    print(f"{name}: seed {seed}, step {found[0]}: {found[1]}", *short, sep="\n  ")
    again = first_violation(short, world())
    assert again is not None and again[0] == len(short) - 1
    assert first_violation(short) is None

"""Histories of a daemon that many clients use at once, and of one that is killed under them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kills.daemon import Daemon, busy, durable
from tests.linearizability import liars
from tests.linearizability.checker import Checker, build, run_go
from tests.linearizability.record import MODELS, Model, Size, record
from tests.toolchain import require

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
SEEDS = range(20) if SOAK else range(1)
AT_ONCE = Size(clients=8, calls=400) if SOAK else Size(clients=5, calls=60)
KILLED = Size(clients=6, calls=100, kills=5) if SOAK else Size(clients=5, calls=60, kills=2)
LIES = {
    "counter": (liars.StaleRead, liars.DoubleApply),
    "queue": (liars.LostPush, liars.DuplicatePop, liars.StaleRead, liars.DoubleApply),
    "rebalance": (liars.OpenFence, liars.LostLeave, liars.StaleJoin, liars.StaleRead),
}

pytestmark = pytest.mark.timeout(3600 if SOAK else 900)  # the first build on a machine fetches Porcupine

models = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@pytest.fixture(autouse=True, scope="module")
def go() -> None:
    require("go")


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return build(tmp_path_factory.mktemp("checker"))


def test_formatted() -> None:
    assert run_go("gofmt", "-l", ".") == ""


def test_vet() -> None:
    run_go("go", "vet", "./...")


def test_modules_are_tidy() -> None:
    assert run_go("go", "mod", "tidy", "-diff") == ""


def test_models() -> None:
    """Small histories, right and wrong, in checker/*_test.go."""
    assert "PASS" in run_go("go", "test", "-count=1", "-v", ".")


@models
@pytest.mark.parametrize("seed", SEEDS)
def test_at_once(model: Model, seed: int, checker: Checker, tmp_path: Path) -> None:
    history = record(Daemon(tmp_path), model, AT_ONCE, seed)
    verdict = checker.judge(model.name, history, f"{model.name}-{seed}")
    assert verdict.status == 0, verdict.text


@models
@pytest.mark.parametrize("seed", SEEDS)
def test_killed(model: Model, seed: int, checker: Checker, tmp_path: Path) -> None:
    # Every second one sleeps, wakes and saves all the time.
    daemon = Daemon(tmp_path, durable(tmp_path / "data") if seed % 2 else busy(tmp_path))
    history = record(daemon, model, KILLED, seed)
    assert daemon.lives == KILLED.kills + 1
    verdict = checker.judge(model.name, history, f"{model.name}-killed-{seed}")
    assert verdict.status == 0, verdict.text


@pytest.mark.parametrize(
    ("model", "liar"),
    [
        pytest.param(model, liar, id=f"{model.name}-{liar.__name__}")
        for model in MODELS
        for liar in LIES[model.name]
    ],
)
def test_liar(model: Model, liar: type[liars.Liar], checker: Checker, tmp_path: Path) -> None:
    """A history that one lying client made wrong is found to be wrong, and drawn."""
    history = record(Daemon(tmp_path), model, Size(clients=3, calls=60), seed=1, liar=liar)
    verdict = checker.judge(model.name, history, f"{model.name}-{liar.__name__}")
    assert verdict.status == 1, verdict.text
    assert "NOT LINEARIZABLE" in verdict.text
    assert (checker.pictures / f"{model.name}-{liar.__name__}.html").stat().st_size


def test_forgetful(checker: Checker, tmp_path: Path) -> None:
    """A daemon without a data directory forgets when it is killed: the history shows it."""
    history = record(Daemon(tmp_path), MODELS[0], Size(clients=3, calls=40, kills=1), seed=1)
    verdict = checker.judge("counter", history, "forgetful")
    assert verdict.status == 1, verdict.text


def test_unknown_method(checker: Checker) -> None:
    """What the model does not know is refused, not passed over."""
    assert checker.judge("counter", '{"client": 1, "method": "List", "ask": {}}\n', "unknown").status == 2

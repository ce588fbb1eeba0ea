"""A host is killed at random instants under load: all that it acknowledged is there, once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kills.daemon import PROGRAM, Daemon, busy, durable
from tests.kills.load import Violation
from tests.kills.planted import program
from tests.kills.rounds import Rounds

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
ROUNDS = 200 if SOAK else 4
PLANTED_ROUNDS = 40
"""Enough for any of them; most are caught in the first five."""

pytestmark = pytest.mark.timeout(7200 if SOAK else 300)


def test_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The product as it is, with its own settings."""
    with Daemon(tmp_path, durable(tmp_path / "data")) as daemon:
        rounds = Rounds(daemon, seed=1)
        rounds.run(ROUNDS)
    assert rounds.acknowledged
    with capsys.disabled():
        print(
            f"\n    {ROUNDS} kills, {rounds.acknowledged} effects acknowledged, none lost, none twice", end=""
        )


def test_busy(tmp_path: Path) -> None:
    """With snapshots and sleep all the time, and deaths in the middle of what the disk does."""
    with Daemon(tmp_path, busy(tmp_path)) as daemon:
        Rounds(daemon, seed=2, doomed=lambda step: program(f"step={step}")).run(ROUNDS // 2)


def test_unsynced_is_lost(tmp_path: Path) -> None:
    """On a disk that forgets what was not synced, and takes its time to sync."""
    with Daemon(tmp_path, busy(tmp_path), program("slow")) as daemon:
        Rounds(daemon, seed=3, doomed=lambda step: program("slow", f"step={step}")).run(ROUNDS // 2)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("slow", "early_answer"), None),
        (("slow", "leaky_read"), "somebody was told a total"),
        (("double_apply",), None),
        (("lazy_sync",), None),
    ],
    ids=["early_answer", "leaky_read", "double_apply", "lazy_sync"],
)
def test_planted(names: tuple[str, ...], told: str | None, tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, durable(tmp_path / "data"), program(*names))
    with daemon, pytest.raises(Violation, match=told):
        Rounds(daemon, seed=4).run(PLANTED_ROUNDS)


def test_without_data(tmp_path: Path) -> None:
    """A host that keeps nothing is caught by its first death."""
    daemon = Daemon(tmp_path, (), PROGRAM)
    with daemon, pytest.raises(Violation):
        Rounds(daemon, seed=5).run(2)

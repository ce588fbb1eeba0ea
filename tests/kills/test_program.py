"""A program with `local:PATH` is killed again and again, and finds all that it was told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kills.load import Violation
from tests.kills.restarts import Restarts

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
TIMES = 50 if SOAK else 3

pytestmark = pytest.mark.timeout(900 if SOAK else 120)


@pytest.mark.parametrize("what", ["", "slow"], ids=["real", "forgetful"])
def test_killed(what: str, tmp_path: Path) -> None:
    restarts = Restarts(tmp_path / "state", seed=1, what=what)
    restarts.run(TIMES)
    assert restarts.said >= 2 * TIMES


@pytest.mark.parametrize("what", ["slow,early_answer", "lazy_sync"])
def test_planted(what: str, tmp_path: Path) -> None:
    with pytest.raises(Violation):
        Restarts(tmp_path / "state", seed=1, what=what).run(10)

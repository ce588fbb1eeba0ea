"""A thousand modules of each kind that chance wrote: held within their limits, by a process that lives on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stress.hostile import SOAK
from tests.stress.hostile_modules import flipped, mutated, smithed

COUNT = 1000 if SOAK else 50
BATCH = Path(__file__).with_name("hostile_batch.py")


class Bars(NamedTuple):
    """The least share of modules that must get so far: a module refused at the door shows little."""

    entered: float
    answered: float
    misbehaved: float


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("source", "bars"),
    [
        (smithed, Bars(entered=0.6, answered=0.4, misbehaved=0.6)),
        (mutated, Bars(entered=0.7, answered=0.6, misbehaved=0.4)),
        (flipped, Bars(entered=0.7, answered=0.6, misbehaved=0.5)),
    ],
    ids=["smithed", "mutated", "flipped"],
)
def test_modules(tmp_path: Path, source: Callable[[Path, int], bytes], bars: Bars) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for seed in range(COUNT):
        (files / f"{seed:04}.wasm").write_bytes(source(tmp_path, seed))
    command, paths = (
        [sys.executable, str(BATCH), str(files)],
        {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    batch = subprocess.run(command, env=paths, capture_output=True, text=True, check=False, timeout=1700)
    assert batch.returncode == 0, f"{batch.returncode} after {batch.stdout[-60:]!r}: {batch.stderr[-2000:]}"
    *lines, memory = [json.loads(line.split(maxsplit=1)[1]) for line in batch.stdout.splitlines()]
    assert len(lines) == COUNT
    shares = Bars(
        entered=sum(end["entries"] > 0 for end in lines) / COUNT,
        answered=sum(end["answers"] > 0 for end in lines) / COUNT,
        misbehaved=sum(end["traps"] + end["faults"] > 0 for end in lines) / COUNT,
    )
    print(shares, memory)
    assert all(share >= bar for share, bar in zip(shares, bars, strict=True)), f"{shares}, wanted {bars}"
    # A module that stayed would be hundreds of KiB of code; the rest is malloc's.
    assert memory["end"] - memory["warm"] < 16 * 1024 + 16 * COUNT, memory

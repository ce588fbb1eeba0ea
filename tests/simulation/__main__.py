"""`make simulate`: random scripts against the references, as many as asked for."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.simulation.report import Outcome
from tests.simulation.run import run_seeds

_TELL_SECONDS = 10


def main() -> int:
    """Run, tell, and return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--seeds", type=int, default=1, help="how many, counted up from the first")
    parser.add_argument("--steps", type=int, default=10_000, help="of each seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.seeds)
    processes = max(1, min(asked.processes, asked.seeds))
    total, began, told = Outcome(), time.monotonic(), time.monotonic()
    for outcome in run_seeds(seeds, asked.steps, processes):
        total.add(outcome)
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            print(f"{total.seeds} of {asked.seeds} seeds, {total.violations} violations", file=sys.stderr)
    wall = time.monotonic() - began
    print(total.table())
    print(f"{total.steps / total.seconds:.0f} steps a second of each of {processes} processes")
    print(total.last_line(wall))
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.bench [PART...]`: run all or some, print what was found, keep JSON and a picture."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import batches, disk, durable, embedded, in_process, picture, recovery, report, unary

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the benches one after another."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    parser.add_argument("--disk", type=Path, default=RESULTS, help="the folder that durable data goes to")
    parser.add_argument("parts", nargs="*", metavar="PART", help="which; all, if none is named")
    chosen = parser.parse_args()
    parts = _parts(chosen.quick, chosen.disk)
    unknown = set(chosen.parts) - parts.keys()
    if unknown:
        parser.error(f"no {', '.join(sorted(unknown))}; the parts are {', '.join(parts)}")
    results: dict[str, Any] = {"load_before": os.getloadavg()[0], "processors": os.cpu_count()}
    for name, (what, measure) in parts.items():
        if not chosen.parts or name in chosen.parts:
            print(f"{name}: {what} ...", flush=True)
            results[name] = measure()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(results, indent=2))
    picture.draw(results, RESULTS / "bench.png")
    print("\n".join(report.lines(results)))


def _parts(quick: bool, folder: Path) -> dict[str, tuple[str, Callable[[], Any]]]:
    pairs = 3 if quick else 10

    def part(of: int) -> int:
        return of // 10 if quick else of

    return {
        "unary": (
            "a counter read beside a bare echo",
            lambda: asyncio.run(unary.run(pairs, part(unary.CALLS))),
        ),
        "batches": ("a queue beside Redis", lambda: batches.run(pairs, part(batches.ROUNDS))),
        "embedded": ("the engine alone", lambda: embedded.run(part(embedded.CALLS))),
        "disk": ("one sync", lambda: disk.describe(folder, part(disk.SYNCS))),
        "durable": (
            "64 callers and batches, beside Redis that syncs always",
            lambda: durable.run(folder, pairs, part(durable.CALLS), part(durable.ROUNDS)),
        ),
        "in_process": (
            "local:PATH beside SQLite",
            lambda: in_process.run(folder, pairs, part(in_process.ADDS)),
        ),
        "recovery": (
            "a million entries, and sleepers that wake",
            lambda: recovery.run(folder, part(recovery.ENTRIES), part(recovery.WAKES)),
        ),
        "disk_after": ("one sync again", lambda: disk.describe(folder, part(disk.SYNCS))),
    }


if __name__ == "__main__":
    main()

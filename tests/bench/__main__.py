"""`python -m tests.bench`: run all, print what was found, keep JSON and a picture."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.bench import batches, embedded, picture, unary

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the benches one after another."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    quick = parser.parse_args().quick
    results: dict[str, Any] = {"load_before": os.getloadavg()[0], "processors": os.cpu_count()}
    pairs = 3 if quick else 10
    print("unary: a counter read beside a bare echo ...", flush=True)
    results["unary"] = asyncio.run(unary.run(pairs, 400 if quick else unary.CALLS))
    print("batches: a queue beside Redis ...", flush=True)
    results["batches"] = batches.run(pairs, 10 if quick else batches.ROUNDS)
    print("embedded: the engine alone ...", flush=True)
    results["embedded"] = embedded.run(5_000 if quick else embedded.CALLS)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(results, indent=2))
    picture.draw(results, RESULTS / "bench.png")
    _say(results)


def _say(results: dict[str, Any]) -> None:
    for name, bound, at in picture.rows(results):
        verdict = "met" if at["median"] >= bound else "NOT met"
        interval = f"{at['low']:.2f} to {at['high']:.2f}"
        print(f"{name:28s} {at['median']:5.2f}  ({interval})  bound {bound:.2f}: {verdict}")
    for name, rates in results["batches"]["items_a_second"].items():
        print(f"{name:28s} {sorted(rates)[len(rates) // 2]:,.0f} items/s")
    at_rate = results["unary"]["at_1000_a_second"]
    print(f"{'read at 1,000/s':28s} p50 {at_rate['p50_ms']:.2f} ms, p99 {at_rate['p99_ms']:.2f} ms "
          f"(Dapr publishes {at_rate['dapr_p50_ms']} and {at_rate['dapr_p99_ms']})")  # fmt: skip
    print(json.dumps(results["embedded"], indent=2))


if __name__ == "__main__":
    main()

"""`python -m tests.bench.before COMMIT`: are calls that keep nothing slower than at a commit?

The commit is checked out beside this tree, and its modules are built. Both trees
then take turns: a fresh process for each sample, so that where memory happens to
lie counts as chance and not as a difference; the same Python, the same packages.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc.aio

from tests.bench.calls_in_process import ADD, GET, addition, read
from tests.bench.measure import closed_loop, ratio, take_turns
from tests.bench.peers import daemon

ROOT = Path(__file__).parent.parent.parent
RESULTS = Path(__file__).parent / "results"
WORKER = Path(__file__).parent / "calls_in_process.py"
PAIRS = 10
CALLS_IN_PROCESS = 100_000
CALLS = 6_000
CALLERS = 16

Rates = dict[str, float]
"""Calls a second, by what was called."""


def main() -> None:
    """Compare, print, and keep JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.before", description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    chosen = parser.parse_args()
    pairs, share = (3, 10) if chosen.quick else (PAIRS, 1)
    with _checked_out(chosen.commit) as before:
        trees = {"now": ROOT, "before": before}
        samples: dict[str, list[Rates]] = {name: [] for name in trees}
        load = os.getloadavg()[0]
        for name in take_turns(list(trees), pairs):
            environment = _environment(trees[name])
            rates = _in_process(environment, CALLS_IN_PROCESS // share)
            rates |= asyncio.run(_through_daemon(environment, CALLS // share))
            samples[name].append(rates)
            print(name.ljust(8), *(f"{what} {rate:,.0f}/s" for what, rate in rates.items()), flush=True)
    results = {"commit": chosen.commit, "load_before": load, "samples": samples, "ratios": _ratios(samples)}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "before.json").write_text(json.dumps(results, indent=2))
    _say(results["ratios"])


@contextlib.contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    """Yield a tree of the commit with its modules built; git forgets it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", tree, commit], cwd=ROOT, check=True)
        try:
            build = [sys.executable, "build/modules.py"]
            subprocess.run(build, cwd=tree, env=_environment(tree), check=True)
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def _environment(tree: Path) -> dict[str, str]:
    """Return an environment in which a tree's own code comes before what is installed."""
    paths = (tree / "host", tree / "bindings" / "python")
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}


def _in_process(environment: dict[str, str], calls: int) -> Rates:
    command = [sys.executable, str(WORKER), str(calls)]
    said = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    rates: dict[str, Any] = json.loads(said)
    host = Path(environment["PYTHONPATH"].split(os.pathsep)[0])
    assert Path(rates.pop("host")).is_relative_to(host), "the wrong tree was measured"
    return rates


async def _through_daemon(environment: dict[str, str], calls: int) -> Rates:
    """Measure the daemon of a tree under this tree's client: bytes over `grpc.aio`."""
    rates = {}
    with daemon(environment=environment) as address:
        async with grpc.aio.insecure_channel(address) as channel:
            for name, path, request in (("Add", ADD, addition()), ("Get", GET, read())):
                method: Any = channel.unary_unary(path)
                call = functools.partial(method, request)
                await closed_loop(call, calls // 10, CALLERS)  # warms it up
                rates[f"{name} through the daemon"] = (await closed_loop(call, calls, CALLERS)).rate
    return rates


def _ratios(samples: dict[str, list[Rates]]) -> dict[str, dict[str, float]]:
    now, before = samples["now"], samples["before"]
    return {
        what: dataclasses.asdict(ratio([s[what] for s in now], [s[what] for s in before])) for what in now[0]
    }


def _say(ratios: dict[str, dict[str, float]]) -> None:
    print("\nrate now to rate before; 95 % of resamples; slower is below 1")
    for what, at in ratios.items():
        slower = "measurably slower" if at["high"] < 1 else "not measurably slower"
        print(f"{what:24s} {at['median']:5.3f}  ({at['low']:.3f} to {at['high']:.3f})  {slower}")


if __name__ == "__main__":
    main()

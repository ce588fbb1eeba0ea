"""Durable in the program's own process: `local:PATH`, beside SQLite with its log synced at every commit."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import interlock
from tests.bench.disk import scratch
from tests.bench.measure import ratio, take_turns

THREADS = (1, 8)
ADDS = 2_000
"""Of all threads together, in one sample."""
PAIRS = 10

_TABLE = "CREATE TABLE counters (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
_ADD = (
    "INSERT INTO counters VALUES (?, 1) "
    "ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value"
)  # fmt: skip

Add = Callable[[], int]


def run(disk: Path, pairs: int = PAIRS, adds: int = ADDS) -> dict[str, Any]:
    """Measure durable additions a second, by one thread and by eight."""
    found: dict[str, Any] = {}
    for threads in THREADS:
        with (
            scratch(disk) as folder,
            _interlock(folder / "interlock") as ours,
            _sqlite(folder / "sqlite") as theirs,
        ):
            sides = {"interlock": ours, "sqlite": theirs}
            rates: dict[str, list[float]] = {name: [] for name in sides}
            for side in sides.values():
                _rate(side, threads, max(threads, adds // 10))
            for name in take_turns(list(sides), pairs):
                rates[name].append(_rate(sides[name], threads, adds))
        compared = dataclasses.asdict(ratio(rates["interlock"], rates["sqlite"]))
        found[f"threads_{threads}"] = {"adds_a_second": rates, "to_sqlite": compared}
    return found | {"sqlite_version": sqlite3.sqlite_version}


@contextlib.contextmanager
def _interlock(path: Path) -> Iterator[Callable[[], Add]]:
    with interlock.open(f"local:{path}") as il:
        counter = il.counter("hits")
        yield lambda: lambda: counter.add(key="home")


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[Callable[[], Add]]:
    """Yield what connects a thread: WAL, `synchronous=FULL`, each addition a transaction of its own."""
    opened: list[sqlite3.Connection] = []

    def connect() -> Add:
        connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        opened.append(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

        def add() -> int:
            value: int = connection.execute(_ADD, ("home",)).fetchall()[0][0]
            return value

        return add

    connect()
    opened[0].execute(_TABLE)
    try:
        yield connect
    finally:
        for connection in opened:
            connection.close()


def _rate(side: Callable[[], Add], threads: int, adds: int) -> float:
    """Return additions a second; what a thread needs beforehand is not in it."""
    ready = threading.Barrier(threads + 1)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            add = side()
            ready.wait()
            for _ in range(adds // threads):
                add()
        except BaseException as failure:
            failures.append(failure)
            ready.abort()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    with contextlib.suppress(threading.BrokenBarrierError):
        ready.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    if failures:
        raise failures[0]
    return adds // threads * threads / took

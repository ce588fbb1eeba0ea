"""Coming back: a million entries recovered, snapshots taken, hibernated instances woken."""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from interlock_host.answers import KEPT_ANSWERS
from interlock_host.clock import VirtualClock
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.instance import Instance
from tests.bench.disk import scratch
from tests.bench.measure import quantile

ENTRIES = 1_000_000
INSTANCES = 100
TIMES = 3
WAKES = 300
KEYS = 1_000
"""In the counter that sleeps; as many items of 100 bytes are in the queue."""

ADD = "/interlock.counter.v1.CounterService/Add"
GET = "/interlock.counter.v1.CounterService/Get"
PUSH = "/interlock.queue.v1.QueueService/Push"
STATS = "/interlock.queue.v1.QueueService/Stats"

JOURNAL, AS_SERVED, SAVED = "journal_alone", "as_served", "saved"
"""What recovery finds: all entries and no snapshot; the snapshots and the journal that a host with its
usual options keeps; all entries, and a snapshot of each instance behind them."""

_numbers = itertools.count()

_NEVER_SAVED = StoreOptions(snapshot_entries=1 << 40, snapshot_bytes=1 << 50, idle_seconds=0)
_AS_SERVED = StoreOptions(idle_seconds=0)


def run(disk: Path, entries: int = ENTRIES, wakes: int = WAKES) -> dict[str, Any]:
    """Measure; seconds and milliseconds as the names say."""
    return {
        "entries": entries,
        "one_counter": _recovery(disk, entries, 1, (JOURNAL, AS_SERVED, SAVED)),
        f"{INSTANCES}_counters": _recovery(disk, entries, INSTANCES, (JOURNAL, SAVED)),
        "waking": _waking(disk, wakes),
    }


# Recovery


def _recovery(disk: Path, entries: int, instances: int, states: Sequence[str]) -> dict[str, Any]:
    """Recover what a host left that was killed."""
    results = {}
    for state in states:
        with scratch(disk) as folder:
            data = folder / "data"
            written = _write(data, state, entries, instances)
            results[state] = written | _recovered(data, entries, instances)
    return results


def _write(data: Path, state: str, entries: int, instances: int) -> dict[str, float]:
    """Add to counters by turns, at the level that syncs twenty times a second, and end without a word.

    Each addition has a request id, as the Python client sends it: recovery makes the answers
    that retries get again too.
    """
    began = time.perf_counter()
    options = _AS_SERVED if state == AS_SERVED else _NEVER_SAVED
    with _engine(data, options, level=Level.ASYNC, clean=False) as engine:
        add, life = engine.method(ADD), engine.life
        assert add is not None and life is not None
        requests = [_addition(index) for index in range(instances)]
        for index in range(entries):
            engine.start(add, requests[index % instances], scope=_scope())
        life.store.sync(life.store.journal.last_lsn)
        written = time.perf_counter() - began
        if state == SAVED:
            for instance in life.instances():
                instance.save()
    journal = sum(file.stat().st_size for file in (data / "journal").iterdir())
    return {"write_s": written, "journal_mb": journal / 1e6}


def _recovered(data: Path, entries: int, instances: int) -> dict[str, Any]:
    """Open the folder a few times; each leaves it as it was, but for the cut of the first."""
    runs = []
    for _ in range(TIMES):
        gc.collect()
        began = time.perf_counter()
        store = Store.open(data, _NEVER_SAVED)
        scanned = time.perf_counter()
        with _engine(data, _NEVER_SAVED, store=store, clean=False) as engine:
            assert engine.recovered is not None and not engine.recovered.refused
            replay = engine.recovered.seconds
            run = {
                "seconds": scanned - began + replay,
                "scan_s": scanned - began,
                "replay_s": replay,
                "replayed": engine.recovered.entries,
            }
            _check(engine, entries, instances)
        runs.append(run)
    middle = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
    return middle | {"all_s": [run["seconds"] for run in runs]}


def _check(engine: Engine, entries: int, instances: int) -> None:
    get = engine.method(GET)
    assert get is not None
    total = 0
    for index in range(instances):
        call = engine.start(get, _read(index), sink=_nobody)
        assert call.answer is not None
        total += counter_pb2.GetResponse.FromString(call.answer.payload).values[0].value
    assert total == entries, f"{total} of {entries} additions came back"


# Sleep


def _waking(disk: Path, wakes: int) -> dict[str, Any]:
    with scratch(disk) as folder, _engine(folder / "data", _AS_SERVED, level=Level.DURABLE) as engine:
        adds = [counter_pb2.Addition(key=f"key-{index}", delta=1) for index in range(KEYS)]
        items = [queue_pb2.Item(data=bytes(100)) for _ in range(KEYS)]
        counter = counter_pb2.AddRequest(instance="c0", adds=adds).SerializeToString()
        queue = queue_pb2.PushRequest(instance="q0", items=items).SerializeToString()
        _entered(engine, ADD, counter)
        _entered(engine, PUSH, queue)
        one = queue_pb2.PushRequest(instance="q0", items=items[:1]).SerializeToString()
        asked = queue_pb2.StatsRequest(instance="q0").SerializeToString()
        return {
            "counter": _slept(
                engine, engine.instance("counter", "c0"), wakes, (ADD, _addition(0)), (GET, _read(0))
            ),
            "queue": _slept(engine, engine.instance("queue", "q0"), wakes, (PUSH, one), (STATS, asked)),
            "counter_of_retries": _retried(engine, wakes),
        }


def _retried(engine: Engine, wakes: int) -> dict[str, Any]:
    """Wake a counter that keeps as many answers as it may, by calls that look whether they are retries."""
    for _ in range(KEPT_ANSWERS):
        _start(engine, ADD, _addition(1), _scope())
    _entered(engine, ADD, _addition(1))
    one = _addition(1)
    return _slept(engine, engine.instance("counter", "c1"), wakes, (ADD, one), (ADD, one), scoped=True)


def _slept(
    engine: Engine,
    instance: Instance,
    wakes: int,
    change: tuple[str, bytes],
    call: tuple[str, bytes],
    *,
    scoped: bool = False,
) -> dict[str, Any]:
    """Change an instance, save it, let it sleep, and wake it by a call, again and again.

    Waking ends as the call was entered: whether its own answer waits for the disk is another matter.
    """
    took: dict[str, list[float]] = {"capture_ms": [], "save_ms": [], "wake_ms": []}
    assert isinstance(instance, DurableInstance)
    for _ in range(wakes):
        _entered(engine, *change)
        with instance.lock:
            _timed(took["capture_ms"], instance.image)
        assert _timed(took["save_ms"], instance.save) and instance.sleep() and instance.asleep
        scope = _scope() if scoped else b""
        _timed(took["wake_ms"], functools.partial(_start, engine, *call, scope))
        assert not instance.asleep
    snapshot = instance.store.snapshots.newest(instance.id).snapshot
    assert snapshot is not None
    return {name: _quantiles(values) for name, values in took.items()} | {
        "memory_kib": instance.memory_bytes / 1024
    }


def _timed(took: list[float], work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    result = work()
    took.append((time.perf_counter() - began) * 1e3)
    return result


def _quantiles(values: list[float]) -> dict[str, float]:
    values = sorted(values)
    return {"p50": statistics.median(values), "p99": quantile(values, 0.99)}


# The engine


@contextlib.contextmanager
def _engine(
    data: Path,
    options: StoreOptions,
    *,
    store: Store | None = None,
    level: Level = Level.DURABLE,
    clean: bool = True,
) -> Iterator[Engine]:
    store = store or Store.open(data, options)
    clock = VirtualClock(time.time_ns())
    engine = Engine(EngineConfig(level_of=lambda *_: level), clock=clock, store=store)
    try:
        yield engine
    finally:
        if not clean:
            assert engine.life is not None
            engine.life.close(clean=False)
            engine.life = None
        engine.close()


def _entered(engine: Engine, path: str, request: bytes) -> None:
    """Call, and return once the answer may leave."""
    _start(engine, path, request)
    assert engine.life is not None
    store = engine.life.store
    store.sync(store.journal.last_lsn)


def _start(engine: Engine, path: str, request: bytes, scope: bytes = b"") -> None:
    method = engine.method(path)
    assert method is not None
    engine.start(method, request, sink=_nobody, scope=scope)


def _scope() -> bytes:
    """Return the next request id of a client, as the Python client counts them."""
    return b"anyone\0%016x-%d" % (0, next(_numbers))


def _nobody(_: object) -> None:
    pass


def _addition(index: int) -> bytes:
    addition = counter_pb2.Addition(key="key-0", delta=1)
    return counter_pb2.AddRequest(instance=f"c{index}", adds=[addition]).SerializeToString()


def _read(index: int) -> bytes:
    return counter_pb2.GetRequest(instance=f"c{index}", keys=["key-0"]).SerializeToString()

"""Many threads in an engine that keeps its instances: what was acknowledged is there, once; nobody hangs."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from interlock_host.calls import CancelReason
from interlock_host.durability.residents import hibernate
from interlock_host.durability.store import StoreOptions
from interlock_host.errors import HostError
from tests.stress.durable import Begun, Host, Refused, together, tried, until_done

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
ROUNDS = 40 if SOAK else 1
THREADS = 8
CALLS = 150 if SOAK else 60
_STUCK = 40.0
"""Seconds after which a test shows where every thread stands."""


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    faulthandler.dump_traceback_later(_STUCK, exit=False)
    yield
    faulthandler.cancel_dump_traceback_later()
    sys.setswitchinterval(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def numbered(work: Callable[[int], object]) -> list[Callable[[], object]]:
    """Return the same work, once for each thread."""
    return [partial(work, thread) for thread in range(THREADS)]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_retries_while_it_sleeps(folder: Path, seed: int) -> None:
    """Each id is applied once, however often its instance is put to sleep between two tries."""
    host = Host(folder)

    def work(thread: int) -> None:
        for number in range(CALLS):
            scope = b"%d-%d" % (thread, number)
            name = f"c{number % 3}"
            assert len({host.add(name, scope=scope) for _ in range(3)}) == 1

    def nap() -> None:
        for instance in host.life.instances():
            hibernate(instance)

    until_done(numbered(work), [nap, nap])
    assert [host.value(f"c{n}") for n in range(3)] == [THREADS * CALLS // 3] * 3
    host.close()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_full_disks(folder: Path, seed: int) -> None:
    """A disk that fills up and empties: what was answered is there, what is there was asked for."""
    host = Host(folder, StoreOptions(snapshot_entries=20, segment_bytes=8192, idle_seconds=0.001))
    names = [f"c{n}" for n in range(4)]
    keeper = host.life._keeper
    assert keeper is not None
    answered: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def work(thread: int) -> None:
        draw = random.Random(f"{seed}/{thread}")
        for _ in range(CALLS):
            name = draw.choice(names)
            refused = tried(partial(host.add, name))
            assert refused in ("", "JOURNAL_FAILED"), refused
            with lock:
                asked[name] += 1
                answered[name] += not refused
            if refused:
                host.disk.full.clear()

    def fill() -> None:
        host.disk.full.set()
        threading.Event().wait(0.002)
        host.disk.full.clear()
        threading.Event().wait(0.002)

    until_done(numbered(work), [fill, keeper.wake])
    for name in names:
        while tried(partial(host.value, name)):  # it may be coming back still
            threading.Event().wait(0.001)
    values = {name: host.value(name) for name in names}
    host.close()
    for name in names:
        assert answered[name] <= values[name] <= asked[name]
    again = Host(folder)
    assert again.engine.recovered is not None
    assert again.engine.recovered.refused == []
    assert {name: again.value(name) for name in names} == values
    again.close()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_deletes(folder: Path, seed: int) -> None:
    """Instances end and begin anew under their callers; a name is one instance, then and later."""
    host = Host(folder, StoreOptions(snapshot_entries=5, idle_seconds=0.001))
    keeper = host.life._keeper
    assert keeper is not None

    def work(thread: int) -> None:
        draw = random.Random(f"{seed}/{thread}")
        for _ in range(CALLS):
            name = draw.choice("ab")
            if draw.random() < 0.2:
                refused = tried(partial(host.engine.delete, "counter", name))
                assert refused in ("", "NOT_FOUND"), refused
            else:
                assert host.add(name) >= 1

    until_done(numbered(work), [keeper.wake])
    values = [host.value(name) for name in "ab"]
    assert len(host.life.instances()) == len(host.engine.instances())
    host.close()
    again = Host(folder)
    assert [again.value(name) for name in "ab"] == values
    assert len(again.life.instances()) == len(again.engine.instances())
    again.close()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_cap(folder: Path, seed: int) -> None:
    """Sixty instances, six in memory: none is lost, and who is in memory is known."""
    most = 6
    host = Host(folder, most=most)
    added: Counter[str] = Counter()
    lock = threading.Lock()

    def work(thread: int) -> None:
        draw = random.Random(f"{seed}/{thread}")
        for _ in range(CALLS):
            name = f"c{draw.randrange(10 * most)}"
            refused = tried(partial(host.add, name))
            assert refused in ("", "TOO_MANY_INSTANCES"), refused
            assert len(host.life.residents) <= most + THREADS
            with lock:
                added[name] += not refused

    together(numbered(work))
    host.life.residents.idle()
    awake = [instance for instance in host.life.instances() if instance.machine is not None]
    assert set(host.life.residents) == set(awake)
    assert {name: host.value(name) for name in added} == added
    host.close()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_cancelled_and_answered(folder: Path, seed: int) -> None:
    """Parked calls and their riders are answered once, whoever cancels which of them when."""
    host = Host(folder)

    def work(thread: int) -> None:
        draw = random.Random(f"{seed}/{thread}")
        for number in range(CALLS):
            scope = b"%d" % number
            begun = host.pop("q", draw.choice((0, 1, 1000)))
            twin = _same_pop(host, scope)
            for each in draw.sample((begun, twin), 2):
                each.call.cancel(draw.choice((CancelReason.DEADLINE, CancelReason.DISCONNECT)))
            for each in (begun, twin):
                tried(each.wait)

    until_done(numbered(work), [host.engine.parked_calls])
    assert host.engine.parked_calls() == 0
    assert len(host.life.store.barrier) == 0
    host.close()


def _same_pop(host: Host, scope: bytes) -> Begun:
    request = b"\x0a\x01r\x18\xe8\x07"  # instance "r", wait_ms 1000
    return host.begin("/interlock.queue.v1.QueueService/Pop", request, scope)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_close_among_callers(folder: Path, seed: int) -> None:
    """The engine ends while it is called: every call is answered, or refused; what was answered is kept."""
    host = Host(folder)
    answered = Counter[str]()
    lock = threading.Lock()
    begun = threading.Barrier(THREADS + 1)

    def work(thread: int) -> None:
        for number in range(10_000):
            if number == 3:
                begun.wait()
            try:
                parked = host.pop("q", 60_000) if number % 4 == 0 else None
                host.add(f"c{number % 2}")
                with lock:
                    answered[f"c{number % 2}"] += 1
                if parked is not None and number % 8:
                    parked.call.cancel(CancelReason.DISCONNECT)
                    tried(parked.wait)
            except (HostError, Refused):
                return

    def end() -> None:
        begun.wait()
        host.close()

    together([*numbered(work), end])
    with pytest.raises(HostError, match="no new calls"):
        host.value("c0")
    again = Host(folder)
    for name, count in answered.items():
        assert again.value(name) >= count
    again.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # one may strike a __del__
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_interrupts(folder: Path, seed: int) -> None:
    """KeyboardInterrupt between any two steps of an entry leaves an instance that comes back whole."""
    host = Host(folder, StoreOptions(snapshot_entries=30))
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    answered = [0] * THREADS
    armed: set[int] = set()
    """Threads that may be struck, each once: one that is struck outside of its `try` would die."""
    lock = threading.Lock()

    def work(thread: int) -> None:
        for _ in range(CALLS):
            with contextlib.suppress(KeyboardInterrupt):
                armed.add(threading.get_ident())
                try:
                    if not tried(lambda: host.add(f"c{thread % 3}")):
                        answered[thread] += 1
                finally:
                    disarm()

    def disarm() -> None:
        own = threading.get_ident()
        with lock:
            armed.discard(own)
            interrupt(ctypes.c_ulong(own), None)  # one that is under way

    def strike() -> None:
        for victim in list(armed):
            with lock:
                if victim in armed:
                    armed.discard(victim)
                    interrupt(ctypes.c_ulong(victim), ctypes.py_object(KeyboardInterrupt))
            threading.Event().wait(0.0005)

    until_done(numbered(work), [strike])
    values = {f"c{n}": host.value(f"c{n}") for n in range(3)}
    host.close()
    again = Host(folder)
    assert again.engine.recovered is not None
    assert again.engine.recovered.refused == []
    assert {name: again.value(name) for name in values} == values
    for number in range(3):
        threads = range(number, THREADS, 3)
        assert sum(answered[thread] for thread in threads) <= values[f"c{number}"] <= CALLS * len(threads)
    again.close()


PROGRAM = """
import sys, threading
import interlock
il = interlock.open("local:" + sys.argv[1])
hits = il.counter("hits")
stream = iter(il.queue("q", capacity=65536).subscribe(credit=4))
begun = threading.Event()
def work():
    for number in range(1_000_000):
        sys.stdout.write(f"{hits.add(1)}\\n")
        if number == 20:
            begun.set()
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
"""


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_exit_without_close(folder: Path, seed: int) -> None:
    """A program that just ends, ends: no hang, no traceback, and all that returned is kept."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    returned = max(int(line) for line in ended.stdout.split("\n")[:-1] if line)
    host = Host(folder)
    assert host.value("hits") >= returned
    host.close()


def test_ten_thousand_parked(folder: Path) -> None:
    """Ten thousand durable calls wait; the disk fails, and each is told, once."""
    host = Host(folder)
    host.add("c")
    begun = [host.pop(f"q{number % 10}", 60_000) for number in range(10_000)]
    assert host.engine.parked_calls() == 10_000
    host.disk.full.set()
    assert tried(partial(host.add, "c")) == "JOURNAL_FAILED"
    for each in begun:
        with pytest.raises(Refused, match="JOURNAL_FAILED"):
            each.wait()
    host.disk.full.clear()
    host.close()

"""What stops a module that runs too long."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable

import pytest
import wasmtime

from interlock_host.wasm import epoch, raw
from interlock_host.wasm.compiler import compiler
from interlock_host.wasm.machine import Machine, Trapped
from interlock_host.wasm.program import Program

SPIN = """(module (memory (export "memory") 1)
  (func (export "spin") (loop br 0))
  (func (export "rest")))"""


def machine(budget_ms: int = 10) -> Machine:
    module = compiler().compile(bytes(wasmtime.wat2wasm(SPIN)), None)
    return Machine(Program(compiler(), module, uses_wasi=False), 1 << 20, budget_ms, 0, 0)


@pytest.mark.parametrize("source", [epoch._PosixTimer, epoch._Thread])
def test_sources_advance_the_epoch(source: Callable[[int], epoch._Source]) -> None:
    config = wasmtime.Config()
    config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    ticking = source(raw.address_of(engine.ptr()))
    store = wasmtime.Store(engine)
    store.set_epoch_deadline(3)
    module = wasmtime.Module(engine, SPIN)
    spin = wasmtime.Instance(store, module, []).exports(store)["spin"]
    assert isinstance(spin, wasmtime.Func)
    ticking.start()
    with pytest.raises(wasmtime.Trap):
        spin(store)
    ticking.stop()


def test_a_loop_ends() -> None:
    with pytest.raises(Trapped, match="entry budget"):
        machine().call("spin")


def thread_times(monkeypatch: pytest.MonkeyPatch, *times: int) -> list[int]:
    """Let the thread's processor time be these, in ns, one after the other; returns what is left."""
    left = list(times)
    monkeypatch.setattr(time, "thread_time_ns", lambda: left.pop(0))
    return left


def test_waiting_for_a_processor_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines come and go while the thread's own time stands still."""
    spinner = machine(budget_ms=10)
    left = thread_times(monkeypatch, 5_000_000, 5_000_000, 15_000_000, 15_000_001)
    with pytest.raises(Trapped, match="entry budget"):
        spinner.call("spin")
    assert not left


def test_each_entry_has_a_whole_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    spinner = machine(budget_ms=10)
    left = thread_times(monkeypatch, 1, 20_000_000, 30_000_000, 30_000_001, 40_000_000, 40_000_001)
    for unused in (4, 0):
        with pytest.raises(Trapped, match="entry budget"):
            spinner.call("spin")
        assert len(left) == unused


def test_a_loop_ends_while_another_thread_holds_the_gil() -> None:
    begun, ended = threading.Event(), threading.Event()
    usleep = ctypes.PyDLL(None).usleep  # sleeps without giving the GIL away

    def hold() -> None:
        begun.set()
        while not ended.is_set():
            usleep(20_000)

    holder = threading.Thread(target=hold)
    spinner = machine()
    holder.start()
    begun.wait()
    try:
        with pytest.raises(Trapped, match="entry budget"):
            spinner.call("spin")
    finally:
        ended.set()
        holder.join()


def test_ticks_never_cut_a_budget_short() -> None:
    assert [epoch.ticks(ms) for ms in (1, 5, 10, 11)] == [2, 2, 3, 4]


def test_the_ticker_rests_and_wakes() -> None:
    rested = threading.Event()

    class Source:
        starts = 0

        def start(self) -> None:
            self.starts += 1
            rested.clear()

        def stop(self) -> None:
            rested.set()

    ticker = epoch.EpochTicker(compiler().engine_address)
    source = ticker._source = Source()
    ticker.wake()
    ticker.wake()
    assert source.starts == 1
    assert rested.wait(10)
    while ticker.awake:  # set just after stop, under the ticker's lock
        with ticker._lock:
            pass
    ticker.wake()
    assert source.starts == 2

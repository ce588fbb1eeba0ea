"""The thread that brings time to an engine which nobody calls."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path

from interlock_host.calls import Record
from interlock_host.clock import RunClock, VirtualClock
from interlock_host.driver import ThreadDriver
from interlock_host.engine import Engine, EngineConfig
from tests.host import puppet
from tests.host.puppet import deadline, op, record, request

PATIENCE = 20


def test_the_earlier_deadline_wins() -> None:
    clock = RunClock()
    ran: queue.SimpleQueue[int] = queue.SimpleQueue()

    def run_due() -> None:
        ran.put(clock.now())

    driver = ThreadDriver(clock, run_due)
    now = clock.now()
    driver.schedule(now + 3_600_000_000_000)
    driver.schedule(now + 1_000_000)
    assert ran.get(timeout=PATIENCE) >= now + 1_000_000
    driver.close()


def test_no_thread_before_the_first_deadline() -> None:
    before = threading.active_count()
    driver = ThreadDriver(RunClock(), lambda: None)
    assert threading.active_count() == before
    driver.close()


def test_close_ends_a_long_wait() -> None:
    driver = ThreadDriver(RunClock(), lambda: None)
    driver.schedule(time.time_ns() + 3_600_000_000_000)
    driver.close()
    assert driver._thread is not None
    assert not driver._thread.is_alive()


def test_a_parked_call_is_answered_by_real_time(puppet_folder: Path) -> None:
    engine = Engine(EngineConfig(modules=(puppet_folder,), standard=False))
    method = engine.method(puppet.SERVICE + "Do")
    assert method is not None
    got: queue.SimpleQueue[Record] = queue.SimpleQueue()
    tick = op("T", op("O", record(1, 3, b"later")) + deadline(2**63 - 1))
    call = engine.start(method, request(tick, deadline(engine.clock.now() + 1_000_000)), got.put)
    # On a busy machine the entry may end behind the deadline, and answer at once.
    answer = call.answer or got.get(timeout=PATIENCE)
    assert answer.payload == b"later"
    engine.close()


def test_clocks() -> None:
    run = RunClock()
    assert run.now() <= run.now()
    virtual = VirtualClock(5)
    virtual.move_to(7)
    virtual.move_to(6)
    assert virtual.now() == 7

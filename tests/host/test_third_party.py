"""A module by a third party, in the engine: every kind of method, and every way to misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock_host.calls import CancelReason
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.instance import State
from tests.host.conftest import START_NS, Watcher
from tests.host.gate import Gate, compile_gate, pack_gate
from tests.host.session import fields

MS = 1_000_000
DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, INTERNAL, UNAVAILABLE = 4, 8, 9, 13, 14


@pytest.fixture(scope="session")
def gate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed gate, alone in its folder."""
    folder = tmp_path_factory.mktemp("gate")
    served = folder / "served"
    served.mkdir()
    return pack_gate(compile_gate(folder / "gate.wasm"), served / "gate.wasm")


@pytest.fixture
def gate(gate_file: Path, watcher: Watcher) -> Iterator[Gate]:
    config = EngineConfig(modules=(gate_file.parent,), standard=False, seed=1)
    engine = Engine(config, clock=VirtualClock(START_NS), observer=watcher)
    yield Gate(engine, gate_file)
    engine.close()


def test_name(gate: Gate) -> None:
    module = gate.engine.modules["gate"]
    assert (module.package, module.service) == ("acme.gate.v1", "acme.gate.v1.GateService")
    assert module.summary == "A gate that calls wait at"


# Every kind of method


def test_pass_at_once(gate: Gate) -> None:
    assert gate.send("Open").reply.released == 0
    assert gate.send("Pass").reply.number == 1
    assert gate.send("Pass", wait_ms=50).reply.number == 2


def test_pass_parked(gate: Gate) -> None:
    waiting = [gate.send("Pass", wait_ms=50) for _ in range(3)]
    gate.engine.advance(49 * MS)
    assert not any(sent.done for sent in waiting)
    assert gate.send("Open").reply.released == 3
    assert [sent.reply.number for sent in waiting] == [1, 2, 3]


def test_pass_times_out(gate: Gate) -> None:
    late = gate.send("Pass", wait_ms=50)
    early = gate.send("Pass", wait_ms=20)
    gate.engine.advance(20 * MS)
    assert early.done and not late.done
    gate.engine.advance(30 * MS)
    assert [sent.failure[:2] for sent in (early, late)] == [(DEADLINE_EXCEEDED, "TIMED_OUT")] * 2


def test_pass_without_wait(gate: Gate) -> None:
    assert gate.send("Pass").failure.reason == "TIMED_OUT"


def test_cancel(gate: Gate) -> None:
    sent = gate.send("Pass", wait_ms=50)
    sent.call.cancel(CancelReason.DISCONNECT)
    assert sent.failure.reason == "CALLER_GONE"
    assert gate.send("Open").reply.released == 0


def test_timer(gate: Gate) -> None:
    gate.send("Open", auto_close_ms=10)
    gate.engine.advance(10 * MS - 1)
    assert gate.send("Peek").reply.open
    gate.engine.advance(1)
    assert not gate.send("Peek").reply.open


def test_due_before_entry(gate: Gate) -> None:
    """What is due happens before the call that comes at the same time."""
    gate.send("Open", auto_close_ms=10)
    gate.engine.clock.move_to(START_NS + 10 * MS)
    assert not gate.send("Peek").reply.open


def test_own_reason(gate: Gate) -> None:
    gate.send("Open")
    failure = gate.send("Open").failure
    assert (failure.code, failure.reason, failure.domain) == (
        FAILED_PRECONDITION,
        "ALREADY_OPEN",
        "acme.gate.v1",
    )


def test_server_stream(gate: Gate) -> None:
    watch = gate.send("Watch", limit=3)
    gate.send("Open", auto_close_ms=5)
    gate.engine.advance(5 * MS)
    assert [fields(event) for event in watch.replies] == [{"sequence": 1, "open": True}, {"sequence": 2}]
    assert not watch.done
    gate.send("Open")
    assert [event.sequence for event in watch.replies] == [1, 2, 3]
    assert watch.done and not watch.records[-1].is_message


def test_client_stream(gate: Gate) -> None:
    count = gate.open("Count")
    for _ in range(5):
        gate.message(count, "Count")
    assert not count.done
    count.call.half_close()
    assert count.reply.messages == 5


def test_empty_client_stream(gate: Gate) -> None:
    with pytest.raises(HostError) as error:
        gate.open("Count").call.half_close()
    assert error.value.failure.reason == "STREAM_EMPTY"


def test_bidi_stream(gate: Gate) -> None:
    echo = gate.open("Echo")
    for data in (b"one", b"two"):
        gate.message(echo, "Echo", data=data)
    assert [(reply.number, reply.data) for reply in echo.replies] == [(1, b"one"), (2, b"two")]
    echo.call.half_close()
    assert echo.done and len(echo.replies) == 2


def test_read_makes_no_instance(gate: Gate) -> None:
    assert fields(gate.send("Peek").reply) == {}
    assert list(gate.engine.instances()) == []


def test_read(gate: Gate) -> None:
    gate.send("Pass", wait_ms=50)
    assert fields(gate.send("Peek").reply) == {"waiting": 1}


def test_full_outbox(gate: Gate) -> None:
    """More than one outbox holds arrives in order, over as many ticks as it takes."""
    flood = gate.send("Flood", count=5_000)
    assert [reply.number for reply in flood.replies] == list(range(1, 5_001))
    assert flood.done


def test_large_message(gate: Gate) -> None:
    """Beyond inbox_size, through interlock_buffer; beyond that, refused by the module."""
    echo = gate.open("Echo")
    gate.message(echo, "Echo", data=b"x" * 30_000)
    assert echo.replies[0].data == b"x" * 30_000
    gate.message(echo, "Echo", data=b"x" * 40_000)
    assert echo.failure.reason == "MESSAGE_TOO_LARGE"


def test_metrics(gate: Gate) -> None:
    gate.send("Open")
    gate.send("Pass")
    gate.send("Close")
    gate.send("Pass", wait_ms=50)
    (instance,) = gate.engine.instances()
    assert {value.name: value.value for value in instance.metrics().values} == {
        "open": 0,
        "waiting": 1,
        "passed": 1,
    }


# What a host must survive


def test_loop(gate: Gate, watcher: Watcher) -> None:
    assert gate.send("Loop").failure[:2] == (INTERNAL, "TRAP")
    assert watcher.traps == ["the module ran past its entry budget"]
    assert fields(gate.send("Peek").reply) == {}


def test_trap_isolated(gate: Gate) -> None:
    """Another instance goes on; the one that trapped begins anew, and nobody sees what it left."""
    gate.send("Open", "other")
    waiting = gate.send("Pass", wait_ms=50)
    assert gate.send("Trap").failure[:2] == (INTERNAL, "TRAP")
    assert waiting.failure[:2] == (UNAVAILABLE, "INSTANCE_RESTARTED")
    assert gate.send("Pass", "other").reply.number == 1
    assert fields(gate.send("Peek").reply) == {}


def test_three_traps(gate: Gate) -> None:
    for _ in range(3):
        gate.send("Trap")
    with pytest.raises(HostError) as error:
        gate.send("Peek")
    assert error.value.failure[:2] == (UNAVAILABLE, "INSTANCE_FAILED")
    assert gate.send("Open", "other").reply.released == 0
    gate.engine.delete("gate", "a")
    assert gate.send("Open").reply.released == 0


def test_memory_limit(gate: Gate) -> None:
    assert gate.send("Grow").reply.memory_bytes == 4 << 20
    (instance,) = gate.engine.instances()
    assert instance.memory_bytes == 4 << 20
    assert gate.send("Open").reply.released == 0


def test_parked_limit(gate: Gate) -> None:
    parked = [gate.send("Pass", wait_ms=50) for _ in range(8)]
    assert gate.send("Pass", wait_ms=50).failure[:2] == (RESOURCE_EXHAUSTED, "TOO_MANY_PARKED")
    assert gate.send("Open").reply.released == len(parked)


def test_parked_read(gate: Gate) -> None:
    gate.send("Open")
    assert gate.send("Stall").failure[:2] == (INTERNAL, "PARKED_READ")
    assert gate.send("Peek").reply.open


@pytest.mark.parametrize("kind", ["UNKNOWN_CALL", "NOT_FINAL", "ANSWERED_TWICE"])
def test_dropped_record(gate: Gate, watcher: Watcher, kind: str) -> None:
    """The record is dropped and counted; the call's good answer, and the instance, live."""
    gate.send("Open")
    assert fields(gate.send("BadOutbox", kind=f"OUTBOX_FAULT_{kind}").reply) == {}
    assert len(watcher.faults) == 1 and not watcher.traps
    assert gate.send("Peek").reply.open


@pytest.mark.parametrize("kind", ["CUT_HEAD", "OUTSIDE", "STATUS"])
def test_malformed_outbox(gate: Gate, watcher: Watcher, kind: str) -> None:
    """The machine is thrown away: its outbox cannot be trusted."""
    gate.send("Open")
    failure = gate.send("BadOutbox", kind=f"OUTBOX_FAULT_{kind}").failure
    assert failure[:2] == (INTERNAL, "TRAP")
    assert len(watcher.traps) == 1
    assert fields(gate.send("Peek").reply) == {}


def test_record_too_long(gate: Gate, watcher: Watcher) -> None:
    """One that does not fit the outbox is dropped; its call waits for its caller's deadline."""
    gate.send("Open")
    sent = gate.send("BadOutbox", kind="OUTBOX_FAULT_RECORD_TOO_LONG")
    assert not sent.done and not sent.records
    assert len(watcher.faults) == 1
    sent.call.cancel(CancelReason.DEADLINE)
    assert sent.failure[:2] == (DEADLINE_EXCEEDED, "CALLER_GONE")
    assert gate.send("Peek").reply.open


def test_no_progress(gate: Gate) -> None:
    assert fields(gate.send("BadOutbox", kind="OUTBOX_FAULT_NO_PROGRESS").reply) == {}
    (instance,) = gate.engine.instances()
    assert instance.state is State.FAILED
    assert gate.send("Open", "other").reply.released == 0

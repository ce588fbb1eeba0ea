"""The engine against the ABI's rules, played by a puppet."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, ModuleError, failure_of
from interlock_host.instance import State
from tests.host import puppet
from tests.host.conftest import START_NS, Watcher
from tests.host.puppet import answer, deadline, op, record, request

MS = 1_000_000
TRAP = b"X"
LOOP = b"W"


class Player:
    """Calls the puppet, and keeps what each call's sink was given."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.got: dict[int, list[Record]] = {}

    def __call__(self, *script: bytes, method: str = "Do", instance: bytes = b"a") -> Call:
        found = self.engine.method(puppet.SERVICE + method)
        assert found is not None
        got: list[Record] = []
        call = self.engine.start(found, request(*script, instance=instance), got.append)
        self.got[call.id] = got
        return call

    def refused(self, *script: bytes, method: str = "Do", instance: bytes = b"a") -> str:
        with pytest.raises(HostError) as error:
            self(*script, method=method, instance=instance)
        return error.value.failure.reason


@pytest.fixture
def play(engine: Engine) -> Player:
    return Player(engine)


def reason(call: Call) -> str:
    assert call.answer is not None
    return failure_of(call.answer).reason


def test_answer(play: Player) -> None:
    call = play(answer(b"\x0a\x01x"))
    assert call.answer == Record(0, 3, b"\x0a\x01x")
    assert play.got[call.id] == []


def test_ids_rise(play: Player) -> None:
    assert [play(answer()).id for _ in range(3)] == [1, 2, 3]


def test_parked_then_answered(play: Player, engine: Engine) -> None:
    call = play(op("T", op("O", record(1, 3, b"late")) + deadline(2**63 - 1)), deadline(START_NS + 5 * MS))
    assert not call.done
    engine.advance(5 * MS - 1)
    assert not call.done
    engine.advance(1)
    assert play.got[call.id] == [Record(0, 3, b"late")]


def test_due_before_the_entry_at_the_same_time(play: Player, engine: Engine) -> None:
    parked = play(op("T", op("O", record(1, 3, b"tick")) + deadline(2**63 - 1)), deadline(START_NS + MS))
    clock = engine.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(START_NS + 2 * MS)
    call = play(b"N")
    assert play.got[parked.id] == [Record(0, 3, b"tick")]
    assert call.answer is not None
    assert struct.unpack("<q", call.answer.payload) == (START_NS + 2 * MS,)


def test_ticks_come_at_their_own_time(play: Player, engine: Engine) -> None:
    second = op("T", b"") + op("O", record(1, 2, b"2")) + deadline(2**63 - 1)
    first = op("T", second) + op("O", record(1, 2, b"1")) + deadline(START_NS + 3 * MS)
    stream = play(op("T", first), deadline(START_NS + MS), method="Stream")
    engine.advance(2 * MS)
    assert play.got[stream.id] == [Record(0, 2, b"1")]
    engine.advance(MS)
    assert play.got[stream.id] == [Record(0, 2, b"1"), Record(0, 2, b"2")]


def test_endless_ticks(play: Player, watcher: Watcher) -> None:
    play(op("T", op("O", record(0, 4, b"again"))), deadline(0))
    assert "NO_PROGRESS" in watcher.traps[0]
    assert len(watcher.events) < 20_000


def test_backlog_is_ticked_at_the_same_time(play: Player, engine: Engine) -> None:
    call = play(op("T", op("O", record(1, 3, b"rest")) + deadline(2**63 - 1)), deadline(0))
    assert call.answer == Record(0, 3, b"rest")


def test_no_progress(play: Player, watcher: Watcher) -> None:
    call = play(op("T", b""), deadline(0))
    assert reason(call) == "INSTANCE_RESTARTED"
    assert "NO_PROGRESS" in watcher.traps[0]
    assert play.refused(answer()) == "INSTANCE_FAILED"


def test_stream_records_in_order(engine: Engine) -> None:
    got: list[Record] = []
    method = engine.method(puppet.SERVICE + "Stream")
    assert method is not None
    script = (op("E", b"1"), op("E", b"2"), op("O", record(1, 1)))
    call = engine.start(method, request(*script), got.append)
    assert [r.payload for r in got] == [b"1", b"2", b""]
    assert call.done


def test_client_stream(engine: Engine) -> None:
    got: list[Record] = []
    method = engine.method(puppet.SERVICE + "Gather")
    assert method is not None
    call = engine.open_stream(method, got.append)
    call.send(request(op("H", op("R", b"end"))))
    call.send(request())
    assert not call.done
    call.half_close()
    assert call.answer == Record(0, 3, b"end")


def test_client_stream_without_a_message(engine: Engine) -> None:
    method = engine.method(puppet.SERVICE + "Gather")
    assert method is not None
    with pytest.raises(HostError) as error:
        engine.open_stream(method, print).half_close()
    assert error.value.failure.reason == "STREAM_EMPTY"


def test_client_stream_cannot_change_its_instance(engine: Engine) -> None:
    got: list[Record] = []
    method = engine.method(puppet.SERVICE + "Both")
    assert method is not None
    call = engine.open_stream(method, got.append)
    call.send(request(instance=b"a"))
    call.send(request(instance=b"b"))
    assert failure_of(got[-1]).reason == "INSTANCE_CHANGED"


@pytest.mark.parametrize(
    ("message", "expected"),
    [(request(op("T", bytes(100_001))), "MESSAGE_TOO_LARGE"), (b"\x10", "INVALID_PROTO")],
)
def test_a_refused_message_ends_its_stream(engine: Engine, message: bytes, expected: str) -> None:
    got: list[Record] = []
    method = engine.method(puppet.SERVICE + "Both")
    assert method is not None
    call = engine.open_stream(method, got.append)
    call.send(request())
    call.send(message)
    assert call.done
    assert failure_of(got[-1]).reason == expected
    assert engine.parked_calls() == 0


def test_a_read_leaves_nothing_behind(play: Player, engine: Engine) -> None:
    play(deadline(START_NS + MS), answer(), method="Look")
    assert len(engine._timetable) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [(b"", "INSTANCE_MISSING"), (b"A", "INSTANCE_INVALID"), (b"-a", "INSTANCE_INVALID"),
     (b"a" * 128, "INSTANCE_INVALID"), (b"\xff", "INSTANCE_INVALID")],
)  # fmt: skip
def test_bad_names(play: Player, name: bytes, expected: str) -> None:
    assert play.refused(instance=name) == expected


def test_a_read_makes_no_instance(play: Player, engine: Engine) -> None:
    assert play(answer(b"r"), method="Look").answer == Record(0, 3, b"r")
    assert engine.instances() == []


def test_a_read_must_answer(play: Player) -> None:
    assert reason(play(method="Look")) == "PARKED_READ"


def test_a_read_answers_nobody_else(play: Player, watcher: Watcher) -> None:
    parked = play()
    play(op("O", record(parked.id, 3, b"!")), answer(), method="Look")
    assert not parked.done
    assert "emitted for call" in watcher.faults[0]


def test_trap_answers_and_restarts(play: Player, watcher: Watcher) -> None:
    parked, other = play(), play(instance=b"b")
    assert reason(play(TRAP)) == "TRAP"
    assert reason(parked) == "INSTANCE_RESTARTED"
    assert not other.done
    assert play(answer(b"fresh")).answer == Record(0, 3, b"fresh")
    assert len(watcher.traps) == 1


def test_three_traps_in_a_minute(play: Player, engine: Engine) -> None:
    for _ in range(3):
        play(TRAP)
    assert play.refused(answer()) == "INSTANCE_FAILED"
    engine.delete("puppet", "a")
    assert play(answer()).done


def test_traps_far_apart(play: Player, engine: Engine) -> None:
    for _ in range(6):
        play(TRAP)
        engine.advance(31_000 * MS)
    assert play(answer()).done


def test_loop_is_stopped(play: Player) -> None:
    bystander = play(instance=b"b")
    call = play(LOOP)
    assert call.answer is not None
    assert "entry budget" in failure_of(call.answer).message
    assert not bystander.done


def test_growth_is_limited(play: Player) -> None:
    call = play(b"G")
    assert call.answer is not None
    (pages,) = struct.unpack("<I", call.answer.payload)
    assert pages * 65536 == 4 << 20


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (b"L" + struct.pack("<I", 8), "head of a record"),
        (b"A" + struct.pack("<I", 0xFFFF0000) + b"L" + struct.pack("<I", 16), "outside of memory"),
        (b"L" + struct.pack("<I", 0xFFFFFFF0), "outside of memory"),
        (op("O", record(1, 0x4000)), "flags"),
        (op("O", record(1, 1, status=17)), "status 17"),
    ],
)
def test_malformed_outbox(play: Player, watcher: Watcher, script: bytes, text: str) -> None:
    assert reason(play(script)) == "TRAP"
    assert text in watcher.traps[0]


def test_faulty_records_are_dropped(play: Player, watcher: Watcher) -> None:
    play(op("O", record(77, 3)), answer())
    play(op("O", record(2, 2, b"not final")), answer())
    play(op("O", struct.pack("<QIHH", 3, 999, 0, 3)))
    assert len(watcher.faults) == 3


def test_final_without_message(play: Player) -> None:
    assert reason(play(op("O", record(1, 1)))) == "MODULE_FAULT"


def test_error_record(play: Player) -> None:
    call = play(op("O", record(1, 0, b"\x08\x15\x12\x02no", status=9)))
    assert call.answer is not None
    assert failure_of(call.answer)[:3] == (9, "FENCED", "no")


def test_error_without_payload(play: Player) -> None:
    call = play(op("O", record(1, 1, status=5)))
    assert call.answer is not None
    assert failure_of(call.answer).message == "NOT_FOUND"


def test_event(play: Player, watcher: Watcher) -> None:
    play(op("O", record(1, 4, b"hello")), answer())
    assert watcher.events == [(1, "hello")]


@pytest.mark.parametrize("why", list(CancelReason))
def test_cancel(play: Player, why: CancelReason) -> None:
    call = play()
    call.cancel(why)
    assert call.done
    assert call.instance.parked_calls == 0
    call.cancel(why)
    assert len(play.got[call.id]) == 1


def test_cancel_with_a_last_word(play: Player) -> None:
    call = play(op("C", op("R", b"partly")))
    call.cancel(CancelReason.SHUTDOWN)
    assert play.got[call.id] == [Record(0, 3, b"partly")]


def test_cancel_after_the_answer(play: Player, watcher: Watcher) -> None:
    call = play(op("C", TRAP), answer())
    call.cancel(CancelReason.DISCONNECT)
    assert watcher.traps == []


def test_message_too_large(play: Player) -> None:
    assert play.refused(op("R", bytes(100_001))) == "MESSAGE_TOO_LARGE"


def test_large_message_goes_to_the_buffer(play: Player) -> None:
    assert play(op("T", bytes(8000)), op("R", bytes(80_000))).answer == Record(0, 3, bytes(80_000))


def test_reply_too_large(play: Player, engine: Engine) -> None:
    play(op("T", b""))
    head = struct.pack("<QIHH", 2, 100_008, 0, 3)
    call = play(op("O", head), b"L" + struct.pack("<I", 16 + 100_008))
    assert reason(call) == "MESSAGE_TOO_LARGE"


def test_parked_calls_are_limited(play: Player) -> None:
    parked = [play() for _ in range(8)]
    assert reason(play()) == "TOO_MANY_PARKED"
    assert play(answer()).answer is not None
    assert not any(call.done for call in parked)


def test_parked_bytes_are_limited(play: Player) -> None:
    play(op("O", b""), op("T", bytes(6000)))
    assert reason(play(op("T", bytes(6000)))) == "TOO_MANY_PARKED"


def test_delete_cancels(play: Player, engine: Engine) -> None:
    call = play()
    assert engine.delete("puppet", "a") == 1
    assert reason(call) == "INSTANCE_DELETED"
    with pytest.raises(HostError):
        engine.delete("puppet", "a")


def test_instances_are_limited(puppet_folder: Path) -> None:
    config = EngineConfig(modules=(puppet_folder,), standard=False, max_instances=2)
    play = Player(Engine(config, clock=VirtualClock(START_NS)))
    play(answer(), instance=b"a")
    play(answer(), instance=b"b")
    assert play.refused(instance=b"c") == "TOO_MANY_INSTANCES"
    play.engine.delete("puppet", "a")
    assert play(answer(), instance=b"c").done


def test_configuration_refused(puppet_folder: Path) -> None:
    config = EngineConfig(modules=(puppet_folder,), standard=False, config_of=lambda module, name: b"\x09")
    play = Player(Engine(config, clock=VirtualClock(START_NS)))
    assert play.refused(answer()) == "START_FAILED"


def test_close_answers_what_is_parked(play: Player, engine: Engine) -> None:
    call = play()
    engine.close()
    assert reason(call) == "SHUTTING_DOWN"
    assert play.refused(answer()) == "SHUTTING_DOWN"


def test_service_served_twice(engine: Engine, puppet_folder: Path) -> None:
    with pytest.raises(ModuleError, match="served already"):
        engine.add_module(puppet_folder / "puppet.wasm")


def test_tick_trap_fails_the_instance(play: Player, engine: Engine) -> None:
    call = play(op("T", TRAP), deadline(START_NS + MS))
    engine.advance(MS)
    assert reason(call) == "INSTANCE_RESTARTED"
    assert engine.instances()[0].state is State.FAILED


def test_sink_of_a_unary_call_is_used_once(play: Player, engine: Engine) -> None:
    tick: Callable[[bytes], bytes] = lambda payload: op("O", record(1, 3, payload))  # noqa: E731
    call = play(op("T", tick(b"1") + tick(b"2") + deadline(2**63 - 1)), deadline(START_NS + MS))
    engine.advance(MS)
    assert play.got[call.id] == [Record(0, 3, b"1")]


def test_superseded_deadlines_are_forgotten(play: Player) -> None:
    """Each call wants an earlier tick than the one before; only the earliest is of any use."""
    last = START_NS + 10**15
    for number in range(5_000):
        play(op("T", deadline((1 << 63) - 1)), deadline(last - number), answer())
    assert len(play.engine._timetable) <= 2_001
    (instance,) = play.engine.instances()
    before = instance.entries
    play.engine.advance(10**15)
    assert instance.entries == before + 1

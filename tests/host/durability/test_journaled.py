"""What leaves when, what the journal says of it, and what a crash leaves behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from interlock.counter.v1 import counter_pb2
from interlock_host.calls import CancelReason, Record
from interlock_host.durability.levels import Level
from interlock_host.errors import HostError
from interlock_host.instance import State
from interlock_host.journal.entry import Kind
from tests.host.durability.world import COUNTER, World
from tests.host.puppet import answer, deadline, op, record

MS = 1_000_000


@pytest.fixture
def world(puppet_folder: Path) -> World:
    return World(puppet_folder)


# The barrier


def test_an_answer_waits_for_the_disk(world: World) -> None:
    added = world.add()
    assert added.record is None
    assert world.sync()
    assert added.record is not None
    assert world.kinds() == ["CREATE", "CALL"]


def test_a_caller_that_fails_holds_nobody_up(world: World, caplog: pytest.LogCaptureFixture) -> None:
    method = world.engine.method(COUNTER + "Add")
    assert method is not None
    adds = [counter_pb2.Addition(delta=1)]
    request = counter_pb2.AddRequest(instance="a", adds=adds).SerializeToString()

    def failing(record: Record) -> None:
        raise RuntimeError("no")

    world.engine.start(method, request, failing)
    behind = world.add()
    assert world.sync()
    assert behind.record is not None
    assert "a caller failed" in caplog.text


def test_a_read_waits_for_what_it_saw(world: World) -> None:
    world.add(5)
    reading = world.value()
    assert reading is None
    world.sync()
    assert world.value() == 5


def test_a_read_is_not_journaled(world: World) -> None:
    world.add(5)
    world.sync()
    before = world.kinds()
    assert world.value() == 5
    assert not world.life.store.journal.pending_bytes
    assert world.kinds() == before


def test_async_does_not_wait(world: World) -> None:
    world.level = Level.ASYNC
    assert world.add().record is not None
    world.crash()
    assert world.value() == 0
    world.add(3)
    world.sync()
    world.crash()
    assert world.value() == 3


def test_ephemeral_is_not_journaled(world: World) -> None:
    world.level = Level.EPHEMERAL
    assert world.add().record is not None
    assert not world.life.store.journal.pending_bytes


def test_stream_waits(world: World, puppet_folder: Path) -> None:
    stream = world.do(op("E", b"\x0a\x01x"), method="Stream")
    assert stream.records == []
    world.sync()
    assert [record.payload for record in stream.records] == [b"\x0a\x01x"]


# Coming back


@pytest.mark.parametrize("how", ["crash", "restart"])
def test_state_comes_back(world: World, how: str) -> None:
    world.add(2)
    world.add(3)
    world.sync()
    getattr(world, how)()
    assert world.value() == 5
    world.add(1)
    world.sync()
    getattr(world, how)()
    assert world.value() == 6


def test_what_was_not_synced_is_gone_whole(world: World) -> None:
    world.add(2)
    world.sync()
    lost = world.add(3)
    world.crash()
    assert lost.record is None
    assert world.value() == 2


def test_parked_calls_are_cancelled_in_order(world: World) -> None:
    world.do(op("C", op("O", b"")), answer())
    waiting = [world.do() for _ in range(3)]
    world.sync()
    world.crash()
    world.sync()
    assert world.kinds()[-3:] == ["CANCEL"] * 3
    cancels = world.entries()[-3:]
    assert [entry.call for entry in cancels] == [called.call.id for called in waiting]
    assert {entry.method for entry in cancels} == {CancelReason.RESTART}
    assert world.instance("puppet").parked_calls == 0


def test_ids_rise_across_restarts(world: World) -> None:
    first = world.add().call.id
    world.sync()
    world.crash()
    assert world.add().call.id > first


def test_timers_go_on(world: World) -> None:
    due = world.engine.clock.now() + 50 * MS
    waiting = world.do(deadline(due), op("T", deadline((1 << 63) - 1)), op("C", b""))
    world.sync()
    world.crash()
    assert waiting.record is None
    assert world.instance("puppet").deadline == due
    world.engine.advance(60 * MS)
    assert world.instance("puppet").deadline > due


def test_a_tick_that_emits_is_time(world: World) -> None:
    due = world.engine.clock.now() + 50 * MS
    world.do(op("C", b""), answer())
    waiting = world.do()
    tick = op("O", _record(waiting.call.id)) + deadline((1 << 63) - 1)
    world.do(op("T", tick), deadline(due), answer())
    world.sync()
    world.engine.advance(60 * MS)
    assert waiting.record is None
    world.sync()
    assert waiting.data == b"\x0a\x01t"
    assert world.kinds()[-1] == "TIME"
    world.crash()
    assert world.instance("puppet").parked_calls == 0
    assert not world.recovered.refused


def _record(call: int) -> bytes:
    return record(call, 3, b"\x0a\x01t")


def test_delete_is_for_good(world: World) -> None:
    world.add(5)
    world.sync()
    world.engine.delete("counter", "a")
    assert world.kinds()[-1] == "DELETE"
    world.crash()
    assert world.value() == 0
    world.add(1)
    world.sync()
    world.crash()
    assert world.value() == 1


# Traps


def test_a_trap_costs_its_entry_alone(world: World) -> None:
    world.do(op("C", b""), answer())
    waiting = world.do()
    trapped = world.do(b"X")
    world.sync()
    assert trapped.reason == "TRAP"
    assert waiting.record is None
    assert "VOID" in world.kinds()
    world.do(op("O", _record(waiting.call.id)), answer())
    world.sync()
    assert waiting.data == b"\x0a\x01t"
    world.crash()
    assert not world.recovered.refused
    assert world.instance("puppet").state is State.LIVE


def test_three_traps_fail_and_stay_so(world: World) -> None:
    for _ in range(3):
        world.do(b"X")
        world.sync()
    assert world.instance("puppet").state is State.FAILED
    world.crash()
    assert world.instance("puppet").state is State.FAILED
    with pytest.raises(HostError, match="delete it to begin anew"):
        world.do(answer())
    world.engine.delete("puppet", "a")
    world.do(answer())


def test_a_trap_in_a_tick_fails_and_stays_so(world: World) -> None:
    due = world.engine.clock.now() + 50 * MS
    waiting = world.do(op("T", b"X"), deadline(due))
    world.sync()
    world.engine.advance(60 * MS)
    world.sync()
    assert waiting.reason == "INSTANCE_RESTARTED"
    assert world.instance("puppet").state is State.FAILED
    world.crash()
    assert world.instance("puppet").state is State.FAILED


def test_a_trap_behind_an_answer_takes_it_back(world: World) -> None:
    called = world.do(answer(b"\x0a\x01x"), op("T", b"X"), deadline(0))
    world.sync()
    assert called.reason == "INSTANCE_RESTARTED"
    world.crash()
    assert world.instance("puppet").state is State.FAILED


def test_a_read_that_traps_costs_nothing(world: World) -> None:
    world.do(op("T", b""), answer())
    waiting = world.do()
    world.sync()
    trapped = world.do(b"X", method="Look")
    assert trapped.reason == "TRAP"
    assert waiting.record is None
    world.crash()
    assert not world.recovered.refused


def test_a_cheat_is_caught(world: World) -> None:
    world.do(answer(b"\x0a\x01x"))
    world.sync()
    instance = world.instance("puppet")
    last = world.entries()[-1]
    world.life.store.append(
        Kind.CALL, instance.id, instance.last_lsn, last.now, call=last.call + 1, outcome=last.outcome ^ 1,
        payload=last.payload,
    )  # fmt: skip
    world.sync()
    world.crash()
    (refused,) = world.recovered.refused
    assert "not deterministic" in refused and f"LSN {last.lsn + 1}" in refused
    with pytest.raises(HostError):
        world.do(answer())


# Failures of the disk


def fail(world: World, number: int, step: str = "write") -> None:
    world.disk.failing = lambda name, path: OSError(number, os.strerror(number)) if name == step else None


def test_a_full_disk_loses_nothing(world: World) -> None:
    world.add(2)
    world.sync()
    fail(world, errno.ENOSPC)
    lost = world.add(3)
    assert not world.sync()
    assert lost.reason == "JOURNAL_FAILED"
    with pytest.raises(HostError) as refused:
        world.add(4)
    assert refused.value.failure.reason == "JOURNAL_FAILED"
    with pytest.raises(HostError):
        world.value()
    assert not world.life.store.resume()
    world.disk.failing = lambda name, path: None
    assert world.life.store.resume()
    assert world.value() == 2
    world.add(5)
    assert world.sync()
    world.crash()
    assert world.value() == 7


def test_a_failed_sync_is_final(world: World) -> None:
    world.add(2)
    world.sync()
    fail(world, errno.EIO, "sync")
    lost = world.add(3)
    assert not world.sync()
    assert lost.reason == "JOURNAL_FAILED"
    world.disk.failing = lambda name, path: None
    assert not world.life.store.resume()
    with pytest.raises(HostError):
        world.add(4)
    world.crash()
    assert world.value() in (2, 5)  # what was written may be there; nobody was told either way


def test_an_instance_that_never_was(world: World) -> None:
    world.add(1, instance="first")  # keeps the module's file
    world.sync()
    fail(world, errno.ENOSPC)
    lost = world.add(3)
    world.sync()
    assert lost.reason == "JOURNAL_FAILED"
    world.disk.failing = lambda name, path: None
    assert world.life.store.resume()
    other = world.add(1, instance="other")  # gets the LSN that the lost one had
    world.add(7)
    world.sync()
    assert other.record is not None
    world.crash()
    assert world.value() == 7
    assert world.value("other") == 1


def test_a_delete_that_could_not_be_written(world: World) -> None:
    world.add(2)
    world.sync()
    fail(world, errno.ENOSPC)
    with pytest.raises(HostError) as refused:
        world.engine.delete("counter", "a")
    assert refused.value.failure.reason == "JOURNAL_FAILED"
    world.disk.failing = lambda name, path: None
    assert world.life.store.resume()
    assert world.value() == 2
    world.engine.delete("counter", "a")
    world.crash()
    assert world.value() == 0


def test_a_read_makes_nothing(world: World) -> None:
    assert world.value("never") == 0
    world.add(1, instance="first")
    world.sync()
    fail(world, errno.ENOSPC)
    world.add(1)
    world.sync()
    world.disk.failing = lambda name, path: None
    assert world.life.store.resume()
    assert world.value() == 0
    assert not world.life.store.journal.pending_bytes


def test_what_became_due_meanwhile_goes_to_nobody_who_is_gone(world: World) -> None:
    due = world.engine.clock.now() + 50 * MS
    world.do(op("C", b""), answer())
    waiting = world.do()
    tick = op("O", _record(waiting.call.id)) + deadline((1 << 63) - 1)
    world.do(op("T", tick), deadline(due), answer())
    world.sync()
    world.now = due + 50 * MS
    world.life.store.close(clean=False)
    world.start()
    world.sync()
    assert [entry.now < due for entry in world.entries() if entry.kind == Kind.CANCEL] == [True]


def test_time_goes_on_where_it_was(world: World) -> None:
    world.add(1)
    world.sync()
    last = world.instance().last_now
    world.engine.advance(50 * MS)
    world.add(1)
    world.sync()
    world.now = last  # the wall clock was set back
    world.life.store.close(clean=False)
    world.start()
    assert world.engine.clock.now() == last + 50 * MS


def test_kills_leave_nothing_to_note(world: World) -> None:
    for _ in range(5):
        world.add(1)
        world.sync()
        world.crash()
        assert world.recovered.notes == []


def test_parked_calls_end_with_the_disk(world: World) -> None:
    waiting = world.do()
    world.sync()
    fail(world, errno.ENOSPC)
    world.do(answer())
    world.sync()
    assert waiting.reason == "JOURNAL_FAILED"
    world.disk.failing = lambda name, path: None
    assert world.life.store.resume()
    assert world.instance("puppet").parked_calls == 0
    world.sync()
    assert world.kinds()[-1] == "CANCEL"

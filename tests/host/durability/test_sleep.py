"""Snapshots, sleep and waking, the cap on what is in memory, and journal that goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.v1 import contract_pb2
from interlock_host.calls import CancelReason
from interlock_host.durability.levels import Level
from interlock_host.durability.store import StoreOptions
from interlock_host.durability.waking import UNREAD
from interlock_host.errors import HostError, cancelled_as
from interlock_host.metrics import CallMetrics
from tests.host import puppet
from tests.host.durability.world import World
from tests.host.puppet import answer, deadline, op
from tests.host.wat import packed

MS = 1_000_000
NEVER = (1 << 63) - 1


@pytest.fixture
def world(puppet_folder: Path) -> World:
    return World(puppet_folder)


def sleep(world: World, module: str = "counter") -> None:
    world.sync()
    assert world.instance(module).save()
    assert world.instance(module).sleep()


def test_a_call_wakes(world: World) -> None:
    world.add(5)
    sleep(world)
    assert world.instance().asleep
    assert world.value() == 5
    assert not world.instance().asleep


def test_its_time_wakes(world: World) -> None:
    due = world.engine.clock.now() + 50 * MS
    world.do(op("T", deadline(NEVER)), deadline(due), answer())
    sleep(world, "puppet")
    world.engine.advance(49 * MS)
    assert world.instance("puppet").asleep
    assert world.instance("puppet").deadline == due
    world.engine.advance(1 * MS)
    assert world.instance("puppet").deadline == NEVER


def test_parked_calls_keep_awake(world: World) -> None:
    world.do()
    world.sync()
    world.instance("puppet").save()
    assert not world.instance("puppet").sleep()


def test_what_was_not_saved_keeps_awake(world: World) -> None:
    world.add(1)
    world.sync()
    assert world.instance().save()
    world.add(1)
    assert not world.instance().sleep()


def test_sleepers_survive(world: World) -> None:
    world.add(5)
    sleep(world)
    world.crash()
    assert world.value() == 5


def test_a_scrape_wakes_nobody(world: World) -> None:
    world.add(5)
    sleep(world)
    world.instance().metrics()
    assert world.instance().asleep


def test_what_sleeps_counts_in_a_scrape(world: World) -> None:
    def keys() -> float | None:
        return registry.get_sample_value("interlock_module_value", {"wasm_module": "counter", "name": "keys"})

    registry = CallMetrics(world.engine).registry
    world.add(1)
    world.add(1, instance="b")
    assert keys() == 2
    sleep(world)
    assert keys() == 2
    assert world.instance().asleep
    world.crash()
    registry = CallMetrics(world.engine).registry
    assert keys() == 2
    assert world.instance().sleep()
    assert keys() == 2
    world.engine.delete("counter", "a")
    assert keys() == 1


def test_what_the_disk_lost_does_not_count(world: World) -> None:
    world.add(1)
    sleep(world)
    world.add(1)
    world.instance().lose(cancelled_as(CancelReason.RESTART))
    assert world.instance().last_lsn == UNREAD
    assert not world.instance().metrics().values


def test_a_trap_on_the_way_to_sleep_keeps_nobody_awake(tmp_path: Path) -> None:
    (tmp_path / "trap.wasm").write_bytes(
        packed(
            '(data (i32.const 64) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7f")',
            '(func (export "interlock_metrics") (result i64) unreachable)',
        )
    )
    world = World(tmp_path)
    called = world.call("/test.v1.TestService/Do", b"\x0a\x01a")
    world.instance("test").cancel(called.call, CancelReason.OPERATOR)
    sleep(world, "test")
    assert world.instance("test").asleep
    assert len(world.watcher.traps) == 1
    assert not world.instance("test").metrics().values


def test_its_time_comes_first(puppet_folder: Path) -> None:
    world = World(puppet_folder, most=1)
    due = world.engine.clock.now() + 50 * MS
    world.do(op("T", deadline(NEVER)), deadline(due), answer())
    sleep(world, "puppet")
    world.do(instance=b"parked")
    with pytest.raises(HostError):
        world.do(answer())
    world.engine.advance(50 * MS)
    assert world.instance("puppet").deadline == NEVER


def test_no_room_on_a_full_disk(puppet_folder: Path) -> None:
    world = World(puppet_folder, most=1)
    world.add(1)
    world.sync()
    world.disk.failing = lambda step, path: OSError(5, "I/O error") if path.endswith(".tmp") else None
    with pytest.raises(HostError) as refused:
        world.add(1, instance="b")
    assert refused.value.failure.reason == "TOO_MANY_INSTANCES"
    assert world.value() == 1


def test_idle_ones_sleep(puppet_folder: Path) -> None:
    world = World(puppet_folder, options=StoreOptions(idle_seconds=10))
    world.add(5)
    world.sync()
    world.life.keep()
    assert not world.instance().asleep
    world.engine.advance(10_000 * MS)
    world.life.keep()
    assert world.instance().asleep
    assert world.value() == 5


def test_the_longest_idle_makes_room(puppet_folder: Path) -> None:
    world = World(puppet_folder, most=3)
    for number in range(6):
        world.add(number, instance=f"i{number}")
        world.sync()
        world.engine.advance(MS)
    assert world.engine.live == 3
    assert [world.instance(name=f"i{n}").asleep for n in range(6)] == [True] * 3 + [False] * 3
    assert [world.value(f"i{n}") for n in range(6)] == list(range(6))
    world.crash()
    assert world.engine.live <= 3
    assert [world.value(f"i{n}") for n in range(6)] == list(range(6))


def test_durable_ones_make_room_for_one_that_is_not(puppet_folder: Path) -> None:
    world = World(puppet_folder, most=2)
    for name in ("long", "short"):
        world.add(1, instance=name)
        world.sync()
        world.engine.advance(MS)
    world.level = Level.EPHEMERAL
    world.add(1, instance="a")
    assert [world.instance(name=name).asleep for name in ("long", "short")] == [True, False]
    world.add(1, instance="b")
    assert world.engine.live == 2
    with pytest.raises(HostError) as refused:
        world.add(1, instance="c")
    assert refused.value.failure.reason == "TOO_MANY_INSTANCES"
    world.level = None
    with pytest.raises(HostError):
        world.value("long")
    world.engine.delete("counter", "a")
    assert world.value("long") == 1


def test_no_room_where_nothing_sleeps(puppet_folder: Path) -> None:
    world = World(puppet_folder, options=StoreOptions(idle_seconds=0), most=1)
    world.add(1)
    for level in (None, Level.EPHEMERAL):
        world.level = level
        with pytest.raises(HostError) as refused:
            world.add(1, instance="b")
        assert refused.value.failure.reason == "TOO_MANY_INSTANCES"


def test_a_snapshot_shortens_the_way_back(world: World) -> None:
    for _ in range(10):
        world.add(1)
    world.sync()
    world.instance().save()
    world.add(1)
    world.sync()
    world.crash()
    assert world.recovered.entries == 1
    assert world.value() == 11


def test_many_entries_ask_for_a_snapshot(puppet_folder: Path) -> None:
    world = World(puppet_folder, options=StoreOptions(snapshot_entries=5))
    for _ in range(5):
        world.add(1)
    world.sync()
    world.life.keep()
    assert world.life.store.snapshots.lsns(world.instance().id) == [world.instance().last_lsn]


def test_a_damaged_snapshot_costs_nothing(world: World) -> None:
    world.add(1)
    world.sync()
    world.instance().save()
    world.add(1)
    world.sync()
    world.instance().save()
    (_, newest) = sorted(path for path in world.disk.files if path.endswith(".snap"))
    world.disk.files[newest][60] ^= 1
    world.crash()
    assert world.value() == 2
    assert any(newest in note for note in world.recovered.notes)


def test_a_snapshot_waits_for_the_journal(world: World) -> None:
    world.add(1)
    assert world.instance().save()
    assert world.life.store.journal.durable_lsn == world.instance().saved_lsn


def test_old_segments_go(puppet_folder: Path) -> None:
    options = StoreOptions(segment_bytes=4096, journal_bytes=8192, snapshots_kept=1)
    world = World(puppet_folder, options=options)
    for number in range(300):
        world.add(1, instance=f"i{number % 3}")
        world.sync()
        if number % 50 == 0:
            world.life.keep()
    world.life.keep()
    segments = world.life.store.journal.segments()
    assert sum(segment.bytes for segment in segments) < 5 * 4096
    world.crash()
    assert [world.value(f"i{n}") for n in range(3)] == [100] * 3


def test_instances_stay_on_their_module(puppet_folder: Path, tmp_path: Path) -> None:
    world = World(puppet_folder)
    world.do(answer(b"\x0a\x01x"))
    world.sync()
    old = world.instance("puppet").module.digest
    newer = tmp_path / "newer"
    newer.mkdir()
    puppet.build(newer, contract_pb2.Limits(max_memory=8 << 20))
    world.serve(newer)
    world.crash()
    assert not world.recovered.refused
    assert world.instance("puppet").module.digest == old
    assert world.engine.modules["puppet"].digest != old
    assert world.do(answer(b"\x0a\x01y")).call.done
    world.do(answer(), instance=b"new")
    assert world.instance("puppet", "new").module.digest != old


def test_a_module_that_is_not_served_any_more(puppet_folder: Path) -> None:
    world = World(puppet_folder)
    world.do(answer(b"\x0a\x01x"))
    world.add(3)
    world.sync()
    world.serve()
    world.crash()
    (refused,) = world.recovered.refused
    assert "test.puppet.v1/a" in refused and "no module" in refused
    assert world.value() == 3
    world.serve(puppet_folder)
    world.crash()
    assert not world.recovered.refused
    assert world.instance("puppet").machine is not None


def test_a_disk_that_will_not_read_is_asked_again(world: World) -> None:
    world.add(5)
    sleep(world)
    world.disk.failing = lambda step, path: OSError(5, "I/O error") if step == "read" else None
    with pytest.raises(HostError, match="cannot be read"):
        world.add(1)
    world.disk.failing = lambda step, path: None
    assert world.value() == 5


def test_a_snapshot_that_cannot_be_read_now_is_not_lost(puppet_folder: Path) -> None:
    options = StoreOptions(segment_bytes=512, journal_bytes=1, snapshots_kept=1)
    world = World(puppet_folder, options=options)
    for _ in range(20):
        world.add(1)
        world.sync()
    world.life.keep()
    sleep(world)
    world.disk.failing = lambda step, path: OSError(5, "I/O error") if path.endswith(".snap") else None
    with pytest.raises(HostError) as refused:
        world.add(1)
    assert refused.value.failure.reason == "JOURNAL_FAILED"
    world.disk.failing = lambda step, path: None
    assert world.value() == 20

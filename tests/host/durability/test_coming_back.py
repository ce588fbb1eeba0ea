"""After a failure of the disk: what comes back, what need not, and how much is read for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock_host.durability.store import StoreOptions
from tests.host.durability.world import World
from tests.host.puppet import answer, deadline, op

MS = 1_000_000
NEVER = (1 << 63) - 1


@pytest.fixture
def world(puppet_folder: Path) -> World:
    return World(puppet_folder, options=StoreOptions(segment_bytes=512))


def fail(world: World) -> None:
    """Let the disk refuse an entry."""
    world.add(1, instance="other")
    world.sync()
    world.disk.failing = lambda step, path: OSError(28, "no space") if step == "write" else None
    world.add(1, instance="other")
    assert not world.sync()
    world.disk.failing = lambda step, path: None


def reads(world: World) -> int:
    """How many files of the journal were read."""
    return sum(step.startswith("read journal/") for step in world.disk.steps)


def test_the_journal_is_read_once_for_all(world: World) -> None:
    for number in range(50):
        world.add(number, instance=f"c{number}")
        world.sync()
    fail(world)
    files, before = len(world.life.store.journal.segments()), reads(world)
    assert world.life.store.resume()
    assert reads(world) - before == files > 5
    assert not any(instance.asleep for instance in world.life.instances())
    assert [world.value(f"c{number}") for number in range(50)] == list(range(50))


def test_what_sleeps_sleeps_on(world: World) -> None:
    world.add(5)
    world.sync()
    assert world.instance().save()
    assert world.instance().sleep()
    fail(world)
    assert world.life.store.resume()
    assert world.instance().asleep
    assert world.value() == 5


@pytest.mark.parametrize("while_failed", [False, True])
def test_a_sleeper_keeps_its_time(world: World, while_failed: bool) -> None:
    due = world.engine.clock.now() + 50 * MS
    world.do(op("T", deadline(NEVER)), deadline(due), answer())
    world.sync()
    instance = world.instance("puppet")
    assert instance.save()
    assert instance.sleep()
    fail(world)
    if while_failed:
        world.engine.advance(100 * MS)
    assert world.life.store.resume()
    assert instance.asleep
    world.engine.advance(100 * MS)
    assert not instance.asleep
    assert instance.deadline == NEVER


def test_only_what_may_have_its_entries_is_read(world: World) -> None:
    """An instance that trapped is made again from the files behind its snapshot."""
    for number in range(30):
        world.add(1, instance=f"c{number}")
        world.do(answer())
        world.sync()
    assert world.instance("puppet").save()
    world.do(answer())
    world.sync()
    files, before = len(world.life.store.journal.segments()), reads(world)
    assert world.do(b"X").reason == "TRAP"
    assert files > 5
    assert 0 < reads(world) - before <= 2
    assert world.instance("puppet").machine is not None


def test_a_young_one_has_no_entries_before_its_own(world: World) -> None:
    for number in range(30):
        world.add(1, instance=f"c{number}")
        world.sync()
    world.do(answer())
    world.sync()
    before = reads(world)
    assert world.do(b"X").reason == "TRAP"
    assert 0 < reads(world) - before <= 2

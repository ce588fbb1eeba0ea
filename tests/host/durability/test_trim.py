"""The journal stays small, whoever sleeps, waits or is lost; and what is needed stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock_host.durability.retention import save_all
from interlock_host.durability.store import StoreOptions
from interlock_host.errors import HostError
from tests.host.durability.world import World
from tests.host.puppet import answer

MOST = 8192
OPTIONS = StoreOptions(segment_bytes=1024, journal_bytes=MOST, snapshots_kept=2)


@pytest.fixture
def world(puppet_folder: Path) -> World:
    return World(puppet_folder, options=OPTIONS)


def busy(world: World) -> None:
    """Write some 40 KB of another instance's entries."""
    for number in range(300):
        world.add(1, instance="busy")
        world.sync()
        if number % 50 == 0:
            world.life.keep()
    world.life.keep()


def journal_bytes(world: World) -> int:
    return sum(segment.bytes for segment in world.life.store.journal.segments())


@pytest.mark.parametrize("asleep", [True, False])
def test_an_idle_instance_holds_nothing_back(world: World, asleep: bool) -> None:
    world.add(7)
    world.sync()
    assert world.instance().save()
    if asleep:
        assert world.instance().sleep()
    busy(world)
    assert journal_bytes(world) <= MOST
    world.crash()
    assert world.value() == 7
    world.add(1)
    world.sync()
    world.crash()
    assert world.value() == 8


def test_one_that_waits_for_its_module(world: World, puppet_folder: Path) -> None:
    world.do(answer())
    world.sync()
    assert world.instance("puppet").save()
    world.serve()
    world.crash()
    busy(world)
    assert journal_bytes(world) <= MOST
    world.serve(puppet_folder)
    world.crash()
    assert not world.recovered.refused
    world.do(answer())
    assert world.sync()


def test_one_that_waits_and_was_never_saved(world: World, puppet_folder: Path) -> None:
    world.do(answer())
    world.sync()
    world.serve()
    world.crash()
    busy(world)
    world.serve(puppet_folder)
    world.crash()
    assert not world.recovered.refused


def test_one_that_is_lost_until_it_is_dropped(world: World) -> None:
    world.add(7)
    world.sync()
    birth = world.disk.files["journal/00000000000000000001.log"]
    world.add(1, instance="other")
    world.sync()
    birth[64 + 2 * 16 + 70] ^= 1
    world.crash()
    with pytest.raises(HostError, match="may be"):
        world.add(1)
    assert world.life.drop_refused() == 1
    save_all(world.life, lambda done, of: None)
    world.add(2)
    world.sync()
    for _ in range(2):
        world.crash()
        assert not world.recovered.refused
        assert (world.value(), world.value("other")) == (2, 1)

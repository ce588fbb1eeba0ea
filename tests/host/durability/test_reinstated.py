"""What failed by its traps keeps its state, holds back no journal, and goes on when an operator says so."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from interlock_host.cli.main import main
from interlock_host.durability.levels import Level
from interlock_host.durability.store import StoreOptions
from interlock_host.errors import HostError
from interlock_host.instance import State
from tests.host import probe
from tests.host.conftest import START_NS
from tests.host.durability.test_trim import journal_bytes
from tests.host.durability.world import World
from tests.host.puppet import answer, deadline, op
from tests.host.serving import Served, serving
from tests.host.serving import refused as refused_call

MS = 1_000_000
TRAP = b"X"
GROWN = 4 << 20


@pytest.fixture
def world(puppet_folder: Path) -> World:
    return World(puppet_folder)


def grow(world: World) -> None:
    """Take all memory there is: that is the state which must not be lost."""
    world.do(b"G")
    world.sync()
    assert held(world) == GROWN


def held(world: World) -> int:
    """What it has of memory, once it is called."""
    world.do(answer())
    world.sync()
    return world.instance("puppet").memory_bytes


def fail(world: World, traps: int = 3) -> None:
    """Trap until it fails."""
    for _ in range(traps):
        world.do(TRAP)
        world.sync()
    assert world.instance("puppet").state is State.FAILED


def refused(world: World, module: str = "puppet") -> tuple[str, str]:
    with pytest.raises(HostError) as error:
        world.engine.reinstate(module, "a")
    return error.value.failure.reason, error.value.failure.message


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize("saved", [False, True])
def test_goes_on_with_what_it_held(world: World, saved: bool, crashes: bool) -> None:
    grow(world)
    waiting = world.do()
    fail(world)
    assert waiting.reason == "INSTANCE_RESTARTED"
    if saved:
        assert world.instance("puppet").save()
        assert world.instance("puppet").saved_lsn == world.instance("puppet").last_lsn
    if crashes:
        world.crash()
        assert len(world.recovered.refused) == 1
    assert "unreachable" in world.engine.reinstate("puppet", "a")
    assert held(world) == GROWN
    assert world.instance("puppet").parked_calls == 0
    world.crash()
    assert world.recovered.refused == []
    assert held(world) == GROWN


def test_traps_count_anew(world: World) -> None:
    grow(world)
    fail(world)
    world.engine.reinstate("puppet", "a")
    world.do(TRAP)
    world.sync()
    assert world.instance("puppet").state is State.LIVE
    world.crash()
    fail(world, traps=2)
    world.crash()
    world.engine.reinstate("puppet", "a")
    assert held(world) == GROWN


def test_what_trapped_in_a_tick_is_due_still(world: World) -> None:
    grow(world)
    world.do(op("T", TRAP), deadline(START_NS + MS), answer())
    world.sync()
    for _ in range(2):
        world.engine.advance(2_000 * MS)
        world.sync()
        assert world.instance("puppet").state is State.FAILED
        assert world.instance("puppet").save()
        world.crash()
        world.engine.reinstate("puppet", "a")
    assert world.instance("puppet").state is State.LIVE


def test_only_what_failed_by_its_traps(world: World) -> None:
    assert refused(world)[0] == "NOT_FOUND"
    world.do(answer())
    world.sync()
    assert refused(world) == ("INSTANCE_FAILED", "puppet/a did not fail, or is not kept")
    world.level = Level.EPHEMERAL
    world.add()
    assert refused(world, "counter") == ("INSTANCE_FAILED", "counter/a is not kept: delete it to begin anew")


def test_a_disk_that_fails(world: World) -> None:
    grow(world)
    fail(world)
    world.disk.failing = lambda step, path: OSError(28, "No space left") if step == "write" else None
    assert refused(world)[0] == "JOURNAL_FAILED"
    world.disk.failing = lambda step, path: None
    world.crash()
    assert world.instance("puppet").state is State.FAILED
    world.engine.reinstate("puppet", "a")
    assert held(world) == GROWN


def test_holds_back_no_journal(puppet_folder: Path) -> None:
    options = StoreOptions(segment_bytes=1024, journal_bytes=4096, snapshots_kept=1)
    world = World(puppet_folder, options=options)
    grow(world)
    fail(world)
    for _ in range(500):
        world.add(instance="busy")
        world.sync()
        world.life.keep()
    assert journal_bytes(world) < 8192
    world.crash()
    world.engine.reinstate("puppet", "a")
    assert held(world) == GROWN
    assert world.value("busy") == 500


async def test_through_a_daemon(tmp_path: Path) -> None:
    """As an operator does it: what the page of metrics shows, and the command."""
    async with serving(tmp_path, data=tmp_path / "data", metrics="127.0.0.1:0") as served:
        for _ in range(3):
            async with refused_call():
                await served.unary("Trap")(probe.message(instance="one"))
        page = await asyncio.to_thread(scraped, served)
        assert 'interlock_failed_instances{wasm_module="probe"} 1.0' in page
        command = ["reinstate", "probe/one", "--target", f"unix:{tmp_path}/s"]
        result = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert (result.exit_code, result.output.partition(":")[0]) == (0, "probe/one goes on; it had failed")
        await served.unary("Echo")(probe.message(instance="one"))
        again = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert "did not fail" in again.output and again.exit_code == 9


def scraped(served: Served) -> str:
    with urllib.request.urlopen(f"http://{served.daemon.metrics_address}/metrics") as page:
        return str(page.read().decode())

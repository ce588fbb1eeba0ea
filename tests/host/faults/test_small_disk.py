"""A daemon on a real small file system that fills up, and one that becomes read-only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.counter.v1 import counter_pb2
from tests.host.durability.child import Child, Refused
from tests.host.durability.folder import run
from tests.host.faults.mounts import MEGABYTE, Mount, mounted, why_not

pytestmark = pytest.mark.timeout(120)

KINDS = {"tmpfs": 2 * MEGABYTE, "ext4": 3 * MEGABYTE}
"""Their sizes: of an ext4, a third is its own."""
MOST = 5_000
"""Additions of a kilobyte that are tried on a disk that has room for fewer."""


@pytest.fixture(scope="module", autouse=True)
def _can_mount(tmp_path_factory: pytest.TempPathFactory) -> None:
    why = why_not(tmp_path_factory.mktemp("try"))
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


@pytest.fixture(params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mount]:
    with mounted(request.param, tmp_path, KINDS[request.param]) as disk:
        yield disk


@pytest.fixture
def child(disk: Mount, tmp_path: Path) -> Iterator[Child]:
    child = Child(tmp_path, disk.path / "data")
    with child:
        yield child


def add_a_kilobyte(child: Child) -> None:
    """Add to "x", with keys that make it long."""
    adds = [counter_pb2.Addition(key="x", delta=1)]
    adds += [counter_pb2.Addition(key="k" * 100 + str(number), delta=1) for number in range(9)]
    request = counter_pb2.AddRequest(instance="long", adds=adds)
    child.call("Add", request.SerializeToString())


def count(child: Child) -> int:
    request = counter_pb2.GetRequest(instance="long", keys=["x"]).SerializeToString()
    return counter_pb2.GetResponse.FromString(child.call("Get", request)).values[0].value


def fill_up(child: Child) -> int:
    """Add until it is refused; return how often it was acknowledged."""
    for number in range(MOST):
        try:
            add_a_kilobyte(child)
        except Refused as told:
            assert (told.code, told.reason) == ("UNAVAILABLE", "JOURNAL_FAILED"), told
            assert "No space left on device" in told.text
            return number
    raise AssertionError("the disk is not full")


def test_a_full_disk(disk: Mount, child: Child) -> None:
    add_a_kilobyte(child)
    disk.fill()
    acknowledged = 1 + fill_up(child)
    child.health_until("NOT_SERVING")
    assert child.metrics()["interlock_journal_failed"] == 1
    with pytest.raises(Refused, match="JOURNAL_FAILED"):
        count(child)
    disk.empty()
    child.health_until("SERVING")
    assert count(child) == acknowledged
    add_a_kilobyte(child)
    child.kill()
    child.start()
    assert count(child) == acknowledged + 1
    assert child.logged("journal failed") and child.logged("journal resumed")


def test_killed_while_it_is_full(disk: Mount, child: Child) -> None:
    """A start needs a little room. Without it the host says so; with it, all is there."""
    add_a_kilobyte(child)
    disk.fill()
    acknowledged = 1 + fill_up(child)
    child.kill()
    verified = run("journal", "verify", child.data)
    assert verified.exit_code == 0, verified.output
    if not child.launch():
        assert f"Error: --data {child.data}: " in child.text(), child.text()
        assert "No space left on device" in child.text() and "Traceback" not in child.text()
        disk.empty()
        child.start()
    assert count(child) == acknowledged


def test_filled_by_the_journal_itself(disk: Mount, child: Child) -> None:
    """The host fills the disk alone; deleting what else is there lets it save, and shrink."""
    ballast = disk.path / "ballast"
    ballast.write_bytes(bytes(MEGABYTE))
    acknowledged = fill_up(child)
    assert acknowledged > 100
    ballast.unlink()
    child.health_until("SERVING")
    assert count(child) == acknowledged
    child.stop()
    compacted = run("journal", "compact", child.data)
    assert compacted.exit_code == 0, compacted.output
    child.start()
    assert count(child) == acknowledged
    assert child.metrics()["interlock_journal_bytes"] < 10_000


@pytest.mark.parametrize("disk", ["ext4"], indirect=True)
def test_read_only_and_back(disk: Mount, child: Child) -> None:
    """The kernel finds an error, and lets nobody write: not even to files that are open."""
    if why := disk.why_not_broken():
        pytest.skip(why)
    add_a_kilobyte(child)
    add_a_kilobyte(child)
    disk.break_down()
    with pytest.raises(Refused, match="Read-only file system") as told:
        add_a_kilobyte(child)
    assert (told.value.code, told.value.reason) == ("UNAVAILABLE", "JOURNAL_FAILED")
    child.health_until("NOT_SERVING")
    assert child.metrics()["interlock_journal_failed"] == 1
    child.stop()
    assert not child.launch()
    assert f"Error: --data {child.data}: Read-only file system" in child.text()
    assert "Traceback" not in child.text()
    assert run("journal", "verify", child.data).exit_code == 0
    disk.repair()
    child.start()
    assert count(child) == 2
    add_a_kilobyte(child)
    assert child.health() == "SERVING"

"""Power fails in every operation of a disk, and in a write before every byte of it; every operation fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from tests.simulation.actor import Step, Violation
from tests.simulation.disk import PowerLost, SimDisk
from tests.simulation.durable import DurableWorld

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
pytestmark = pytest.mark.timeout(3600 if SOAK else 120)
STRIDE = 1 if SOAK else 61
LARGE = 4096
"""Writes beyond this (a module's file, a snapshot) are cut at some bytes only."""
DRAWS = 3
"""Ways in which what was not synced may be found, for each place."""


def call(module: str, name: str, method: str, *arguments: object) -> Step:
    return "call", module, name, method, *arguments


SCRIPT: list[Step] = [
    call("queue", "q", "Push", (("one", "a", 0), ("two", "b", 20)), 0),
    call("queue", "q", "Pop", 1, 0, 50, (), False),
    ("flush",),
    ("once", 1, "counter", "c", "Add", (("k", 1, "x"),)),
    call("counter", "c", "Wait", "k", 3, None, 100),
    call("queue", "q", "Stats"),
    ("flush",),
    call("queue", "q", "Pop", 5, 100, 0, (0,), False),
    ("advance", 30),
    ("once", 2, "counter", "c", "Add", (("k", 2, ""),)),
    ("keep",),
    ("flush",),
    ("retry", 1),
    ("advance", 200),
    ("keep",),
    call("counter", "c", "Add", (("k", 1, ""),)),
    ("delete", "queue", "q"),
    call("queue", "q", "Push", (("three", "", 0),), 0),
    ("flush",),
    ("stop",),
]
AFTER: list[Step] = [
    ("retry", 1),
    ("retry", 2),
    call("counter", "c", "Get", ("k",)),
    call("queue", "q", "Stats"),
    call("queue", "q", "Pop", 5, 0, 50, (), False),
    ("advance", 100),
    ("flush",),
    ("crash", 7, 0, 0),
    call("counter", "c", "Get", ("k",)),
    ("flush",),
]


def places() -> Iterator[tuple[int, int]]:
    """Each operation of the script's, and each byte of it."""
    world = DurableWorld()
    for step in SCRIPT[:-1]:
        world.step(step)
    operations, writes = world.disk.operations, world.disk.writes
    world.close()
    for operation in range(1, operations + 1):
        size = writes.get(operation, 1)
        stride = STRIDE if size <= LARGE else max(STRIDE, size // 7)
        yield from ((operation, byte) for byte in range(0, size, stride))
        yield operation, size


def test_everywhere() -> None:
    """Nothing that was heard of is lost, and nothing is there in part."""
    for operation, byte in places():
        for draw in range(DRAWS):
            run(operation, byte, draw)


def run(operation: int, byte: int, draw: int) -> None:
    """Run all steps; power fails once."""
    disk = SimDisk()
    disk.power_ends, disk.power_ends_byte = operation, byte
    try:
        world = DurableWorld(disk=disk, power_seed=draw)
    except PowerLost:
        world = DurableWorld(disk=disk.after_power_loss(draw))
    for step in SCRIPT + AFTER:
        try:
            world.step(step)
        except Violation as violation:
            pytest.fail(f"power lost in operation {operation}, byte {byte}, draw {draw}: {step}: {violation}")
    assert disk.dead
    world.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_every_failure(number: int) -> None:
    """Any operation fails, once: nothing that was heard of is lost, and after a restart all goes well."""
    last, _ = list(places())[-1]
    for operation in range(1, last + 1):
        run_failing(operation, number)


def run_failing(operation: int, number: int) -> None:
    """Run all steps; one operation fails."""
    disk = SimDisk()
    disk.fails[operation] = number
    try:
        world = DurableWorld(disk=disk)
    except OSError:  # it does not open
        world = DurableWorld(disk=disk.after_kill())
    for step in [*SCRIPT, ("resume",), ("kill",), *AFTER]:
        try:
            world.step(step)
        except Violation as violation:
            pytest.fail(f"operation {operation} ({disk.failed_kind}) failed: {step}: {violation}")
    assert disk.failures
    world.close()

"""System calls that fail under a daemon: what was not synced is not acknowledged, and everybody is told."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.host.durability.child import Child, Refused, outcome
from tests.host.durability.folder import run
from tests.host.faults.conftest import Faulty
from tests.host.faults.shim import BROKEN, FULL, READ_ONLY

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and /proc are Linux's"),
]

SERVING, NOT_SERVING = "SERVING", "NOT_SERVING"


def refused(child: Child, delta: int = 1, instance: str = "a") -> None:
    """An addition, and a read behind it, are refused because the journal failed."""
    for call in (child.adding(delta, instance), child.reading(instance)):
        with pytest.raises(Refused) as told:
            outcome(call)
        assert (told.value.code, told.value.reason) == ("UNAVAILABLE", "JOURNAL_FAILED"), told.value


def told_of_failure(child: Child, text: str) -> None:
    """Health, metrics and the log say so."""
    child.health_until(NOT_SERVING)
    assert child.metrics()["interlock_journal_failed"] == 1
    (*_, line) = child.logged("journal failed")
    assert line["level"] == "error" and text in line["error"], line


def told_of_recovery(child: Child) -> None:
    child.health_until(SERVING)
    assert child.metrics()["interlock_journal_failed"] == 0
    assert child.logged("journal resumed")


RULES: dict[str, tuple[dict[str, int], str]] = {
    "full": ({"write": FULL}, "failed to write: No space left on device"),
    "broken": ({"write": BROKEN}, "failed to write: Input/output error"),
    "read-only": ({"write": READ_ONLY}, "failed to write: Read-only file system"),
    "not to be cut": ({"write": FULL, "ftruncate": BROKEN}, "failed to write: No space left on device"),
}


def test_goes_on_when_the_disk_does(faulty: Faulty) -> None:
    child, faults = faulty
    assert child.add(2) == 2
    for number, (name, (rules, text)) in enumerate(RULES.items(), 1):
        for call, error in rules.items():
            faults.fail(call, error, after=50 * (number - 1))
        refused(child, 10)
        told_of_failure(child, text)
        with pytest.raises(Refused, match="JOURNAL_FAILED"):
            child.add(10, f"new-{number}")
        assert child.add(1, "c") == number, "what is not kept is served"
        faults.heal()
        told_of_recovery(child)
        assert len(child.logged("journal resumed")) == number, name
        assert child.value() == 1 + number, "what was refused is not there"
        assert child.add(1) == 2 + number
        assert child.add(number, f"new-{number}") == number
    child.kill()
    child.start()
    assert [child.value(f"new-{number}") for number in range(1, 5)] == [1, 2, 3, 4]
    assert child.value() == 6


@pytest.mark.parametrize("cut", [True, False])
def test_killed_on_a_full_disk(faulty: Faulty, cut: bool) -> None:
    """What is left of the write that failed is no more than a cut, and that is told."""
    child, faults = faulty
    child.add(2)
    faults.fail("write", FULL, after=100)
    if not cut:
        faults.fail("ftruncate", BROKEN)
    refused(child, 10)
    child.kill()
    faults.heal()
    child.start()
    assert child.value() == 2
    assert bool(child.logged("recovered in spite of")) is not cut
    assert child.add(1) == 3


def test_no_segment_can_be_begun(faulty: Faulty) -> None:
    child, faults = faulty
    child.add(2)
    child.stop()
    child.start()
    assert child.value() == 2  # a channel that still connects may send its calls in another order
    faults.fail("create", READ_ONLY)
    refused(child, 10)
    told_of_failure(child, "failed to create a segment: Read-only file system")
    faults.heal()
    told_of_recovery(child)
    assert child.add(1) == 3


def test_a_failed_sync_is_for_good(faulty: Faulty) -> None:
    """The system may have thrown the pages away and call them clean: nothing but a restart helps."""
    child, faults = faulty
    child.add(2)
    faults.fail("fdatasync", BROKEN)
    refused(child, 10)
    told_of_failure(child, "failed to sync: Input/output error; only a restart goes on")
    faults.heal()
    for _ in range(20):
        refused(child, 10)
    assert child.health() == NOT_SERVING
    assert child.health("") == NOT_SERVING, "whoever restarts hosts restarts this one"
    assert not child.logged("journal resumed")
    child.stop()
    assert "by a crash" in run("journal", "verify", child.data).output, "it was not sealed"
    child.start()
    assert child.health() == child.health("") == SERVING
    found = child.value()
    assert found in (2, 12), "nobody was told either way"
    assert child.add(1) == found + 1


def test_a_snapshot_that_cannot_be_written(faulty: Faulty) -> None:
    """Calls go on; the journal has it all."""
    child, faults = faulty
    faults.fail("write", FULL, "snapshots")
    for _ in range(25):
        child.add(1)
    assert child.health() == SERVING
    until_logged(child, "not saved", "No space left on device")
    child.kill()
    child.start()
    assert child.value() == 25
    assert child.logged("recovered")[-1]["entries"] >= 26


def until_logged(child: Child, event: str, text: str) -> None:
    """Do something else until the log has a line."""
    for _ in range(2_000):
        child.metrics()
        if any(text in line["error"] for line in child.logged(event)):
            return
    raise AssertionError(f"never: {event}")


def test_a_module_that_cannot_be_kept(faulty: Faulty) -> None:
    """Without its module an instance could never be made again: it is not begun."""
    child, faults = faulty
    faults.fail("write", FULL, "modules")
    with pytest.raises(Refused, match="cannot keep counter in the data directory: No space left") as told:
        child.add(1)
    assert (told.value.code, told.value.reason) == ("UNAVAILABLE", "JOURNAL_FAILED")
    faults.heal()
    assert child.add(1) == 1
    child.kill()
    child.start()
    assert child.value() == 1


# A disk that takes its time


def test_a_slow_sync(faulty: Faulty) -> None:
    """Durable answers wait, reads of what is not durable too; all others are served."""
    child, faults = faulty
    assert (child.add(2), child.add(3, "b"), child.add(1, "z")) == (2, 3, 1)
    with faults.holding("fdatasync") as held:
        adding = child.adding(10)
        held.entered()
        reading = child.reading()
        assert child.add(1, "c") == 1
        assert child.add(1, "z") == 2, "async"
        assert child.health() == SERVING
        until_held(child, 2)
        assert not adding.done() and not reading.done()
    assert outcome(adding) == 12
    assert child.value() == 12
    assert child.metrics()["interlock_journal_held_records"] == 0


def until_held(child: Child, count: int) -> None:
    for _ in range(2_000):
        if child.metrics()["interlock_journal_held_records"] >= count:
            return
    raise AssertionError("they are not held back")


def test_a_deadline_on_a_slow_disk(faulty: Faulty) -> None:
    """Who has waited enough goes, and learns with the same id what came of it."""
    child, faults = faulty
    child.add(2)
    metadata = [("request_id", "order-7")]
    with faults.holding("fdatasync") as held:
        late = child.adding(10, timeout=0.3, metadata=metadata)
        held.entered()
        with pytest.raises(Refused) as told:
            outcome(late)
        assert told.value.code == "DEADLINE_EXCEEDED"
        retry = child.adding(10, metadata=metadata)
        until_held(child, 1)
        assert not retry.done()
    assert outcome(retry) == 12
    assert child.add(10, metadata=metadata) == 12
    assert child.value() == 12


def test_killed_on_a_slow_disk(faulty: Faulty) -> None:
    """Nobody was told, so either is right."""
    child, faults = faulty
    child.add(2)
    with faults.holding("fdatasync") as held:
        adding = child.adding(10)
        held.entered()
        assert not adding.done()
        child.kill()
    with pytest.raises(Refused):
        outcome(adding)
    child.start()
    assert child.value() in (2, 12)


def test_a_sync_that_fails_late(faulty: Faulty) -> None:
    """Everybody whose answer was held back is told."""
    child, faults = faulty
    child.add(2)
    with faults.holding("fdatasync") as held:
        calls: list[Any] = [child.adding(10)]
        held.entered()
        calls += [child.adding(10) for _ in range(20)]
        until_held(child, 21)
        faults.fail("write", FULL)
    # The first was written before, so its sync ends well.
    assert outcome(calls[0]) == 12
    for call in calls[1:]:
        with pytest.raises(Refused, match="JOURNAL_FAILED"):
            outcome(call)
    faults.heal()
    told_of_recovery(child)
    assert child.value() == 12


@pytest.mark.parametrize("final", [False, True])
def test_acknowledged_is_kept(faulty: Faulty, final: bool) -> None:
    """Many callers, a disk that fails now and then: what was acknowledged is there, the rest is not."""
    child, faults = faulty
    acknowledged = unknown = 0
    for number in range(4):
        calls = [child.adding(1) for _ in range(20)]
        if number % 2:
            faults.fail("fdatasync", BROKEN) if final else faults.fail("write", FULL, after=50 * number)
        for call in calls:
            try:
                outcome(call)
                acknowledged += 1
            except Refused as told:
                assert told.reason == "JOURNAL_FAILED"
                unknown += 1
        faults.heal()
        if final:
            child.kill()
            child.start()
        else:
            child.health_until(SERVING)
            assert child.value() == acknowledged
    child.kill()
    child.start()
    assert acknowledged >= 40
    assert acknowledged <= child.value() <= acknowledged + (unknown if final else 0)

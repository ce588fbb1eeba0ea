"""The thread that flushes: who is told what, and when."""

from __future__ import annotations

import errno
import os
import queue
import threading
from collections.abc import Iterator

import pytest

from interlock_host.journal import Committer, Journal, JournalFailed, scan
from tests.host.journal.sample import Author
from tests.host.snapshot.memory_disk import MemoryDisk

PATIENCE = 20
AGES = 3600.0


class Told:
    """What a committer said, in order."""

    def __init__(self) -> None:
        self.words: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()

    def durable(self, lsn: int) -> None:
        self.words.put(("durable", lsn))

    def failed(self, failure: JournalFailed) -> None:
        self.words.put(("failed", failure.final))

    def resumed(self) -> None:
        self.words.put(("resumed", None))

    def next(self) -> tuple[str, object]:
        return self.words.get(timeout=PATIENCE)


class Desk:
    """A journal with a committer."""

    def __init__(self, *, async_seconds: float = 0.0, resume_seconds: float = 0.0) -> None:
        self.disk = MemoryDisk()
        self.journal = Journal(self.disk)
        self.author = Author(self.journal)
        self.told = Told()
        self.committer = Committer(
            self.journal,
            self.told.durable,
            self.told.failed,
            self.told.resumed,
            async_seconds=async_seconds,
            resume_seconds=resume_seconds,
        )

    def refuse(self, number: int, step: str) -> None:
        self.disk.failing = lambda at, path: OSError(number, os.strerror(number)) if at == step else None

    def obey(self) -> None:
        self.disk.failing = lambda at, path: None


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.committer.close()


def test_what_is_waited_for_becomes_durable(desk: Desk) -> None:
    lsn = desk.author.create()
    desk.committer.wake(True)
    assert desk.told.next() == ("durable", lsn)
    assert desk.committer.wait(lsn, PATIENCE)
    assert scan(desk.disk).last_lsn == lsn


def test_what_nobody_waits_for_lies_a_while() -> None:
    desk = Desk(async_seconds=AGES)
    first = desk.author.create()
    desk.committer.wake(False)
    second = desk.author.create()
    assert desk.journal.durable_lsn == 0
    desk.committer.wake(True)
    assert desk.told.next() == ("durable", second), "one flush takes both"
    assert desk.committer.wait(first, PATIENCE)
    desk.committer.close()


def test_it_becomes_durable_without_anybody(desk: Desk) -> None:
    lsn = desk.author.create()
    desk.committer.wake(False)
    assert desk.told.next() == ("durable", lsn)


def test_what_gathers_during_a_flush_is_one_batch() -> None:
    """Group commit: while the disk is busy, everybody else's entries wait for one sync together."""
    desk = Desk()
    syncing, go = threading.Event(), threading.Event()

    def slow(step: str, path: str) -> None:
        if step == "sync":
            syncing.set()
            assert go.wait(PATIENCE)

    desk.disk.failing = slow
    desk.author.create()
    desk.committer.wake(True)
    assert syncing.wait(PATIENCE)
    for _ in range(50):
        desk.author.create()
        desk.committer.wake(True)
    assert not desk.committer.wait(1, 0), "nothing is durable before its sync"
    go.set()
    assert [desk.told.next(), desk.told.next()] == [("durable", 1), ("durable", 51)]
    desk.committer.close()


def test_a_failure_is_told_and_outwaited(desk: Desk) -> None:
    desk.refuse(errno.ENOSPC, "write")
    lsn = desk.author.create()
    assert not desk.committer.wait(lsn, PATIENCE), "waiting ends with the failure"
    assert desk.told.next() == ("failed", False)
    desk.obey()
    assert desk.told.next() == ("resumed", None)
    desk.author.discard()
    again = desk.author.create()
    assert desk.committer.wait(again, PATIENCE)
    assert desk.told.next() == ("durable", again)


def test_an_lsn_of_before_the_failure_is_not_taken_for_that_of_after_it(desk: Desk) -> None:
    epoch = desk.journal.epoch
    desk.refuse(errno.EIO, "write")
    lost = desk.author.create()
    desk.committer.wake(True)
    assert desk.told.next() == ("failed", False)
    desk.obey()
    assert desk.told.next() == ("resumed", None)
    desk.author.discard()
    assert desk.author.create() == lost
    assert desk.committer.wait(lost, PATIENCE)
    assert not desk.committer.wait(lost, PATIENCE, epoch)


def test_a_final_failure_is_not_tried_again(desk: Desk) -> None:
    desk.refuse(errno.EIO, "sync")
    lsn = desk.author.create()
    assert not desk.committer.wait(lsn, PATIENCE)
    assert desk.told.next() == ("failed", True)
    steps = len(desk.disk.steps)
    desk.committer.close()
    assert len(desk.disk.steps) == steps and desk.told.words.empty()


def test_a_failure_that_becomes_final_is_told_again(desk: Desk) -> None:
    desk.refuse(errno.ENOSPC, "write")
    desk.author.create()
    desk.committer.wake(True)
    assert desk.told.next() == ("failed", False)
    desk.refuse(errno.EIO, "sync")
    assert desk.told.next() == ("failed", True)


def test_a_failed_journal_is_tried_only_now_and_then() -> None:
    desk = Desk(resume_seconds=AGES)
    desk.refuse(errno.ENOSPC, "write")
    desk.author.create()
    desk.committer.wake(True)
    assert desk.told.next() == ("failed", False)
    desk.obey()
    steps = len(desk.disk.steps)
    for _ in range(100):
        desk.committer.wake(True)
    desk.committer.close()
    assert len(desk.disk.steps) == steps


def test_closing_flushes() -> None:
    desk = Desk(async_seconds=AGES)
    lsn = desk.author.create()
    desk.committer.wake(False)
    desk.committer.close()
    assert desk.told.next() == ("durable", lsn)
    assert desk.committer.wait(lsn, 0)
    later = desk.author.create()
    assert not desk.committer.wait(later), "nobody flushes any more"


def test_many_wait(desk: Desk) -> None:
    """Threads that each wait for their own entries."""
    results: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def run() -> None:
        last = instance = desk.journal.append(1, 0, 0, 0, 0, 0, 0, b"", b"")
        for number in range(50):
            results.put(desk.committer.wait(last, PATIENCE) and desk.journal.durable_lsn >= last)
            last = desk.journal.append(2, instance, last, 0, number, 0, 0, b"", b"")

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [results.get(timeout=PATIENCE) for _ in range(200)] == [True] * 200

"""The table of first answers, with what a snapshot had of it."""

from __future__ import annotations

import pytest

from interlock.journal.v1 import journal_pb2
from interlock_host.answers import KEPT_ANSWERS, KEPT_BYTES, KEPT_NS, Answers, SavedAnswers, checksum_of
from interlock_host.calls import FINAL, MESSAGE, Call, Record
from interlock_host.durability.head import _answered
from interlock_host.errors import HostError

REQUEST = b"a request"


def columns(count: int, now: int = 0, payload: bytes = b"p") -> journal_pb2.Answered:
    """Answers of `count` calls, one a nanosecond."""
    kept = (checksum_of(REQUEST), len(REQUEST), 0, FINAL | MESSAGE, payload)
    return _answered([(b"saved %d" % number, (*kept, now + number)) for number in range(count)])


def keep(answers: Answers, identity: bytes, now: int, payload: bytes = b"new") -> None:
    call = Call(None, 0, len(REQUEST), None)  # type: ignore[arg-type]
    call.identity = identity
    answers.begin(call, REQUEST)
    answers.keep(call, Record(0, FINAL | MESSAGE, payload), now)


def woken(count: int, now: int = 0, payload: bytes = b"p") -> Answers:
    answers = Answers()
    saved = columns(count, now, payload)
    answers.wake_with(SavedAnswers(saved, saved.ByteSize()))
    return answers


def test_saved_ones_are_found() -> None:
    answers = woken(3)
    assert len(answers) == 3
    assert answers.kept(b"saved 2", REQUEST) == Record(0, FINAL | MESSAGE, b"p")
    assert answers.kept(b"saved 3", REQUEST) is None
    with pytest.raises(HostError, match="another request"):
        answers.kept(b"saved 2", b"another")


def test_the_oldest_goes_for_room() -> None:
    answers = woken(KEPT_ANSWERS)
    keep(answers, b"new", KEPT_ANSWERS)
    assert len(answers) == KEPT_ANSWERS
    assert answers.kept(b"saved 0", REQUEST) is None
    assert answers.kept(b"saved 1", REQUEST) is not None
    assert answers.kept(b"new", REQUEST) is not None


def test_all_that_are_too_old_go() -> None:
    answers = woken(5)
    keep(answers, b"new", KEPT_NS + 3)
    assert len(answers) == 3
    keep(answers, b"newer", 3 * KEPT_NS)
    assert len(answers) == 1
    assert answers.kept(b"saved 4", REQUEST) is None
    assert answers.kept(b"newer", REQUEST) is not None


def test_the_oldest_goes_for_bytes() -> None:
    answers = woken(8, payload=bytes(KEPT_BYTES // 8 - 100))
    keep(answers, b"new", 8, bytes(1_000))
    assert len(answers) == 8
    assert answers.kept(b"saved 0", REQUEST) is None
    keep(answers, b"one", 9, bytes(KEPT_BYTES))
    assert len(answers) == 1


def test_one_that_is_kept_anew_counts_once() -> None:
    """In replay a call comes again that was forgotten in between."""
    answers = Answers()
    for now, size in enumerate((1_000, 500)):
        keep(answers, b"again", now, bytes(size))
        keep(answers, b"other", now, b"")
    assert len(answers) == 2
    assert answers.oldest == 1
    assert answers.size < 2_000


def test_what_is_taken_stays_as_it_was() -> None:
    answers = woken(4)
    keep(answers, b"new", KEPT_NS + 1)
    saved, since = answers.take()
    keep(answers, b"newer", 3 * KEPT_NS)
    assert saved is not None
    assert list(saved.written().identity) == [b"saved 1", b"saved 2", b"saved 3"]
    assert [identity for identity, _ in since] == [b"new"]


def test_columns_that_are_not_as_long_as_each_other_are_refused() -> None:
    torn = columns(3)
    del torn.now[1:]
    with pytest.raises(ValueError, match="columns"):
        SavedAnswers(torn, 1_000)

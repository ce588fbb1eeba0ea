"""One module in every language: the same calls, the same bytes; and what each runtime does to a host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError

from interlock_host.calls import CancelReason, Sink
from interlock_host.errors import HostError
from interlock_host.instance import State
from tests.host import guests
from tests.host.conftest import Watcher
from tests.host.latch import LARGEST_MESSAGE, MALFORMED, MOST_PARKED, ODD, Latch, Script
from tests.host.session import Sent, fields

DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, INTERNAL, UNAVAILABLE = 4, 8, 9, 13, 14
SEEDS = range(5)
# A collector lets memory grow until it first runs.
ROUND_CALLS, SETTLED_ROUNDS, MOST_ROUNDS = 20_000, 6, 25
TWIN = "c"


def built(language: str) -> Path:
    """The packed guest. A missing compiler skips a developer's tests, and fails CI's."""
    try:
        return guests.build(language)
    except guests.ToolMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(f"{language}: {missing}")
        pytest.skip(f"{language}: {missing}")


def test_missing_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> guests.Tool:
        raise guests.ToolMissing("install it")

    monkeypatch.setitem(guests.TOOLS, "c", missing)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="c: install it"):
        built("c")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="c: install it"):
        built("c")


@pytest.fixture(scope="module", params=list(guests.TOOLS))
def guest(request: pytest.FixtureRequest) -> Path:
    """The guest in each language."""
    return built(request.param)


@pytest.fixture
def latch(guest: Path, watcher: Watcher) -> Iterator[Latch]:
    latch = Latch(guest, watcher)
    yield latch
    latch.engine.close()


# What the latch does


def test_wait_when_open(latch: Latch) -> None:
    assert latch.send("Open").reply.opening == 1
    assert latch.send("Wait", wait_ms=50).reply.opening == 1


def test_wait_parks(latch: Latch) -> None:
    waiting = [latch.send("Wait", wait_ms=50) for _ in range(3)]
    latch.advance(49)
    assert not any(sent.done for sent in waiting)
    assert fields(latch.send("Open").reply) == {"opening": 1, "released": 3}
    assert [sent.reply.opening for sent in waiting] == [1, 1, 1]


def test_wait_times_out(latch: Latch) -> None:
    late, early = latch.send("Wait", wait_ms=50), latch.send("Wait", wait_ms=20)
    latch.advance(20)
    assert early.done and not late.done
    latch.advance(30)
    assert [timed_out(sent) for sent in (early, late)] == [True, True]
    assert latch.send("Open").reply.released == 0


def test_wait_without_time(latch: Latch) -> None:
    assert timed_out(latch.send("Wait"))


def test_cancel(latch: Latch) -> None:
    gone, stays = latch.send("Wait", wait_ms=50), latch.send("Wait", wait_ms=60)
    gone.call.cancel(CancelReason.DISCONNECT)
    assert gone.failure.reason == "CALLER_GONE"
    assert latch.send("Peek").reply.waiting == 1
    latch.advance(60)
    assert timed_out(stays)


def test_timer(latch: Latch) -> None:
    latch.send("Open", for_ms=10)
    latch.advance(9)
    assert latch.send("Peek").reply.open
    latch.advance(1)
    assert fields(latch.send("Peek").reply) == {"openings": 1}
    assert not latch.send("Wait", wait_ms=50).done


def test_timer_of_old_opening(latch: Latch) -> None:
    """A latch that was closed and opened again is not closed by the first opening's timer."""
    latch.send("Open", for_ms=10)
    assert latch.send("Close").reply.was_open
    latch.send("Open")
    latch.advance(10)
    assert latch.send("Close").reply.was_open
    assert not latch.send("Close").reply.was_open


def test_longest_time(latch: Latch) -> None:
    sent = latch.send("Wait", wait_ms=2**32 - 1)
    latch.advance(2**32 - 2)
    assert not sent.done
    latch.advance(1)
    assert timed_out(sent)


def test_own_reason(latch: Latch) -> None:
    latch.send("Open")
    failure = latch.send("Open").failure
    assert (failure.code, failure.reason, failure.domain) == (
        FAILED_PRECONDITION,
        "ALREADY_OPEN",
        "acme.latch.v1",
    )


def timed_out(sent: Sent) -> bool:
    return sent.failure[:3] == (DEADLINE_EXCEEDED, "TIMED_OUT", "the latch stayed closed")


# Messages and records


@pytest.mark.parametrize("odd", ODD)
def test_odd_request(latch: Latch, odd: str) -> None:
    """What it says is what protobuf's own decoder reads in it."""
    request = latch.messages.request("Open", instance="a", for_ms=5) + ODD[odd]
    for_ms = latch.messages.decode("Open", request).for_ms
    assert latch.send_bytes("Open", request).reply.opening == 1
    latch.advance(for_ms - 1)
    assert latch.send("Peek").reply.open
    latch.advance(1)
    assert not latch.send("Peek").reply.open


@pytest.mark.parametrize("malformed", MALFORMED)
def test_malformed_request(latch: Latch, malformed: str) -> None:
    """What protobuf's own decoder refuses, and groups, which no proto3 message has."""
    request = latch.messages.request("Open", instance="a") + MALFORMED[malformed]
    if malformed != "group":
        with pytest.raises(DecodeError):
            latch.messages.decode("Open", request)
    assert latch.send_bytes("Open", request).failure.reason == "INVALID_PROTO"
    assert not latch.send("Peek").reply.open


def test_largest_request(latch: Latch) -> None:
    request = latch.messages.request("Open", instance="a", for_ms=1)
    largest = b"\x22\xf8\x3f" + b"x" * (LARGEST_MESSAGE - len(request) - 3)
    assert len(request + largest) == LARGEST_MESSAGE
    assert latch.send_bytes("Open", request + largest).reply.opening == 1
    with pytest.raises(HostError, match="8193 bytes"):
        latch.send_bytes("Open", request + largest + b"x")


def test_many_waiters(latch: Latch, watcher: Watcher) -> None:
    """More answers than a fixed outbox holds leave in order of arrival; one call too many harms nobody."""
    order: list[int] = []

    def released(number: int) -> Sink:
        return lambda _record: order.append(number)

    request = latch.messages.request("Wait", instance="a", wait_ms=50)
    for number in range(MOST_PARKED):
        latch.engine.start(latch.method("Wait"), request, released(number))
    assert latch.send("Wait", wait_ms=50).failure[:2] == (RESOURCE_EXHAUSTED, "TOO_MANY_PARKED")
    assert latch.send("Open").reply.released == MOST_PARKED
    assert order == list(range(MOST_PARKED))
    assert not (watcher.faults or watcher.traps)


def test_many_time_out(latch: Latch) -> None:
    waiting = [latch.send("Wait", wait_ms=50) for _ in range(MOST_PARKED)]
    latch.advance(50)
    assert all(timed_out(sent) for sent in waiting)


@pytest.mark.parametrize("seed", SEEDS)
def test_same_bytes(guest: Path, seed: int) -> None:
    """The point of it all: whatever the language, the same calls get the same bytes."""
    twin, latch = Latch(built(TWIN)), Latch(guest)
    assert Script(latch, seed).run(1_000) == Script(twin, seed).run(1_000)


# What a language's runtime brings


def test_panic(latch: Latch) -> None:
    """It ends one instance, and what it did before is never seen."""
    waiting, other = latch.send("Wait", wait_ms=50), latch.send("Wait", "b", wait_ms=50)
    assert latch.send("Break").failure[:2] == (INTERNAL, "TRAP")
    assert waiting.failure[:2] == (UNAVAILABLE, "INSTANCE_RESTARTED")
    assert fields(latch.send("Peek").reply) == {}
    assert latch.send("Open").reply.opening == 1
    assert latch.send("Open", "b").reply.released == 1
    assert other.reply.opening == 1


def test_last_words(watcher: Watcher) -> None:
    """What Go's own log says as the module panics reaches the host's; its time is the entry's."""
    latch = Latch(built("go"), watcher)
    latch.send("Break")
    latch.engine.close()
    said = "".join(watcher.outputs)
    assert said.startswith("2001/09/09 01:46:40 latch 1 is broken\npanic: latch 1 is broken\n")


def test_no_leak(latch: Latch) -> None:
    """Memory settles: in the end 100,000 calls, parked ones among them, take no page more."""
    round_ = ("Wait", "Wait", "Open", "Wait", "Peek", "Close", "Wait", "Peek")
    requests = [(latch.method(name), latch.messages.request(name, instance="a")) for name in round_]
    sizes: list[int] = []
    while len(sizes) < MOST_ROUNDS and sizes[-SETTLED_ROUNDS:] != [latch.memory_bytes] * SETTLED_ROUNDS:
        for _ in range(ROUND_CALLS // len(requests)):
            for method, request in requests:
                latch.engine.start(method, request, None)
        sizes.append(latch.memory_bytes)
    (instance,) = latch.engine.instances()
    assert instance.state is State.LIVE and not instance.traps
    assert len(sizes) < MOST_ROUNDS, sizes

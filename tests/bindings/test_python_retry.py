"""What is sent again, and how often: each verb against a host that fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import interlock
from interlock.ops import arguments, counter, flow, queue, rebalance
from interlock.ops.flow import Flow, Request
from interlock.sync.drive import Driver


class Failing:
    """A transport that never answers."""

    registry = None

    def __init__(self, sent: bool, reason: str = "") -> None:
        self.calls = 0
        self.ids: set[str] = set()
        self._sent = sent
        self._reason = reason

    def call(self, request: Request) -> bytes:
        self.calls += 1
        self.ids.add(request.id)
        error = interlock.Unavailable("no host", reason=self._reason)
        error.sent = self._sent
        raise error

    def stream(self, request: Request) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Unhurried(Driver):
    """Keeps the pauses instead of making them."""

    def __init__(self, transport: Failing) -> None:
        super().__init__(transport, retries=3, reconnect=0)
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def tries(make: Callable[[], Flow[Any]], sent: bool, reason: str = "") -> int:
    """Return how often a verb was sent."""
    transport = Failing(sent, reason)
    with pytest.raises(interlock.Unavailable):
        Unhurried(transport).run(make())
    assert len(transport.ids) == 1, "a retry has the request id of the first"
    return transport.calls


def _pop(lease: float) -> Flow[Any]:
    return queue.pop("q", 1, timeout=0, lease=lease, dead_letters=False)


def _join() -> Flow[Any]:
    return rebalance.join("g", "m", {"t": 1}, owned={}, weight=1, session=10, rebalance=3)


SAFE: dict[str, Callable[[], Flow[Any]]] = {
    "add once": lambda: counter.add("c", 1, "", "id"),
    "add_many once": lambda: counter.add_many("c", [interlock.Addition("k", 1, "id")]),
    "get": lambda: counter.get("c", ["k"]),
    "list": lambda: counter.page("c", "", 10, ""),
    "wait": lambda: counter.wait("c", 1, None, "", 0),
    "push with ids": lambda: queue.push("q", [interlock.Item(b"x", "id")], 0, True),
    "pop leased": lambda: _pop(1.0),
    "ack": lambda: queue.ack("q", [1]),
    "nack": lambda: queue.nack("q", [1], 0),
    "extend": lambda: queue.extend("q", [1], None),
    "stats": lambda: queue.stats("q"),
    "close": lambda: queue.close("q"),
    "join": _join,
    "heartbeat": lambda: rebalance.heartbeat("g", "m", 1),
    "leave": lambda: rebalance.leave("g", "m"),
    "check_generation": lambda: rebalance.check_generation("g", "m", 1, {}),
    "describe": lambda: rebalance.describe("g"),
    "backoff": lambda: rebalance.backoff("g", "m", 0, ""),
}
UNSAFE: dict[str, Callable[[], Flow[Any]]] = {
    "add": lambda: counter.add("c", 1, "", ""),
    "add_many, one without once": lambda: counter.add_many("c", [interlock.Addition("k", 1, "id"), ("j", 1)]),
    "cas": lambda: counter.compare_and_set("c", 0, 1, ""),
    "reset": lambda: counter.reset("c", None),
    "push": lambda: queue.push("q", [b"x"], 0, True),
    "push with ids, no window": lambda: queue.push("q", [interlock.Item(b"x", "id")], 0, False),
    "pop for good": lambda: _pop(0),
    "purge": lambda: queue.purge("q", False),
}


@pytest.mark.parametrize("verb", SAFE)
def test_safe(verb: str) -> None:
    assert tries(SAFE[verb], sent=True) == 4


@pytest.mark.parametrize("verb", UNSAFE)
@pytest.mark.parametrize("reason", ["", "SHUTTING_DOWN", "JOURNAL_FAILED"])
def test_known_by_its_id(verb: str, reason: str) -> None:
    assert tries(UNSAFE[verb], sent=True, reason=reason) == 4


@pytest.mark.parametrize("verb", UNSAFE)
def test_lost_with_its_instance(verb: str) -> None:
    assert tries(UNSAFE[verb], sent=True, reason="INSTANCE_RESTARTED") == 1


@pytest.mark.parametrize("verb", ["get", "list", "wait", "stats", "check_generation", "describe", "backoff"])
def test_reads_have_no_id(verb: str) -> None:
    transport = Failing(sent=True)
    with pytest.raises(interlock.Unavailable):
        Unhurried(transport).run(SAFE[verb]())
    assert transport.ids == {""}


def test_ids_differ() -> None:
    assert len({Request("/s/m", b"").id for _ in range(1_000)}) == 1_000


def test_a_host_that_was_there_is_waited_for() -> None:
    error = interlock.Unavailable("gone")
    error.reached = True
    assert 0.5 <= flow.Retry(error, 3, since=time.monotonic()).pause(3, reconnect=3600) <= 1.0
    with pytest.raises(interlock.Unavailable):
        flow.Retry(error, 3, since=time.monotonic() - 3601).pause(3, reconnect=3600)
    error.reached = False
    with pytest.raises(interlock.Unavailable):
        flow.Retry(error, 3, since=time.monotonic()).pause(3, reconnect=3600)


@pytest.mark.parametrize("verb", [*SAFE, *UNSAFE])
def test_never_sent(verb: str) -> None:
    assert tries((SAFE | UNSAFE)[verb], sent=False) == 4


@pytest.mark.parametrize("reason", ["INSTANCE_FAILED", "INSTANCE_DELETED"])
def test_an_operator_must_act(reason: str) -> None:
    assert tries(SAFE["get"], sent=True, reason=reason) == 1


def test_pauses_grow() -> None:
    transport = Failing(sent=False)
    driver = Unhurried(transport)
    with pytest.raises(interlock.Unavailable):
        driver.run(SAFE["get"]())
    for pause, whole in zip(driver.pauses, (0.1, 0.2, 0.4), strict=True):
        assert whole / 2 <= pause <= whole


def test_backoff_is_capped() -> None:
    assert 5.0 <= flow.backoff(50) <= 10.0


def test_failed_push_gives_items_back() -> None:
    items: list[Any] = [b"1", interlock.Item(b"2")]
    with pytest.raises(interlock.Unavailable) as caught:
        Unhurried(Failing(sent=True)).run(queue.push("q", items, 0, False))
    assert list(caught.value.items) == items


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_wait_in_pieces() -> None:
    clock = Clock()
    wait = flow.Wait(70.0, clock)
    taken = []
    while True:
        taken.append(wait.take())
        clock.now += taken[-1]
        if not wait.spend(taken[-1]):
            break
    assert taken == [30.0, 30.0, 10.0]


def test_wait_ends_on_a_clock_that_stands_still() -> None:
    wait = flow.Wait(45.0, Clock())
    assert wait.spend(wait.take())
    assert not wait.spend(wait.take())


def test_wait_counts_time_lost_elsewhere() -> None:
    clock = Clock()
    wait = flow.Wait(10.0, clock)
    clock.now += 8.0
    assert wait.take() == 2.0
    clock.now += 8.0
    assert wait.take() == 0.0


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0, 0), (0.0001, 1), (1e-12, 1), (0.05, 50), (0.07, 70), (1.1, 1100), (2, 2000)]
)
def test_milliseconds(seconds: float, whole: int) -> None:
    assert arguments.ms(seconds, "lease") == whole


@pytest.mark.parametrize("seconds", [-1, 5e6, float("inf"), float("nan"), "1", None])
def test_no_milliseconds(seconds: Any) -> None:
    with pytest.raises(interlock.Invalid) as caught:
        arguments.ms(seconds, "lease")
    assert caught.value.field == "lease"

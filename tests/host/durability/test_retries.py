"""Request ids: a call and its retries have one effect and one answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock_host.answer_room import LOOK_NS
from interlock_host.answers import KEPT_NS
from interlock_host.calls import CancelReason
from interlock_host.durability.levels import Level
from interlock_host.durability.store import StoreOptions
from interlock_host.errors import HostError
from tests.host.durability.world import World
from tests.host.puppet import answer, op, record

SCOPE = b"alice\x001"


@pytest.fixture(params=[Level.DURABLE, Level.EPHEMERAL])
def world(puppet_folder: Path, request: pytest.FixtureRequest) -> World:
    world = World(puppet_folder)
    world.level = request.param
    return world


@pytest.fixture
def durable(puppet_folder: Path) -> World:
    return World(puppet_folder)


def test_once(world: World) -> None:
    first, again = world.add(5, scope=SCOPE), world.add(5, scope=SCOPE)
    world.sync()
    assert first.data == again.data
    assert world.value() == 5


def test_a_retry_that_waits_for_the_disk_may_leave(durable: World) -> None:
    first, again = durable.add(5, scope=SCOPE), durable.add(5, scope=SCOPE)
    again.call.cancel(CancelReason.DEADLINE)
    durable.sync()
    assert first.data == again.data


def test_other_principals_methods_and_instances(world: World) -> None:
    world.add(5, scope=SCOPE)
    world.add(5, scope=b"bob\x001")
    world.add(5, scope=SCOPE, instance="b")
    world.sync()
    assert (world.value(), world.value("b")) == (10, 5)


def test_another_request_is_refused(world: World) -> None:
    world.add(5, scope=SCOPE)
    with pytest.raises(HostError) as refused:
        world.add(6, scope=SCOPE)
    assert refused.value.failure[:2] == (3, "REQUEST_ID_REUSED")
    world.sync()
    assert world.value() == 5


def test_an_error_is_an_answer(world: World) -> None:
    error = op("O", record(1, 1, b"\x12\x02no", status=9))
    first = world.do(error, scope=SCOPE)
    again = world.do(error, scope=SCOPE)
    world.sync()
    assert first.record == again.record
    assert again.record is not None and again.record.status == 9


def test_a_parked_call_is_waited_for(world: World) -> None:
    first, again = world.do(scope=SCOPE), world.do(scope=SCOPE)
    assert world.engine.parked_calls() == 1
    world.do(op("O", record(first.call.id, 3, b"\x0a\x01x")), answer())
    world.sync()
    assert first.data == again.data == b"\x0a\x01x"


def test_a_caller_that_goes_leaves_the_call_to_its_retry(world: World) -> None:
    first, again = world.do(scope=SCOPE), world.do(scope=SCOPE)
    first.call.cancel(CancelReason.DISCONNECT)
    assert world.engine.parked_calls() == 1
    world.do(op("O", record(first.call.id, 3, b"\x0a\x01x")), answer())
    world.sync()
    assert again.data == b"\x0a\x01x"


def test_the_last_one_takes_the_call_along(world: World) -> None:
    first, again = world.do(scope=SCOPE), world.do(scope=SCOPE)
    first.call.cancel(CancelReason.DISCONNECT)
    again.call.cancel(CancelReason.DISCONNECT)
    assert world.engine.parked_calls() == 0
    world.sync()
    assert again.reason == "CALLER_GONE"


def test_a_cancelled_call_is_no_answer(world: World) -> None:
    first = world.do(scope=SCOPE)
    first.call.cancel(CancelReason.DISCONNECT)
    world.sync()
    assert world.do(scope=SCOPE).record is None
    assert world.engine.parked_calls() == 1


@pytest.mark.parametrize("how", ["crash", "restart", "save", "sleep"])
def test_across(durable: World, how: str) -> None:
    first = durable.add(5, scope=SCOPE)
    durable.sync()
    if how in ("save", "sleep"):
        assert durable.instance().save()
    if how == "sleep":
        assert durable.instance().sleep()
    else:
        durable.crash() if how != "restart" else durable.restart()
    again = durable.add(5, scope=SCOPE)
    durable.sync()
    assert again.data == first.data
    assert durable.value() == 5


def test_a_parked_call_across_a_crash_is_a_new_one(durable: World) -> None:
    durable.do(scope=SCOPE)
    durable.sync()
    durable.crash()
    again = durable.do(scope=SCOPE)
    assert again.record is None
    assert durable.engine.parked_calls() == 1


def test_an_answer_that_was_never_synced_is_forgotten(durable: World) -> None:
    durable.add(1)
    durable.sync()
    durable.add(5, scope=SCOPE)
    durable.crash()
    durable.add(5, scope=SCOPE)
    durable.sync()
    assert durable.value() == 6


def test_time_frees_the_answers_of_one_that_stays_awake(world: World) -> None:
    world.do(scope=SCOPE)  # parked
    world.do(answer(b"\x0a\x01x"), scope=b"alice\x002")
    world.sync()
    held = world.engine.instance("puppet", "a")
    assert held.answer_bytes > 0
    world.engine.advance(KEPT_NS + LOOK_NS)
    assert held.answer_bytes == 0
    assert held.machine is not None
    first = world.do(answer(b"\x0a\x01y"), scope=b"alice\x003")
    world.engine.advance(KEPT_NS - 1)
    again = world.do(answer(b"\x0a\x01y"), scope=b"alice\x003")
    world.sync()
    assert again.data == first.data == b"\x0a\x01y"


def test_a_call_that_came_again_after_its_time_is_the_one_that_is_known(durable: World) -> None:
    """Also where the journal is replayed, in which the first one was never let go of."""
    durable.add(5, scope=SCOPE)
    durable.engine.advance(KEPT_NS + 2 * LOOK_NS)
    durable.add(6, scope=SCOPE)
    durable.sync()
    durable.crash()
    assert durable.add(6, scope=SCOPE).record
    with pytest.raises(HostError, match="another request"):
        durable.add(5, scope=SCOPE)
    assert durable.value() == 11
    answers = durable.instance().answers
    assert answers is not None and len(answers) == 1


def test_durable_answers_sleep_where_there_is_no_room(puppet_folder: Path) -> None:
    """They are on the disk, and known for as long as ever."""
    world = World(puppet_folder, options=StoreOptions(idle_seconds=3_600), answer_bytes=5_000)
    for name in "abc":
        world.add(5, scope=SCOPE, instance=name)
    world.do(scope=SCOPE)
    world.do(answer(b"\x0a\x01x" + bytes(10_000)), scope=b"alice\x002")
    world.sync()
    world.engine.advance(LOOK_NS - 1)
    world.add(5, scope=b"alice\x002", instance="c")
    world.add(5, instance="d")
    world.engine.advance(1)
    world.sync()
    world.life.keep()
    assert [world.instance(name=name).asleep for name in "abcd"] == [True, True, False, False]
    assert not world.instance("puppet").asleep  # a call is parked in it
    again = world.add(5, scope=SCOPE)
    world.sync()
    assert again.record
    assert [world.value(name) for name in "abcd"] == [5, 5, 10, 5]

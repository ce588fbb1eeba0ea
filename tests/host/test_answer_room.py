"""The answers of all instances together: how old they get, and how many bytes they take."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from interlock.queue.v1 import queue_pb2
from interlock_host.answer_room import LOOK_NS, AnswerRoom
from interlock_host.answers import KEPT_NS, Answers, SavedAnswers
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.instance import NEVER
from interlock_host.metrics import CallMetrics
from tests.host.test_answers import REQUEST, columns, keep

MIB = 1 << 20
SECOND = 1_000_000_000


class Owner:
    """Keeps answers in a room."""

    def __init__(self, room: AnswerRoom) -> None:
        self.lock = threading.RLock()
        self.room = room
        self.answers: Answers | None = Answers(self, room)

    def keep(self, identity: bytes, now: int, payload: bytes = b"p") -> None:
        assert self.answers is not None
        keep(self.answers, identity, now, payload)

    def has(self, *identities: bytes) -> bool:
        assert self.answers is not None
        return all(self.answers.kept(identity, REQUEST) is not None for identity in identities)

    def forget(self) -> None:
        self.answers = None
        self.room.forget(self)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def room_of(clock: VirtualClock, most: int, on_full: Callable[[], None] | None = None) -> AnswerRoom:
    def schedule(room: AnswerRoom, due: int) -> None:
        room.scheduled = due

    return AnswerRoom(clock, most, schedule, on_full)


def wait(clock: VirtualClock, room: AnswerRoom, by_ns: int) -> None:
    """Move the clock, and tick the room when it is due."""
    until = clock.now() + by_ns
    while room.scheduled <= until:
        clock.move_to(room.scheduled)
        room.tick()
    clock.move_to(until)


def test_time_frees_what_nobody_asks_for(clock: VirtualClock) -> None:
    room = room_of(clock, MIB)
    owners = [Owner(room) for _ in range(3)]
    for number, owner in enumerate(owners):
        clock.move_to(number * 60 * SECOND)
        owner.keep(b"x", clock.now())
    wait(clock, room, KEPT_NS - 120 * SECOND)
    assert all(owner.has(b"x") for owner in owners)
    wait(clock, room, LOOK_NS)
    assert [owner.has(b"x") for owner in owners] == [False, True, True]
    wait(clock, room, KEPT_NS)
    assert not any(owner.has(b"x") for owner in owners)
    assert room.bytes == 0
    assert room.scheduled == NEVER
    owners[0].keep(b"y", clock.now())
    wait(clock, room, KEPT_NS + LOOK_NS)
    assert not owners[0].has(b"y")


def test_many_at_once_go_in_parts(clock: VirtualClock) -> None:
    """What is due with them is not held up for as long as that takes."""
    room = room_of(clock, MIB << 10)
    for _ in range(5):
        owner = Owner(room)
        for number in range(4_000):
            owner.keep(b"%d" % number, number)
    clock.move_to(room.scheduled)
    room.tick()
    assert 0 < room.scheduled - clock.now() < SECOND
    assert room.bytes > 0
    wait(clock, room, SECOND)
    assert room.bytes == 0


def test_the_oldest_of_all_make_room(clock: VirtualClock) -> None:
    room = room_of(clock, 10_000)
    first, second = Owner(room), Owner(room)
    for number in range(10):
        first.keep(b"a%d" % number, 2 * number, bytes(1_500))
        second.keep(b"b%d" % number, 2 * number + 1, bytes(1_500))
        assert room.bytes <= 10_000
    assert first.has(b"a8", b"a9") and second.has(b"b8", b"b9")
    assert not first.has(b"a6") and not second.has(b"b6")
    second.keep(b"large", 20, bytes(9_000))
    assert second.has(b"large")
    assert not first.has(b"a9") and not second.has(b"b9")


def test_one_in_use_is_passed_over(clock: VirtualClock) -> None:
    room = room_of(clock, 5_000)
    busy, other = Owner(room), Owner(room)
    busy.keep(b"old", 1, bytes(2_000))
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with busy.lock:
            locked.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    for number in range(3):
        other.keep(b"%d" % number, 2 + number, bytes(2_000))
    assert busy.has(b"old") and other.has(b"2") and not other.has(b"1")
    done.set()
    thread.join()
    other.keep(b"last", 5, bytes(2_000))
    assert not busy.has(b"old") and other.has(b"2", b"last")


def test_what_is_gone_is_not_counted(clock: VirtualClock) -> None:
    room = room_of(clock, MIB)
    for number in range(5_000):
        owner = Owner(room)
        owner.keep(b"x", number)
        owner.forget()
    assert room.bytes == 0
    assert len(room._heap) < 2_000
    owner.answers = Answers(owner, room)
    owner.keep(b"y", 5_000)
    assert room.bytes == owner.answers.size > 0


def test_what_a_snapshot_had_counts_as_it_is_held(clock: VirtualClock) -> None:
    room = room_of(clock, MIB)
    owner = Owner(room)
    assert owner.answers is not None
    saved = columns(100)
    owner.answers.wake_with(SavedAnswers(saved, saved.ByteSize()))
    assert room.bytes == saved.ByteSize()
    owner.answers.age(KEPT_NS + 99)
    assert owner.answers.size == saved.ByteSize()
    wait(clock, room, KEPT_NS + LOOK_NS)
    assert room.bytes == owner.answers.size == 0


def test_durable_ones_only_ask(clock: VirtualClock) -> None:
    asked: list[int] = []
    room = room_of(clock, 1_000, lambda: asked.append(clock.now()))
    owner = Owner(room)
    for number in range(100):
        clock.move_to(number * SECOND)
        owner.keep(b"%d" % number, clock.now(), bytes(2_000))
    assert owner.has(*(b"%d" % number for number in range(100)))
    assert asked == [number * LOOK_NS for number in range(4)]


def test_memory_of_an_engine_is_bounded() -> None:
    """Queues that are empty again hold the bytes that they handed out for retries, and not for ever."""
    engine = Engine(EngineConfig(answer_bytes=4 * MIB), clock=VirtualClock(10**18))
    registry = CallMetrics(engine).registry

    def held() -> float | None:
        return registry.get_sample_value("interlock_answer_bytes", {"wasm_module": "queue"})

    def call(method: str, number: int, request: bytes) -> bytes:
        found = engine.method(f"/interlock.queue.v1.QueueService/{method}")
        assert found is not None
        call = engine.start(found, request, scope=b"me %d" % number)
        assert call.answer is not None and not call.answer.status
        return call.answer.payload

    for number in range(12):
        name = f"q{number}"
        push = queue_pb2.PushRequest(instance=name, items=[queue_pb2.Item(data=bytes(900_000))])
        call("Push", number, push.SerializeToString())
        pop = queue_pb2.PopRequest(instance=name).SerializeToString()
        popped = call("Pop", number, pop)
        assert call("Pop", number, pop) == popped
    bytes_held = held()
    assert bytes_held is not None and 3 * MIB < bytes_held <= 4 * MIB
    assert engine.answer_room.bytes <= 4 * MIB
    engine.delete("queue", "q11")
    assert held() == pytest.approx(bytes_held - 900_000, abs=2_000)
    engine.advance(KEPT_NS + 2 * LOOK_NS)
    assert held() == 0
    engine.close()

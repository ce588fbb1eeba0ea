"""Rules of the ABI that a module may break unawares: the host says so at once, and nothing is lost by it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock_host.calls import Call, Record
from interlock_host.clock import VirtualClock
from interlock_host.durability.levels import Level
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, ModuleError, failure_of
from interlock_host.instance import State
from interlock_host.metrics import CallMetrics
from interlock_host.pack import pack
from tests.host import puppet
from tests.host.conftest import START_NS, Watcher
from tests.host.durability.world import World
from tests.host.puppet import answer, deadline, op, record, request
from tests.host.wat import compiled, contract, descriptors, packed

DRAWS = """(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))"""
ENTRY = """(func (export "{name}") (param i64 i32 i64)
  {body}
  (i64.store (i32.const 256) (local.get 0)) (i64.store (i32.const 264) (i64.const 0x3000000000000))
  (i32.store (i32.const 72) (i32.const 256)) (i32.store (i32.const 76) (i32.const 16)))"""
CONTROL = (
    '(data (i32.const 64) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7f") (data (i32.const 80) "\\00\\04\\00\\00\\40")'
)
"""No deadline, and an inbox of 64 bytes."""


def start(engine: Engine, method: str, *script: bytes, instance: bytes = b"a") -> Call:
    found = engine.method(puppet.SERVICE + method)
    assert found is not None
    return engine.start(found, request(*script, instance=instance), lambda record: None)


def why(call: Call) -> tuple[str, str]:
    assert call.answer is not None
    failure = failure_of(call.answer)
    return failure.reason, failure.message


def look_too(file: object) -> None:
    """Add a read to the service."""
    method = file.service[0].method.add(name="Look", input_type=".test.v1.Request")  # type: ignore[attr-defined]
    method.output_type = ".test.v1.Request"
    method.options.idempotency_level = 1


def test_a_read_that_draws_randomness(tmp_path: Path, watcher: Watcher) -> None:
    draw = "(drop (call $random_get (i32.const 512) (i32.const 8)))"
    entries = [ENTRY.format(name=name, body=draw) for name in ("Do", "Look")]
    wasm = compiled(CONTROL, entries[1], first=DRAWS, method=entries[0])
    (tmp_path / "w.wasm").write_bytes(pack(wasm, descriptors(look_too), contract()))
    world = World(tmp_path, standard=False)
    do, look = (world.engine.modules["test"].methods[name] for name in ("Do", "Look"))
    done = world.engine.start(do, b"\x0a\x01a")
    world.sync()
    assert done.answer is not None and not done.answer.status
    read = world.engine.start(look, b"\x0a\x01a")
    world.sync()
    assert why(read) == ("TRAP", "test trapped: a read drew randomness")
    world.engine.start(do, b"\x0a\x01a")
    world.sync()
    world.crash()
    assert world.recovered.refused == []


@pytest.mark.parametrize("level", [Level.EPHEMERAL, Level.DURABLE])
def test_a_read_that_moves_the_deadline(puppet_folder: Path, level: Level) -> None:
    world = World(puppet_folder, standard=False)
    world.level = level
    start(world.engine, "Do", answer())
    read = start(world.engine, "Look", deadline(START_NS + 5), answer())
    world.sync()
    assert why(read) == ("TRAP", "puppet trapped: a read moved its deadline")
    (instance,) = world.engine.instances()
    assert (instance.state, instance.traps) == (State.LIVE, 1)
    start(world.engine, "Do", answer())
    world.sync()
    world.crash()
    assert world.recovered.refused == []


def test_metrics_that_trap(tmp_path: Path, watcher: Watcher) -> None:
    """A scrape is nobody's call: it fails no instance, and does not ask that one again."""
    (tmp_path / "w.wasm").write_bytes(
        packed('(func (export "interlock_metrics") (result i64) unreachable)', CONTROL)
    )
    engine = Engine(
        EngineConfig(modules=(tmp_path,), standard=False), clock=VirtualClock(START_NS), observer=watcher
    )
    method = engine.modules["test"].methods["Do"]
    for _ in range(5):
        engine.start(method, b"\x0a\x01a")
        list(CallMetrics(engine).registry.collect())
    (instance,) = engine.instances()
    assert (instance.state, instance.traps, len(watcher.traps)) == (State.LIVE, 1, 1)
    engine.close()


NO_ROOM = request(bytes(95_000))
TOO_LARGE = struct.pack("<QIHH", 1, 110_000, 0, 2)
"""The head of a record that its stream's limit has no room for."""


@pytest.mark.parametrize("level", [Level.EPHEMERAL, Level.DURABLE])
@pytest.mark.parametrize(
    "message",
    [NO_ROOM, request(op("O", TOO_LARGE), b"L" + struct.pack("<I", len(TOO_LARGE) + 110_000))],
    ids=["taken", "emitted"],
)
def test_a_message_that_ends_its_stream(puppet_folder: Path, level: Level, message: bytes) -> None:
    """The module is told that the call is over."""
    world = World(puppet_folder, standard=False)
    world.level = level
    method = world.engine.method(puppet.SERVICE + "Both")
    assert method is not None
    got: list[Record] = []
    call = world.engine.open_stream(method, got.append)
    call.send(request(op("C", op("O", record(0, 4, b"cancelled")))))
    call.send(message)
    world.sync()
    assert failure_of(got[-1]).reason == "MESSAGE_TOO_LARGE" and call.done
    assert world.watcher.events == [(0, "cancelled")]
    world.crash()
    assert world.recovered.refused == []


@pytest.fixture
def small(puppet_folder: Path) -> Iterator[Engine]:
    config = EngineConfig(
        modules=(puppet_folder,), standard=False, max_instances=2,
        config_of=lambda module, name: b"\x09" if name.startswith("bad") else b"",
    )  # fmt: skip
    engine = Engine(config, clock=VirtualClock(START_NS))
    yield engine
    engine.close()


def refused(engine: Engine, *script: bytes, instance: bytes) -> str:
    with pytest.raises(HostError) as error:
        start(engine, "Do", *script, instance=instance)
    return error.value.failure.reason


def test_what_was_never_made_holds_no_place(small: Engine) -> None:
    for number in range(5):
        assert refused(small, instance=b"bad-%d" % number) == "START_FAILED"
        assert refused(small, bytes(200_000), instance=b"large-%d" % number) == "MESSAGE_TOO_LARGE"
    assert (small.instances(), small.live) == ([], 0)
    assert start(small, "Do", answer(), instance=b"a").done
    assert start(small, "Do", answer(), instance=b"b").done
    assert refused(small, instance=b"c") == "TOO_MANY_INSTANCES"
    assert small.live == 2


def test_what_was_never_made_is_kept_nowhere(puppet_folder: Path) -> None:
    world = World(puppet_folder, standard=False)
    for number in range(5):
        assert refused(world.engine, bytes(200_000), instance=b"large-%d" % number) == "MESSAGE_TOO_LARGE"
    assert (world.engine.instances(), world.life.instances()) == ([], [])
    start(world.engine, "Do", answer())
    world.sync()
    world.restart()
    assert refused(world.engine, bytes(200_000), instance=b"a") == "MESSAGE_TOO_LARGE"  # it sleeps, and was
    assert [instance.name for instance in world.engine.instances()] == ["a"]


def service(package: str, name: str) -> bytes:
    def edit(file: object) -> None:
        file.package = package  # type: ignore[attr-defined]
        file.service[0].name = name  # type: ignore[attr-defined]
        file.service[0].method[0].input_type = f".{package}.Request"  # type: ignore[attr-defined]
        file.service[0].method[0].output_type = f".{package}.Request"  # type: ignore[attr-defined]

    return pack(compiled(), descriptors(edit), contract())


def test_two_services_of_a_package(tmp_path: Path) -> None:
    (tmp_path / "carts.wasm").write_bytes(service("acme.shop.v1", "CartService"))
    (tmp_path / "orders.wasm").write_bytes(service("acme.shop.v1", "OrderService"))
    with pytest.raises(ModuleError, match=r"orders.wasm: acme.shop.v1 is served already, by .*carts.wasm"):
        Engine(EngineConfig(modules=(tmp_path,)))


@pytest.mark.parametrize("name", ["interlock.host.v1", "grpc.health.v1", "grpc.reflection.v1alpha"])
def test_a_service_of_the_hosts_own(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.wasm").write_bytes(service(name, "HostService"))
    with pytest.raises(ModuleError, match="a service of the host's own"):
        Engine(EngineConfig(modules=(tmp_path,)))

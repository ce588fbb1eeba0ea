"""runtime/outbox.c in a module of its own, entered by the least of a host."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from interlock.v1 import error_pb2

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parents[1] / "wasm_modules" / "runtime"
CONTROL, HEAD = struct.Struct("<qIIIIQ"), struct.Struct("<QIHH")
NEVER, MESSAGE_MAX, INBOX, OUTBOX_MAX = 2**63 - 1, 4_128_768, 65_536, 8 << 20


class Module:
    def __init__(self, wasm: Path) -> None:
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        exports: Any = wasmtime.Instance(self.store, wasmtime.Module.from_file(engine, str(wasm)), [])
        self.exports = exports.exports(self.store)
        self.memory = self.exports["memory"]
        self.control = self.exports["interlock_control"](self.store)

    def block(self) -> tuple[int, ...]:
        return CONTROL.unpack(self.memory.read(self.store, self.control, self.control + CONTROL.size))

    @property
    def deadline(self) -> int:
        return self.block()[0]

    def post(self, message: bytes) -> int:
        inbox, size = self.block()[3:5]
        if len(message) > size:
            inbox = self.exports["interlock_buffer"](self.store, len(message)) & 0xFFFFFFFF
        if inbox:
            self.memory.write(self.store, message, inbox)
        return inbox

    def enter(self, message: bytes, call: int = 7) -> list[tuple[int, int, int, bytes]]:
        assert self.post(message)
        self.exports["Do"](self.store, call, len(message), 0)
        return self.records()

    def tick(self, now: int = 0) -> list[tuple[int, int, int, bytes]]:
        self.exports["interlock_tick"](self.store, now)
        return self.records()

    def records(self) -> list[tuple[int, int, int, bytes]]:
        """Call, status, flags and payload of each record."""
        _, address, length, *_ = self.block()
        outbox, at, found = bytes(self.memory.read(self.store, address, address + length)), 0, []
        while at < length:
            call, size, status, flags = HEAD.unpack_from(outbox, at)
            at += HEAD.size
            found.append((call, status, flags, outbox[at : at + size]))
            at += size + 7 & ~7
        assert at == length
        return found


@pytest.fixture(scope="module")
def wasm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("outbox") / "outbox.wasm"
    sources = [RUNTIME / f"{name}.c" for name in ("heap", "memory", "outbox", "timers")]
    command = [
        *(sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"),
        *("-mcpu=generic+atomics+bulk_memory+mutable_globals", "-std=c11", "-O2", "-g0", "-nostdlib"),
        *("-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-Wl,-z,stack-size=32768"),
        *map(str, [HERE / "runtime_outbox.c", *sources]),
        *("-o", str(out)),
    ]
    subprocess.run(command, check=True, timeout=300)
    return out


@pytest.fixture
def module(wasm: Path) -> Module:
    return Module(wasm)


def test_block(module: Module) -> None:
    deadline, outbox, length, inbox, inbox_size, reserved = module.block()
    assert (deadline, length, inbox_size, reserved) == (NEVER, 0, INBOX, 0)
    assert outbox % 8 == inbox % 8 == module.control % 8 == 0


def test_control_asked_again_changes_nothing(module: Module) -> None:
    module.enter(b"t" + struct.pack("<q", 123))
    before = module.block()
    assert module.exports["interlock_control"](module.store) == module.control
    assert module.block() == before


def test_small_and_large(module: Module) -> None:
    for size in (1, 7, 8, INBOX, INBOX + 1, MESSAGE_MAX):
        message = b"e" + bytes(i & 0xFF for i in range(size - 1))
        assert module.enter(message) == [(7, 0, 3, message)]


def test_what_was_lent_comes_back(module: Module) -> None:
    module.enter(b"e" * MESSAGE_MAX)
    module.enter(b"e")
    pages = module.memory.size(module.store)
    assert module.exports["used"](module.store) == 0
    for _ in range(5):
        module.enter(b"e" * MESSAGE_MAX)
    assert module.memory.size(module.store) == pages


def test_a_message_waits_for_its_entry(module: Module) -> None:
    message = b"e" + b"m" * INBOX
    assert module.post(message)
    module.tick()
    module.tick()
    module.exports["Do"](module.store, 7, len(message), 0)
    assert module.records() == [(7, 0, 3, message)]


def test_a_message_that_is_not_entered(module: Module) -> None:
    assert module.post(b"u" * MESSAGE_MAX)
    assert module.post(b"e" * (INBOX + 1))
    assert module.exports["used"](module.store) < INBOX + 1000


def test_no_memory_for_a_message(module: Module) -> None:
    module.store.set_limits(memory_size=1 << 20)
    assert not module.post(b"e" * MESSAGE_MAX)
    assert module.enter(b"e" * (INBOX + 1))[0][1] == 0


def test_no_memory_for_a_reply(module: Module) -> None:
    module.store.set_limits(memory_size=1 << 20)
    message = b"e" * 600_000
    error = error_pb2.Error(reason=error_pb2.REASON_OUT_OF_MEMORY, message="no room")
    assert module.enter(message) == [(7, 8, 1, error.SerializeToString())]
    assert module.deadline == NEVER


@pytest.mark.parametrize("limit", [512 << 10, 64 << 20])
def test_full_leaves_in_several_ticks(module: Module, limit: int) -> None:
    module.store.set_limits(memory_size=limit)
    count = 20_000
    found = module.enter(b"o" + struct.pack("<Q", count))
    ticks = 0
    while module.deadline == 0:
        assert len(found) < count
        more = module.tick()
        assert more, "a tick that emits nothing"
        assert len(more) * 1016 <= OUTBOX_MAX
        found += more
        ticks += 1
    assert ticks >= 2
    assert module.deadline == NEVER
    assert found == [(n, 0, 2, bytes([n & 0xFF]) * 1000) for n in range(count, 0, -1)]


def test_deadline_is_the_earliest_timers(module: Module) -> None:
    module.enter(b"t" + struct.pack("<q", 500))
    assert module.deadline == 500
    module.tick(499)
    assert module.deadline == 500
    module.tick(500)
    assert module.deadline == NEVER


def test_errors(module: Module) -> None:
    error = error_pb2.Error(
        reason=error_pb2.REASON_INVALID_PROTO, message="must be short", field="items[3].id"
    )
    assert module.enter(b"i") == [(7, 3, 1, error.SerializeToString())]


@pytest.mark.parametrize("letter", ["x", "é", "€", "\U0001f600"])
@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_a_long_error_is_cut_at_a_character(module: Module, letter: str, shift: int) -> None:
    text = "x" * shift + letter * 300
    ((_, status, flags, payload),) = module.enter(b"x" + text.encode() + b"\0")
    error = error_pb2.Error.FromString(payload)
    assert (status, flags, error.field) == (10, 1, "f")
    assert text.startswith(error.message)
    assert 236 <= len(error.message.encode()) <= 240


def test_abandoned_and_empty(module: Module) -> None:
    assert module.enter(b"a") == [(7, 0, 3, b"")]
    assert module.enter(b"s") == [(7, 0, 1, b"")]

"""The virtual WASI: the entry's time, the instance's randomness, and no I/O."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import wasmtime

from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.pack import pack
from interlock_host.wasm import wasi
from interlock_host.wasm.compiler import compiler
from interlock_host.wasm.machine import Machine, Trapped
from interlock_host.wasm.program import Program, StartFailed
from tests.host.wat import compiled, contract, descriptors

IMPORT = '(import "wasi_snapshot_preview1" "{}" (func ${} {}))'
TYPES = {"i": "i32", "I": "i64"}


def imported(*names: str) -> str:
    lines = []
    for name in names:
        parameters = " ".join(TYPES[letter] for letter in wasi.SIGNATURES[name])
        result = "" if name == "proc_exit" else "(result i32)"
        lines.append(IMPORT.format(name, name, f"(param {parameters}) {result}" if parameters else result))
    return " ".join(lines)


def machine(text: str, *names: str, seed: int = 7) -> Machine:
    wat = f'(module {imported(*names)} (memory (export "memory") 1) {text})'
    module = compiler().compile(bytes(wasmtime.wat2wasm(wat)), None)
    return Machine(Program(compiler(), module, uses_wasi=True), 1 << 20, 1000, seed, 0)


def run(body: str, *names: str, seed: int = 7) -> Machine:
    made = machine(f'(func (export "run") (result i32) {body})', *names, seed=seed)
    made.now = 123_456_789
    assert made.call("run") & 0xFFFFFFFF == 0
    return made


def test_time_is_the_entrys() -> None:
    made = run("(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8))", "clock_time_get")
    assert made.read(8, 8) == struct.pack("<q", 123_456_789)


def test_randomness_is_the_seeds() -> None:
    body = "(call $random_get (i32.const 16) (i32.const 12))"
    one, two, other = (run(body, "random_get", seed=seed).read(16, 16) for seed in (7, 7, 8))
    assert one == two != other
    assert one is not None
    assert one[12:] == bytes(4)


def test_splitmix64_is_the_published_stream() -> None:
    # The first outputs for seed 1234567, as the reference implementation gives them.
    stream = wasi.SplitMix64(1234567)
    assert [stream.next() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_output_is_kept() -> None:
    data = '(data (i32.const 64) "\\48\\00\\00\\00\\05\\00\\00\\00hello")'
    made = machine(
        data + '(func (export "run") (result i32)'
        " (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 0)))",
        "fd_write",
    )
    made.now = 1
    assert made.call("run") & 0xFFFFFFFF == 0
    assert made.output == b"hello"
    assert made.read(0, 4) == struct.pack("<I", 5)


def test_there_are_no_folders() -> None:
    """EBADF ends the search of Go's and wasi-libc's start-up; at any other error they give up."""
    body = "(i32.sub (call $fd_prestat_get (i32.const 3) (i32.const 8)) (i32.const 8))"
    assert run(body, "fd_prestat_get").read(8, 8) == bytes(8)


@pytest.mark.parametrize("name", ["args_sizes_get", "environ_sizes_get"])
def test_arguments_are_empty(name: str) -> None:
    made = run(f"(i32.store (i32.const 8) (i32.const 9)) (call ${name} (i32.const 8) (i32.const 12))", name)
    assert made.read(8, 8) == bytes(8)


def test_poll_returns_at_once() -> None:
    body = "(call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))"
    assert run(body, "poll_oneoff").read(8, 4) == bytes(4)


def test_exit_is_a_trap() -> None:
    made = machine('(func (export "run") (call $proc_exit (i32.const 3)))', "proc_exit")
    with pytest.raises(Trapped, match=r"proc_exit\(3\)"):
        made.call("run")


@pytest.mark.parametrize("name", sorted(wasi.SIGNATURES.keys() - wasi._GIVEN.keys()))
def test_all_else_answers_enosys(name: str) -> None:
    operands = " ".join(f"({TYPES[letter]}.const 0)" for letter in wasi.SIGNATURES[name])
    made = machine(f'(func (export "run") (result i32) (call ${name} {operands}))', name)
    assert made.call("run") & 0xFFFFFFFF == 52


@pytest.mark.parametrize("at", [0xFFFFFFF0, 65536, 65533])
def test_places_outside_of_memory_fault(at: int) -> None:
    calls = {
        "clock_time_get": f"(call $clock_time_get (i32.const 0) (i64.const 0) (i32.const {at}))",
        "random_get": f"(call $random_get (i32.const {at}) (i32.const 64))",
        "fd_write": f"(call $fd_write (i32.const 1) (i32.const {at}) (i32.const 1) (i32.const 0))",
    }
    for name, body in calls.items():
        made = machine(f'(func (export "run") (result i32) {body})', name)
        made.now = 1
        assert made.call("run") & 0xFFFFFFFF == 21


def test_an_import_that_is_not_wasi_does_not_start() -> None:
    module = compiler().compile(bytes(wasmtime.wat2wasm('(module (import "env" "f" (func)))')), None)
    with pytest.raises(StartFailed, match="env"):
        Program(compiler(), module, uses_wasi=True)


def test_last_words_of_a_start(tmp_path: Path) -> None:
    """A runtime that gives up as it starts has said why: its author sees it."""
    start = (
        '(data (i32.const 64) "\\48\\00\\00\\00\\05\\00\\00\\00no TZ")'
        ' (func (export "_initialize")'
        " (drop (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 0))) unreachable)"
    )
    wasm = pack(compiled(start, first=imported("fd_write")), descriptors(), contract())
    (tmp_path / "test.wasm").write_bytes(wasm)
    engine = Engine(EngineConfig(modules=(tmp_path,), standard=False), clock=VirtualClock(1))
    method = engine.method("/test.v1.TestService/Do")
    assert method is not None
    with pytest.raises(HostError, match=r"test does not start: .*; it wrote: no TZ$"):
        engine.start(method, b"\x0a\x01a", None)
    engine.close()

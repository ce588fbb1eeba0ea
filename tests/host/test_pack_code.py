"""The walk over function bodies: every instruction is known, and what is refused is refused by name."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wasmtime

from interlock_host.pack import PackError, atomic_instructions, pack, reachable_instructions
from interlock_host.pack.binary import CODE, FUNCTION, read_binary
from interlock_host.pack.code import bodies
from interlock_host.pack.cursor import unsigned_bytes
from interlock_host.pack.opcodes import END, SKIPS, instructions
from interlock_host.wasm.compiler import features
from tests.host.wat import body, compiled, contract, descriptors

TABLES = "(table 1 funcref) (table 1 funcref) (elem $e (table 0) (i32.const 0) func)"
TEXT = '(data $d "text")'

REFUSED = {
    "table.set": (TABLES, "i32.const 0 ref.null func table.set 0"),
    "table.grow": (TABLES, "ref.null func i32.const 1 table.grow 0 drop"),
    "table.fill": (TABLES, "i32.const 0 ref.null func i32.const 0 table.fill 0"),
    "table.copy": (TABLES, "i32.const 0 i32.const 0 i32.const 0 table.copy 0 1"),
    "table.init": (TABLES, "i32.const 0 i32.const 0 i32.const 0 table.init 0 $e"),
    "elem.drop": (TABLES, "elem.drop $e"),
    "data.drop": (TEXT, "data.drop $d"),
    "memory.atomic.notify": ("", "i32.const 0 i32.const 0 memory.atomic.notify drop"),
    "memory.atomic.wait32": ("", "i32.const 0 i32.const 0 i64.const 0 memory.atomic.wait32 drop"),
    "memory.atomic.wait64": ("", "i32.const 0 i64.const 0 i64.const 0 memory.atomic.wait64 drop"),
    "i64.add128": ("", "i64.const 0 i64.const 0 i64.const 0 i64.const 0 i64.add128 drop drop"),
    "call_ref": ("(type $t (func))", "ref.null $t call_ref $t"),
    "return_call_ref": ("(type $t (func))", "ref.null $t return_call_ref $t"),
    "ref.as_non_null": ("", "ref.null func ref.as_non_null drop"),
    "br_on_null": ("", "ref.null func br_on_null 0 drop"),
}


def refused(instructions: str, extra: str = "") -> str:
    with pytest.raises(PackError) as error:
        pack(compiled(extra, body(instructions)), descriptors(), contract())
    return str(error.value)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    extra, instructions = REFUSED[name]
    message = refused(instructions, extra)
    assert message.startswith("function 5 (body), byte offset 0x") and f": {name}: " in message


@pytest.mark.parametrize(
    ("instructions", "named"),
    [
        ("(block (try_table (catch_all 0)))", "try_table: exceptions are refused"),
        ("ref.null eq ref.test (ref i31) drop", "0xfb 20: GC is refused"),
        ("i32.const 0 ref.i31 drop", "0xfb 28: GC is refused"),
        (
            "v128.const i64x2 0 0 v128.const i64x2 0 0 i8x16.relaxed_swizzle drop",
            "0xfd 256: relaxed SIMD is refused",
        ),
        ("ref.null eq drop", "not every host runs it"),
        ("ref.null extern drop", "not every host runs it (externref"),
        ("(local externref)", "not every host runs it (externref"),
        ("(local (ref null eq))", "GC and typed references are refused"),
        ("(block (result (ref null eq)) ref.null eq) drop", "GC and typed references are refused"),
    ],
)
def test_refused_proposal(instructions: str, named: str) -> None:
    assert named in refused(instructions)


def test_offset() -> None:
    """The offset is the instruction's, in the file that was given."""
    wasm = compiled(TEXT, body("nop data.drop $d"))
    with pytest.raises(PackError) as error:
        pack(wasm, descriptors(), contract())
    offset = int(str(error.value).split("0x")[1].split(":")[0], 16)
    assert wasm[offset : offset + 3] == b"\xfc\x09\x00"


ALLOWED = {
    "tail calls": (TABLES + "(type $t (func))", "i32.const 0 return_call_indirect 0 (type $t)"),
    "return_call": ("", "return_call 0"),
    "saturation": ("", "f64.const 1 i64.trunc_sat_f64_u drop"),
    "sign extension": ("", "i32.const 1 i32.extend8_s drop"),
    "bulk memory": (TEXT, "i32.const 0 i32.const 0 i32.const 0 memory.init $d"),
    "references": (
        TABLES,
        "i32.const 0 table.get 1 ref.is_null drop table.size 0 drop ref.null func ref.null func i32.const 1 "
        "select (result funcref) drop",
    ),
    "multi-value": ("", "(block (result i32 i64) i32.const 1 i64.const 2) drop drop"),
    "br_table": ("", "(block (block i32.const 1 br_table 0 1 0 1 0))"),
    "constants": ("", "i32.const -1 drop i64.const -1 drop f32.const nan drop f64.const -0 drop"),
    "lanes": (
        "",
        "i32.const 0 v128.const i64x2 0 0 v128.load8_lane 3 drop "
        "v128.const i64x2 0 0 v128.const i64x2 0 0 i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 drop "
        "v128.const i64x2 0 0 i8x16.extract_lane_s 7 drop i32.const 0 v128.load32_zero drop",
    ),
    "extended constants": ("(global i32 (i32.add (i32.const 1) (i32.const 2)))", ""),
    "atomics": ("", "i32.const 0 i32.const 1 i32.atomic.rmw.add drop atomic.fence"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(name: str) -> None:
    """What packs, the engine's compiler takes as well."""
    extra, text = ALLOWED[name]
    packed = pack(compiled(extra, body(text)), descriptors(), contract())
    if WASM_TOOLS is not None:
        assert walked(packed) == listed(packed)
    wasmtime.Module(wasmtime.Engine(features()), packed)


# Call graphs


def test_atomics_through_calls() -> None:
    wasm = compiled(
        "(func $leaf i32.const 0 i32.const 1 i32.atomic.store)",
        "(func $middle call $leaf)",
        '(func (export "deep") call $middle)',
        '(func (export "tail") return_call $leaf)',
        '(func (export "cycle") call $one) (func $one call $two) (func $two call $one)',
        '(func (export "plain") i32.const 0 i32.const 1 i32.store)',
    )
    found = atomic_instructions(wasm)
    assert found["deep"] == found["tail"] == {"i32.atomic.store"}
    assert found["cycle"] == found["plain"] == found["Do"] == frozenset()


def test_reachable_names() -> None:
    wasm = compiled("(func $grow i32.const 1 memory.grow drop)", body("call $grow i32.const 1 global.set 0"))
    assert {"memory.grow", "global.set", "call"} <= reachable_instructions(wasm)["body"]
    assert "memory.grow" not in reachable_instructions(wasm)["Do"]


def test_atomic_names() -> None:
    """Every atomic instruction, against the names that the text format gives them."""
    names = []
    for type_, widths in (("i32", ("", "8", "16")), ("i64", ("", "8", "16", "32"))):
        for width in widths:
            suffix = "_u" if width else ""
            names.append(f"{type_}.atomic.load{width}{suffix}")
            names.append(f"{type_}.atomic.store{width}")
            for change in ("add", "sub", "and", "or", "xor", "xchg", "cmpxchg"):
                names.append(f"{type_}.atomic.rmw{width}.{change}{suffix}")
    for name in names:
        type_ = name[:3]
        count = 0 if ".load" in name else 2 if "cmpxchg" in name else 1
        operands = f"i32.const 0 {f'{type_}.const 0 ' * count}"
        wasm = compiled(body(f"{operands} {name} {'' if '.store' in name else 'drop'}"))
        assert atomic_instructions(wasm)["body"] == {name}
    assert len(names) == 63


# The walk, against another


WASM_TOOLS = shutil.which("wasm-tools", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/local/bin")
needs_wasm_tools = pytest.mark.skipif(WASM_TOOLS is None, reason="wasm-tools is not installed")
WANTED = ("reference-types", "simd", "tail-call", "extended-const", "bulk-memory")
UNWANTED = ("relaxed-simd", "exceptions", "gc", "memory64", "wide-arithmetic", "compact-imports", "threads")


def wasm_tools(*arguments: str, given: bytes) -> bytes:
    assert WASM_TOOLS is not None
    return subprocess.run([WASM_TOOLS, *arguments], input=given, capture_output=True, check=True).stdout


def listed(wasm: bytes) -> list[int]:
    """Where instructions begin, as `wasm-tools dump` sees it."""
    code = wasm_tools("dump", given=wasm).decode().partition("| code section")[2]
    found = []
    for line in code.splitlines():
        if "section" in line:
            break
        head = re.search(r"\| (size of function|\d+ (count|local blocks|locals of type .+))$", line)
        if not head and line.lstrip().startswith("0x"):
            found.append(int(line.split("|")[0], 16))
    return found


def walked(wasm: bytes) -> list[int]:
    return [
        offset
        for part in bodies(read_binary(wasm))
        for offset, *_ in instructions(wasm, part.start, part.end)
    ]


def encoded(opcode: int) -> bytes:
    return bytes([opcode]) if opcode < 256 else bytes([opcode >> 16]) + unsigned_bytes(opcode & 0xFFFF)


def assembled(codes: list[bytes]) -> bytes:
    """A module of functions with these bodies, valid or not."""
    count = unsigned_bytes(len(codes))
    types = count + bytes(len(codes))
    parts = count + b"".join(unsigned_bytes(len(code) + 1) + b"\0" + code for code in codes)
    out = b"\0asm\1\0\0\0\1\4\1\x60\0\0"
    for id_, content in ((FUNCTION, types), (CODE, parts)):
        out += bytes([id_]) + unsigned_bytes(len(content)) + content
    return out


# What they hold is checked as it is read: `test_allowed` has them.
CHECKED = (0x1C, 0xFD << 16 | 13)


@needs_wasm_tools
@pytest.mark.parametrize("filler", [b"\1", b"\x81\0"], ids=["short", "padded"])
def test_immediates(filler: bytes) -> None:
    """Immediates are as long as another decoder says; numbers short, and padded to two bytes."""
    opcodes = [opcode for opcode in SKIPS if opcode != END and opcode not in CHECKED]
    wasm = assembled([encoded(opcode) + filler * 20 + bytes([END]) for opcode in opcodes])
    assert walked(wasm) == listed(wasm)


@needs_wasm_tools
@pytest.mark.parametrize("seed", range(20))
def test_random_modules(seed: int, tmp_path: Path) -> None:
    # wasm-smith would give exports names that are refused; it takes them from here.
    exports = tmp_path / "exports.wasm"
    exports.write_bytes(wasmtime.wat2wasm('(module (func (export "body")))'))
    flags = [f"--{name}-enabled=true" for name in WANTED] + [f"--{name}-enabled=false" for name in UNWANTED]
    flags += [f"--exports={exports}", "--max-memories=1", "--max-imports=0"]
    wasm = wasm_tools("smith", *flags, given=random.Random(seed).randbytes(6000))
    assert walked(wasm) == listed(wasm)

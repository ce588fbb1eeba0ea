"""What an image keeps, and what a machine made from one begins with."""

from __future__ import annotations

import contextlib
import itertools
import struct
from collections.abc import Iterable
from typing import Any

import pytest
import wasmtime

from interlock_host.snapshot import Snapshot, SnapshotDamaged
from interlock_host.snapshot.form import decode, encode
from interlock_host.wasm.compiler import compiler
from interlock_host.wasm.image import (
    PAGE_BYTES,
    WASM_PAGE_BYTES,
    Image,
    ImageMisfit,
    capture,
    restore_machine,
)
from interlock_host.wasm.machine import Machine
from interlock_host.wasm.program import Program
from tests.host.snapshot.test_form import sealed
from tests.host.test_wasi import imported

MAX_MEMORY = 4 * WASM_PAGE_BYTES
CONTROL = 64
CONTROL_EXPORT = f'(func (export "interlock_control") (result i32) (i32.const {CONTROL}))'


def program(text: str, globals: Iterable[str] = (), *, first: str = "") -> Program:
    wat = f'(module {first} (memory (export "memory") 2) {CONTROL_EXPORT} {text})'
    module = compiler().compile(bytes(wasmtime.wat2wasm(wat)), None)
    return Program(compiler(), module, uses_wasi=bool(first), globals=globals)


def fresh(made: Program, seed: int = 7) -> Machine:
    machine = Machine(made, MAX_MEMORY, 1000, seed, 5)
    machine.begin()
    return machine


def restored(made: Program, image: Image, random_state: int = 0) -> Machine:
    return restore_machine(made, MAX_MEMORY, 1000, image, random_state=random_state, now=5)


def image_of(**changed: Any) -> Image:
    """The image of a machine of `program("")` that did nothing, changed."""
    return Image(2 * WASM_PAGE_BYTES, (), (), CONTROL)._replace(**changed)


def test_zeros_are_left_out() -> None:
    machine = fresh(program(""))
    assert capture(machine) == image_of()
    machine.write(3 * PAGE_BYTES - 1, b"ab")
    machine.write(WASM_PAGE_BYTES - 1, b"cd")
    assert [(at, len(data)) for at, data in capture(machine).runs] == [
        (2 * PAGE_BYTES, 2 * PAGE_BYTES),
        (WASM_PAGE_BYTES - PAGE_BYTES, PAGE_BYTES),
        (WASM_PAGE_BYTES, PAGE_BYTES),
    ]
    assert capture(machine).memory == machine.read(0, 2 * WASM_PAGE_BYTES)


def test_data_segments_are_overwritten() -> None:
    """Instantiation writes them again; a page that the machine has cleared since must be clear."""
    data = f'(data (i32.const {PAGE_BYTES - 2}) "four") (data (i32.const 100000) "more")'
    made = program(data)
    machine = fresh(made)
    machine.write(PAGE_BYTES - 2, bytes(4))
    machine.write(100_000, b"MO")
    for _ in range(2):  # what data segments fill is looked for once
        again = restored(made, capture(machine))
        assert again.read(0, again.memory_bytes) == machine.read(0, machine.memory_bytes)


def test_grows() -> None:
    grow = '(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))'
    made = program(grow)
    machine = fresh(made)
    assert machine.call("grow", 1) == 2
    machine.write(3 * WASM_PAGE_BYTES - 4, b"last")
    again = restored(made, capture(machine))
    assert again.memory_bytes == 3 * WASM_PAGE_BYTES
    assert again.read(3 * WASM_PAGE_BYTES - 4, 4) == b"last"
    assert again.call("grow", 1) == 3
    assert again.write(4 * WASM_PAGE_BYTES - 4, b"last")
    assert again.call("grow", 1) & 0xFFFFFFFF == 0xFFFFFFFF, "its limit is the first machine's"


GLOBALS = {
    "i32": (-2, 0xFFFFFFFE),
    "i64": (-(1 << 63), 1 << 63),
    "f32": ("nan:0x200001", 0x7FA00001),  # a signalling NaN: nobody may quieten it
    "f64": ("-nan:0x4000000000001", 0xFFF4000000000001),
    "v128": ("i64x2 1 -1", 0xFFFFFFFFFFFFFFFF << 64 | 1),
}


def test_globals() -> None:
    names = [f"interlock_global_{kind}" for kind in GLOBALS]
    zero = {kind: "i64x2 0 0" if kind == "v128" else "0" for kind in GLOBALS}
    text = " ".join(
        f'(global ${kind} (export "interlock_global_{kind}") (mut {kind}) ({kind}.const {zero[kind]}))'
        for kind in GLOBALS
    )
    sets = " ".join(f"(global.set ${kind} ({kind}.const {value}))" for kind, (value, _) in GLOBALS.items())
    made = program(f'{text} (func (export "set") {sets})', names)
    machine = fresh(made)
    assert capture(machine).globals == (0, 0, 0, 0, 0)
    machine.call("set")
    image = capture(machine)
    assert image.globals == tuple(bits for _, bits in GLOBALS.values())
    assert capture(restored(made, image)) == image


def test_random_stream() -> None:
    """It goes on where it was; the entries of WASI are the restored machine's own."""
    draw = '(func (export "draw") (result i32) (call $random_get (i32.const 0) (i32.const 12)))'
    made = program(draw, first=imported("random_get"))
    machine = fresh(made)
    machine.call("draw")
    image, state = capture(machine), machine.random.state
    again = restored(made, image, state)
    for drawn in (machine, again):
        assert drawn.call("draw") & 0xFFFFFFFF == 0
    assert again.read(0, 12) == machine.read(0, 12) != image.memory[:12]


def test_runs_nothing() -> None:
    """Not even `interlock_control`: Go's runtime traps there, for its `_initialize` was another machine's."""
    traps = '(func (export "_initialize") unreachable) (func (export "interlock_control") unreachable)'
    wat = f'(module (memory (export "memory") 2) {traps})'
    module = compiler().compile(bytes(wasmtime.wat2wasm(wat)), None)
    block = struct.pack("<qIIIIQ", 99, 0, 0, 4096, 9, 0)
    page = bytes(CONTROL) + block + bytes(PAGE_BYTES - CONTROL - len(block))
    again = restored(Program(compiler(), module, uses_wasi=False), image_of(runs=((0, page),)))
    assert again.deadline == 99
    assert again.post(b"a message")
    assert again.read(4096, 9) == b"a message"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"size": WASM_PAGE_BYTES}, "65536 bytes; the module begins with 131072"),
        ({"size": 2 * WASM_PAGE_BYTES + 1}, "131073 bytes"),
        ({"size": 5 * WASM_PAGE_BYTES}, "327680 bytes"),
        ({"size": 1 << 33}, "8589934592 bytes"),
        ({"globals": (1,)}, "1 globals; the module has 0"),
        ({"runs": ((2 * WASM_PAGE_BYTES - PAGE_BYTES, bytes(PAGE_BYTES + 1)),)}, "a run of 4097 bytes"),
        ({"control": 2 * WASM_PAGE_BYTES - 31}, "control block lies outside"),
    ],
)
def test_misfit(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ImageMisfit, match=told):
        restored(program(""), image_of(**changed))


def test_misfit_of_globals() -> None:
    name = "interlock_global_0"
    made = program(f'(global (export "{name}") (mut i32) (i32.const 0))', [name])
    with pytest.raises(ImageMisfit, match="larger than the module's"):
        restored(made, image_of(globals=(1 << 32,)))
    with pytest.raises(ImageMisfit, match="exports no global interlock_global_1"):
        capture(fresh(program("", ["interlock_global_1"])))


def test_hostile_images() -> None:
    """Whatever a snapshot holds that somebody changed, and sealed again, its machine is made or refused."""
    names = ["interlock_global_0", "interlock_global_1"]
    made = program(" ".join(f'(global (export "{name}") (mut i64) (i64.const 0))' for name in names), names)
    snapshot = Snapshot(1, 1, b"", image_of(runs=((PAGE_BYTES, b"x" * PAGE_BYTES),), globals=(1, 1 << 63)))
    data = encode(snapshot)
    outcomes = set()
    for at, bit in itertools.product(range(8, len(data) - 4), range(8)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << bit
        with contextlib.suppress(SnapshotDamaged):
            image = decode(sealed(bytes(flipped)), 1, 1).image
            try:
                restored(made, image)
                outcomes.add("made")
            except ImageMisfit:
                outcomes.add("refused")
    assert outcomes == {"made", "refused"}

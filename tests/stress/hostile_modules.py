"""Modules that chance wrote. Most are fit to be served: one that is refused at the door shows little."""

from __future__ import annotations

import functools
import re
import struct
import subprocess
import sys
from pathlib import Path
from random import Random

import wasmtime
from google.protobuf import descriptor_pb2

from interlock.v1 import contract_pb2
from interlock_host.pack import PackError, pack, read_packed
from interlock_host.pack.binary import DATA, read_binary
from interlock_host.pack.code import bodies
from interlock_host.pack.cursor import unsigned_bytes
from interlock_host.pack.packed import CONTRACT, DESCRIPTOR
from interlock_host.served import STANDARD_MODULES
from interlock_host.wasm.compiler import features
from tests.host import probe
from tests.host.wat import compiled, contract, descriptors

_WASM_TOOLS = Path(sys.executable).with_name("wasm-tools")
_NO_PLACE = 3

_UNSERVED = (
    "compact-imports", "custom-descriptors", "exceptions", "gc", "memory64", "reference-types",
    "relaxed-simd", "shared-everything-threads", "threads", "wide-arithmetic",
)  # fmt: skip
_SERVED = (
    *(f"--{proposal}-enabled=false" for proposal in _UNSERVED),
    # Without segments there is none to drop, which a snapshot would miss. The memory that is exported is
    # made even so; any other is refused.
    "--max-data-segments=0", "--max-element-segments=0", "--max-memories=0", "--max-table-elements=1000",
    "--allow-start-export=false",
)  # fmt: skip
"""wasm-smith uses every proposal that it knows; by itself it makes next to nothing that packs."""

_CONTROL, _OUTBOX, _INBOX = 64, 1024, 8192
_NEVER = (1 << 63) - 1
_ANSWER = struct.pack("<QIHH", 0, 8, 0, 3) + b"\x0a\x06answer"
"""The first record of the outbox; a method that wants to answer puts its call there."""
_METHODS = ("Do", "Look", "Watch", "Gather", "Talk")
_OPTIONAL = (
    (12, '(func (export "_initialize"))'),
    (12, '(func (export "interlock_configure") (param i32 i64) (result i32) i32.const 0)'),
    (2, '(func (export "interlock_half_close") (param i64 i64))'),
    (2, '(func (export "interlock_tick") (param i64))'),
    (2, '(func (export "interlock_metrics") (result i64) i64.const 0)'),
)
"""And how often: the first two seldom let a module start."""


def _wasm_tools(*arguments: str, given: bytes) -> bytes:
    """What wasm-tools makes of these bytes; nothing where a mutation finds no place."""
    run = subprocess.run([_WASM_TOOLS, *arguments], input=given, capture_output=True, check=False)
    assert run.returncode in (0, _NO_PLACE), run.stderr.decode()
    return run.stdout


# Written by wasm-smith


def smithed(folder: Path, seed: int) -> bytes:
    """A service that wasm-smith wrote; in one of ten every part, with any proposal or those that are served.

    In the others each method is a body of wasm-smith's, called from an export that afterwards does to the
    control block and the outbox what chance says: such bodies would not find them by themselves.
    """
    chance = Random(seed)
    noise = chance.randbytes(8000)
    optional = [export for one_in, export in _OPTIONAL if chance.randrange(one_in) == 0]
    like = folder / "like.wasm"
    smith = ("smith", f"--exports={like}", "--max-imports=0")
    if seed % 10 == 0:
        like.write_bytes(compiled(*optional, *_exports(""), **{"global": "", "method": ""}))
        return _packed(_wasm_tools(*smith, *chance.choice([(), _SERVED]), given=noise))
    like.write_bytes(compiled(*optional, *_exports("smith"), **{"global": "", "method": "", "control": ""}))
    ends = [
        way
        for way in ("--ensure-termination", "--fuel=1000000", "--disallow-traps=true")
        if chance.randrange(4)
    ]
    text = _wasm_tools(*smith, *_SERVED, "-t", *ends, given=noise).decode()
    return _packed(_grafted(text, chance))


def _exports(prefix: str) -> list[str]:
    return [f'(func (export "{prefix}{name}") (param i64 i32 i64))' for name in _METHODS]


def _grafted(text: str, chance: Random) -> bytes:
    """The module with an honest control block, records for the outbox, and methods around its functions."""
    control = struct.pack("<qIIII", _NEVER, _OUTBOX, 0, _INBOX, 8192)
    records = _ANSWER + b"".join(_record(chance) for _ in range(20))
    parts = [f'(func (export "interlock_control") (result i32) i32.const {_CONTROL})']
    parts += [
        f'(data (i32.const {at}) "{_escaped(data)}")'
        for at, data in ((_CONTROL, control), (_OUTBOX, records))
    ]
    for name in _METHODS:
        found = re.search(rf'\(export "smith{name}" \(func (\d+)\)\)', text)
        assert found is not None
        parts.append(
            f'(func (export "{name}") (param i64 i32 i64) local.get 0 local.get 1 local.get 2 '
            f"call {found[1]} {_ending(chance)})"
        )
    return bytes(wasmtime.wat2wasm(text.rstrip().removesuffix(")") + "\n".join(parts) + ")"))


def _record(chance: Random) -> bytes:
    """A record for one of the first calls; one in eight breaks a rule of the format."""
    size = chance.choice([0, 0, 5, 8, 24])
    status, flags = chance.choice([(0, 3), (0, 3), (0, 2), (0, 1), (0, 0), (5, 1), (13, 3), (0, 4)])
    head = [chance.randrange(12), size, status, flags]
    if chance.randrange(8) == 0:
        head[chance.randrange(1, 4)] = chance.getrandbits(16)
    return struct.pack("<QIHH", *head) + chance.randbytes(size + (-size & 7))


def _ending(chance: Random) -> str:
    """What a method does when its body is over: stores, mostly to the control block."""
    call, now = "local.get 0", "local.get 2"
    answer = [_store(_OUTBOX, call), _store(_CONTROL + 12, f"i32.const {len(_ANSWER)}")]
    ways = (
        answer,
        answer,
        [_store(_CONTROL + 12, "i32.const 0")],
        [_store(_CONTROL + 12, f"i32.const {chance.randrange(600)}")],
        [_store(_CONTROL, f"{now} i64.const {chance.choice([-1, 0, 1, 10**6])} i64.add")],
        [_store(_CONTROL + 8 * chance.randrange(4), f"i64.const {chance.getrandbits(63)}")],
        [f"i32.const {chance.choice([1, 100, 65536])} memory.grow drop"],
    )
    endings = [chance.choice(ways) for _ in range(chance.randint(1, 3))]
    return " ".join(part for ending in endings for part in ending)


def _store(address: int, value: str) -> str:
    kind = "i64" if "i64" in value or "local" in value else "i32"
    return f"i32.const {address} {value} {kind}.store"


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def _packed(made: bytes) -> bytes:
    """The module packed; where that is refused, with the sections of one that is."""
    try:
        return pack(made, descriptors(_methods), contract())
    except PackError:
        terms = contract(abi=1, package="test.v1", service="TestService").SerializeToString()
        for name, content in ((DESCRIPTOR, descriptors(_methods)), (CONTRACT, terms)):
            named = unsigned_bytes(len(name)) + name.encode() + content
            made += b"\0" + unsigned_bytes(len(named)) + named
        return made


def _methods(file: descriptor_pb2.FileDescriptorProto) -> None:
    """A method of every kind: beside the unary one a read, a server's, a client's and a two-way stream."""
    service, message = file.service[0], ".test.v1.Request"
    for name, client, server in (("Look", 0, 0), ("Watch", 0, 1), ("Gather", 1, 0), ("Talk", 1, 1)):
        method = service.method.add(name=name, input_type=message, output_type=message)
        method.client_streaming, method.server_streaming = bool(client), bool(server)
        if name == "Look":
            method.options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


# Made of modules that work


def mutated(folder: Path, seed: int) -> bytes:
    """The probe or a standard module, with one to four of wasm-mutate's mutations.

    In one of eight these may be any; in the others one stays only where the module packs after it.
    """
    chance = Random(seed)
    made, descriptor_set, terms = _original(chance)
    anything = chance.randrange(8) == 0
    packed = pack(made, descriptor_set, terms)
    for _ in range(chance.randint(1, 4)):
        mutant = _wasm_tools("mutate", "--seed", str(chance.getrandbits(32)), given=made) or made
        try:
            packed = pack(mutant, descriptor_set, terms)
        except PackError:
            if anything:
                return mutant
        else:
            made = mutant
    return packed


def _original(chance: Random) -> tuple[bytes, bytes, contract_pb2.Contract]:
    """A module, its descriptors and its contract: the probe, or one in three times a standard module."""
    if chance.randrange(3):
        return probe.compiled(), probe.descriptor_set(), contract()
    whole = chance.choice(sorted(STANDARD_MODULES.glob("*.wasm"))).read_bytes()
    packed = read_packed(whole)
    return whole, packed.descriptor_set, packed.contract


def flipped(folder: Path, seed: int) -> bytes:
    """The same, packed, with up to forty bits of code and data turned over.

    In one of eight up to three bits of the whole file are; in the others a flip stays only where the
    module is valid after it, and then another program.
    """
    chance = Random(seed)
    made = bytearray(pack(*_original(chance)))
    anything = chance.randrange(8) == 0
    places = range(8, len(made)) if anything else _code_and_data(bytes(made))
    for _ in range(chance.randint(1, 3) if anything else chance.randint(1, 40)):
        at, bit = chance.choice(places), 1 << chance.randrange(8)
        made[at] ^= bit
        if not anything and not _valid(bytes(made)):
            made[at] ^= bit
    return bytes(made)


def _code_and_data(wasm: bytes) -> list[int]:
    """Where instructions and the initial memory stand."""
    binary = read_binary(wasm)
    data = binary.section(DATA)
    places = [at for body in bodies(binary) for at in range(body.start, body.end)]
    return places + list(range(data.start, data.end) if data else ())


def _valid(wasm: bytes) -> bool:
    try:
        wasmtime.Module.validate(_engine(), wasm)
    except wasmtime.WasmtimeError:
        return False
    return True


@functools.cache
def _engine() -> wasmtime.Engine:
    return wasmtime.Engine(features())

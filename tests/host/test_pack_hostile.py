"""Damaged and hostile files: one class of error, and soon."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_host.pack import PackError, pack, reachable_instructions, read_packed
from interlock_host.pack.binary import read_binary
from interlock_host.pack.cursor import unsigned_bytes
from interlock_host.pack.packed import CONTRACT, DESCRIPTOR
from tests.host.wat import body, compiled, contract, descriptors, packed

WASM = packed(
    "(table 2 4 funcref) (elem (i32.const 0) func 0)",
    '(data (i32.const 8) "data")',
    body(
        "(local i64 i64) (block (loop i32.const 1 br_table 0 1 0)) i32.const 0 i32.const 1 i32.atomic.store"
    ),
    '(@custom "name" "\\00")',
)
BYTES = st.binary(max_size=40)


def survive(wasm: bytes) -> None:
    """Each entrance returns or raises PackError; anything else fails the test."""
    for enter in (
        read_packed,
        reachable_instructions,
        lambda data: pack(data, descriptors(), contract()),
    ):
        with contextlib.suppress(PackError):
            enter(wasm)


@pytest.mark.parametrize("end", range(0, len(WASM), 7))
def test_truncated(end: int) -> None:
    survive(WASM[:end])
    with pytest.raises(PackError):
        read_packed(WASM[:end])


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_noise(data: bytes) -> None:
    survive(data)
    survive(b"\0asm\1\0\0\0" + data)


@given(st.integers(0, len(WASM) - 1), st.integers(0, 40), BYTES)
@settings(max_examples=300, deadline=None)
def test_patched(at: int, removed: int, inserted: bytes) -> None:
    survive(WASM[:at] + inserted + WASM[at + removed :])


@given(st.lists(st.tuples(st.integers(8, len(WASM) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_flipped(flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(WASM)
    for at, value in flips:
        damaged[at] = value
    survive(bytes(damaged))


@given(st.integers(0, 13), BYTES)
@settings(max_examples=100, deadline=None)
def test_added_section(id_: int, content: bytes) -> None:
    survive(WASM + bytes([id_]) + unsigned_bytes(len(content)) + content)


@given(BYTES, BYTES)
@settings(max_examples=100, deadline=None)
def test_sections_replaced(descriptor: bytes, terms: bytes) -> None:
    """Noise where the contract and the descriptors should be."""
    damaged = compiled()
    for name, content in ((DESCRIPTOR, descriptor), (CONTRACT, terms)):
        named = unsigned_bytes(len(name)) + name.encode() + content
        damaged += b"\0" + unsigned_bytes(len(named)) + named
    survive(damaged)


@given(BYTES)
@settings(max_examples=100, deadline=None)
def test_hostile_descriptors(data: bytes) -> None:
    with contextlib.suppress(PackError):
        pack(compiled(), descriptors() + data, contract())


# What a file is refused for


@pytest.mark.parametrize(
    ("wasm", "named"),
    [
        (b"", "not a WebAssembly file"),
        (b"\x7fELF" + bytes(60), "not a WebAssembly file"),
        (b"\0asm", "truncated"),
        (b"\0asm\2\0\0\0", "a version of WebAssembly other than 1"),
        (b"\0asm\x0d\0\1\0", "a WebAssembly component"),
        (compiled(), "not packed: run `interlock pack`"),
        (WASM[:-1], "truncated"),
        (WASM + WASM[8:], "section out of order"),
    ],
)
def test_refused(wasm: bytes, named: str) -> None:
    with pytest.raises(PackError, match=named):
        read_packed(wasm)


def with_contract(terms: bytes, *more: bytes) -> bytes:
    """WASM with other bytes for a contract, once or more often."""
    section = next(s for s in read_binary(WASM).sections if s.name == CONTRACT)
    out = WASM[: section.head]
    for content in (terms, *more):
        named = unsigned_bytes(len(CONTRACT)) + CONTRACT.encode() + content
        out += b"\0" + unsigned_bytes(len(named)) + named
    return out


def test_newer_abi() -> None:
    terms = contract(abi=2, package="test.v1", service="TestService").SerializeToString()
    with pytest.raises(PackError, match="packed for ABI 2, this Interlock knows 1: update Interlock"):
        read_packed(with_contract(terms))


def test_damaged_contract() -> None:
    terms = contract(abi=1, package="test.v1", service="TestService").SerializeToString()
    read_packed(with_contract(terms))
    for damaged, named in (
        (with_contract(b"\xff"), "does not parse"),
        (with_contract(b""), "lacks the ABI"),
        (with_contract(terms, terms), "2 sections interlock.contract"),
        (with_contract(contract(abi=1, package="a", service="B").SerializeToString()), "no service a.B"),
    ):
        with pytest.raises(PackError, match=named):
            read_packed(damaged)


def test_global_not_exported() -> None:
    """A file that something else rewrote after `pack` would be restored without its globals."""
    damaged = WASM.replace(b"interlock_global_0", b"interlock_global_1")
    with pytest.raises(PackError, match="global 0 is not exported as interlock_global_0"):
        read_packed(damaged)


def test_signature_checked_at_load() -> None:
    """A host calls exports unchecked, so a wrong type must not get past the reader."""
    damaged = WASM.replace(b"\x60\x03\x7e\x7f\x7e\x00", b"\x60\x03\x7e\x7f\x7f\x00")
    with pytest.raises(PackError, match=r"export interlock_cancel has type \(i64, i32, i32\)"):
        read_packed(damaged)


def test_control_characters() -> None:
    """What a file says of itself is shown on terminals."""
    with pytest.raises(PackError, match="control characters"):
        read_packed(WASM.replace(b"Do\0", b"D\x1b\0"))
    with pytest.raises(PackError, match="one line of text"):
        pack(compiled(), descriptors(), contract(summary="a\nb"))


def test_vector_longer_than_file() -> None:
    """A count is not believed before its elements are there."""
    huge = b"\0asm\1\0\0\0\1\5" + b"\xff\xff\xff\xff\x0f"
    with pytest.raises(PackError, match="vector of 4294967295 elements"):
        read_packed(huge)

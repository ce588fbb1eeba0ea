"""Walks the function bodies: what a module may not contain, and what an export can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from interlock_host.pack.binary import CODE, Binary, read_binary, value_type
from interlock_host.pack.cursor import Cursor
from interlock_host.pack.errors import PackError
from interlock_host.pack.opcodes import BLOCKS, CALL, END, REFUSED, RETURN_CALL, instructions, name_of


@dataclass(frozen=True, slots=True)
class Body:
    """A function's code, past its locals. `index` counts imports."""

    index: int
    start: int
    end: int


def bodies(binary: Binary) -> Iterator[Body]:
    section = binary.section(CODE)
    if section is None:
        return
    cursor = Cursor(binary.data, section.start, section.end)
    first = binary.imported_functions
    for number in cursor.count():
        part = cursor.part(cursor.unsigned())
        for _ in part.count():
            part.unsigned()
            value_type(part)
        yield Body(first + number, part.at, part.end)


def check_code(binary: Binary) -> None:
    """Raises PackError, with function and offset, for an instruction that is refused."""
    names = {export.index: export.name for export in binary.exports if export.kind == "func"}
    for body in bodies(binary):
        try:
            _check_body(binary.data, body)
        except PackError as error:
            name = f" ({names[body.index]})" if body.index in names else ""
            raise PackError(f"function {body.index}{name}, {error}") from error


def _check_body(data: bytes, body: Body) -> None:
    """Every instruction is allowed, and the blocks end where the body does.

    The validator has seen to the second already: it fails here only if an entry of the table of opcodes is
    wrong, and a walk that lost its step must not pass for a clean one.
    """
    depth = 1
    ended = body.start
    for offset, opcode, _ in instructions(data, body.start, body.end):
        if opcode in REFUSED:
            raise PackError(f"byte offset 0x{offset:x}: {REFUSED[opcode]}")
        if opcode in BLOCKS:
            depth += 1
        elif opcode == END:
            depth -= 1
            if depth == 0:
                ended = offset + 1
                break
    if ended != body.end:
        raise PackError("its blocks do not end where its code does")


def reachable_instructions(wasm: bytes) -> dict[str, frozenset[str]]:
    """For each exported function the names of the instructions in it and in what it calls, transitively.

    Instructions without a name in `opcodes.NAMES` stand as their bytes. Calls through a table are not
    followed: `call_indirect` in the set says that the export makes one.
    """
    binary = read_binary(wasm)
    used: dict[int, set[int]] = {}
    called: dict[int, set[int]] = {}
    for body in bodies(binary):
        opcodes, callees = used.setdefault(body.index, set()), called.setdefault(body.index, set())
        for _, opcode, at in instructions(wasm, body.start, body.end):
            opcodes.add(opcode)
            if opcode in (CALL, RETURN_CALL):
                callees.add(Cursor(wasm, at, body.end).unsigned())
    found = {}
    for export in binary.exports:
        if export.kind == "func":
            reached = _reached(export.index, called)
            opcodes = set().union(*(used.get(index, ()) for index in reached))
            found[export.name] = frozenset(map(name_of, opcodes))
    return found


def atomic_instructions(wasm: bytes) -> dict[str, frozenset[str]]:
    """For each exported function the atomic instructions (prefix 0xFE) that it reaches; empty where none."""
    return {
        name: frozenset(instruction for instruction in names if "atomic" in instruction)
        for name, names in reachable_instructions(wasm).items()
    }


def _reached(first: int, called: dict[int, set[int]]) -> set[int]:
    reached = {first}
    waiting = [first]
    while waiting:
        for callee in called.get(waiting.pop(), set()) - reached:
            reached.add(callee)
            waiting.append(callee)
    return reached

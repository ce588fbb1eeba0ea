"""The instructions of WebAssembly: what they are called and how long their immediates are.

The source is the index of instructions of the core specification (version 3.0, appendix A.7), with the
proposals for threads (0xFE), relaxed SIMD, wide arithmetic and stack switching, so that what is refused
is refused by name. Names are kept only for instructions that a message or a rule speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from interlock_host.pack.cursor import Cursor
from interlock_host.pack.errors import PackError

# An instruction's opcode here: its byte, or `prefix << 16 | number` behind a prefix byte.
_GC, _MISC, _SIMD, _ATOMIC = 0xFB, 0xFC, 0xFD, 0xFE

END = 0x0B
CALL, RETURN_CALL = 0x10, 0x12
BLOCKS = frozenset({0x02, 0x03, 0x04})


def _atomic_names() -> dict[int, str]:
    first = ("memory.atomic.notify", "memory.atomic.wait32", "memory.atomic.wait64", "atomic.fence")
    names = dict(enumerate(first))
    widths = ("i32{}", "i64{}", "i32{}8", "i32{}16", "i64{}8", "i64{}16", "i64{}32")
    changes = ("add", "sub", "and", "or", "xor", "xchg", "cmpxchg")
    verbs = ["load", "store", *(f"rmw.{change}" for change in changes)]
    number = 0x10
    for verb in verbs:
        kind, _, operation = verb.partition(".")
        for width in widths:
            unsigned = "_u" if width[-1] != "}" and kind != "store" else ""
            stem = width.format(f".atomic.{kind}")
            names[number] = f"{stem}.{operation}{unsigned}" if operation else stem + unsigned
            number += 1
    return {_ATOMIC << 16 | number: name for number, name in names.items()}


NAMES = {
    0x06: "try", 0x07: "catch", 0x08: "throw", 0x09: "rethrow", 0x0A: "throw_ref", 0x18: "delegate",
    0x19: "catch_all", 0x1F: "try_table",
    0x10: "call", 0x11: "call_indirect", 0x12: "return_call", 0x13: "return_call_indirect",
    0x14: "call_ref", 0x15: "return_call_ref", 0xD3: "ref.eq", 0xD4: "ref.as_non_null",
    0xD5: "br_on_null", 0xD6: "br_on_non_null",
    0x23: "global.get", 0x24: "global.set", 0x25: "table.get", 0x26: "table.set",
    0x3F: "memory.size", 0x40: "memory.grow",
    **{0xE0 + number: name for number, name in enumerate((
        "cont.new", "cont.bind", "suspend", "resume", "resume_throw", "resume_throw_ref", "switch"))},
    **{_MISC << 16 | number: name for number, name in {
        8: "memory.init", 9: "data.drop", 10: "memory.copy", 11: "memory.fill", 12: "table.init",
        13: "elem.drop", 14: "table.copy", 15: "table.grow", 16: "table.size", 17: "table.fill",
        18: "memory.discard", 19: "i64.add128", 20: "i64.sub128",
        21: "i64.mul_wide_s", 22: "i64.mul_wide_u"}.items()},
    **_atomic_names(),
}  # fmt: skip


def name_of(opcode: int) -> str:
    """Its name, or its bytes where it has none here."""
    if opcode in NAMES:
        return NAMES[opcode]
    return f"0x{opcode:02x}" if opcode < 256 else f"0x{opcode >> 16:02x} {opcode & 0xFFFF}"


# Each takes the module's bytes and where the immediates begin, and answers where they end. A read past
# the end of the file is an IndexError; `instructions` turns it into a PackError.
_Skip = Callable[[bytes, int], int]


_TYPES = frozenset({0x40, 0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 0x70, 0x6F})


def _nothing(data: bytes, at: int) -> int:
    return at


def _number(data: bytes, at: int) -> int:
    while data[at] >= 0x80:
        at += 1
    return at + 1


def _numbers(count: int) -> _Skip:
    def skip(data: bytes, at: int) -> int:
        for _ in range(count):
            at = _number(data, at)
        return at

    return skip


def _fixed(size: int) -> _Skip:
    return lambda data, at: at + size


def _check_type(data: bytes, at: int) -> None:
    if data[at] not in _TYPES:
        raise PackError(f"type 0x{data[at]:02x} at byte {at}: GC and typed references are refused")


def _block(data: bytes, at: int) -> int:
    # One byte for no value or a value type; otherwise the index of a type.
    if 0x40 <= data[at] < 0x80:
        _check_type(data, at)
    return _number(data, at)


def _memory(data: bytes, at: int) -> int:
    if data[at] & 0x40:
        raise PackError(f"memory index at byte {at}: a module has one memory (multi-memory is refused)")
    return _number(data, _number(data, at))


def _memory_lane(data: bytes, at: int) -> int:
    return _memory(data, at) + 1


def _vector(data: bytes, at: int) -> tuple[int, int]:
    """How many elements follow, and where the first begins."""
    cursor = Cursor(data, at)
    return len(cursor.count()), cursor.at


def _labels(data: bytes, at: int) -> int:
    count, at = _vector(data, at)
    for _ in range(count + 1):
        at = _number(data, at)
    return at


def _types(data: bytes, at: int) -> int:
    count, at = _vector(data, at)
    for end in range(at, at + count):
        _check_type(data, end)
    return at + count


def _plain() -> dict[int, _Skip]:
    none = [0x00, 0x01, 0x05, END, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5), 0xD1]
    one = [0x0C, 0x0D, CALL, RETURN_CALL, *range(0x20, 0x27), 0x3F, 0x40, 0x41, 0x42, 0xD0, 0xD2]
    return {
        **dict.fromkeys(none, _nothing),
        **dict.fromkeys(one, _number),
        **dict.fromkeys(BLOCKS, _block),
        **dict.fromkeys((0x11, 0x13), _numbers(2)),
        **dict.fromkeys(range(0x28, 0x3F), _memory),
        0x0E: _labels,
        0x1C: _types,
        0x43: _fixed(4),
        0x44: _fixed(8),
    }


def _misc() -> dict[int, _Skip]:
    two = dict.fromkeys((8, 10, 12, 14), _numbers(2))
    one = dict.fromkeys((9, 11, 13, 15, 16, 17), _number)
    return {**dict.fromkeys(range(8), _nothing), **two, **one}


def _simd() -> dict[int, _Skip]:
    return {
        **dict.fromkeys(range(14, 256), _nothing),
        **dict.fromkeys((*range(12), 92, 93), _memory),
        **dict.fromkeys((12, 13), _fixed(16)),
        **dict.fromkeys(range(21, 35), _fixed(1)),
        **dict.fromkeys(range(84, 92), _memory_lane),
    }


def _atomic() -> dict[int, _Skip]:
    return {3: _fixed(1), **dict.fromkeys((0, 1, 2, *range(0x10, 0x4F)), _memory)}


SKIPS = {
    **_plain(),
    **{
        prefix << 16 | number: skip
        for prefix, skips in ((_MISC, _misc()), (_SIMD, _simd()), (_ATOMIC, _atomic()))
        for number, skip in skips.items()
    },
}


def _refused() -> dict[int, str]:
    tables = "a snapshot of memory and globals would miss the changed table"
    segments = "a snapshot of memory and globals would miss the dropped segment"
    opcodes = {
        **dict.fromkeys((0x26, *(_MISC << 16 | number for number in (12, 14, 15, 17))), tables),
        **dict.fromkeys((_MISC << 16 | 9, _MISC << 16 | 13), segments),
        **dict.fromkeys(
            (0x06, 0x07, 0x08, 0x09, 0x0A, 0x18, 0x19, 0x1F),
            "exceptions are refused, not every host runs them (compile with -fno-exceptions)",
        ),
        **dict.fromkeys((0x14, 0x15, 0xD3, 0xD4, 0xD5, 0xD6), "GC and typed references are refused"),
        **dict.fromkeys(range(0xE0, 0xE7), "stack switching is refused, a snapshot would miss the stacks"),
        **dict.fromkeys((_MISC << 16 | number for number in range(18, 23)), "not every host runs it"),
        **dict.fromkeys(
            (_ATOMIC << 16, _ATOMIC << 16 | 1, _ATOMIC << 16 | 2),
            "a module never blocks; park the call and answer it from a later entry",
        ),
    }
    return {opcode: f"{name_of(opcode)}: {reason}" for opcode, reason in opcodes.items()}


REFUSED = _refused()
"""Why no module may contain these, by name; those without an entry in the table of immediates end a walk."""


def _unknown(opcode: int) -> str:
    """Why a walk cannot pass this instruction."""
    if opcode >> 16 == _GC:
        return f"{name_of(opcode)}: GC is refused"
    if opcode >> 16 == _SIMD and opcode & 0xFFFF >= 0x100:
        return f"{name_of(opcode)}: relaxed SIMD is refused, hosts would give different answers"
    return REFUSED.get(opcode) or f"unknown instruction {name_of(opcode)}"


def instructions(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The instructions of an expression: (offset, opcode, offset of the immediates).

    Raises PackError at the first that is unknown or cut off. `end` is not checked within immediates: whoever
    needs a well-formed body validates the file first.
    """
    at = start
    try:
        while at < end:
            offset = at
            opcode = data[at]
            at += 1
            if _GC <= opcode <= _ATOMIC:
                cursor = Cursor(data, at, end)
                opcode = opcode << 16 | min(cursor.unsigned(), 0xFFFF)
                at = cursor.at
            skip = SKIPS.get(opcode)
            if skip is None:
                raise PackError(f"byte offset 0x{offset:x}: {_unknown(opcode)}")
            yield offset, opcode, at
            at = skip(data, at)
    except IndexError:
        raise PackError(f"truncated within the instruction at byte offset 0x{offset:x}") from None


def skip_constant(cursor: Cursor) -> None:
    """Passes over a constant expression and its `end`."""
    for offset, opcode, _ in instructions(cursor.data, cursor.at, cursor.end):
        if opcode == END:
            cursor.at = offset + 1
            return
    raise PackError(f"truncated: constant expression at byte {cursor.at} has no end")

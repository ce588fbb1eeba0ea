"""Reads a module's structure: everything that stands before its code (core specification, chapter 5.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from interlock_host.pack.cursor import Cursor
from interlock_host.pack.errors import PackError
from interlock_host.pack.opcodes import skip_constant

MAGIC = b"\0asm"
PAGE_BYTES = 65536

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL = range(7)
EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = range(7, 14)
SECTION_NAMES = (
    "custom", "type", "import", "function", "table", "memory", "global",
    "export", "start", "element", "code", "data", "data count", "tag",
)  # fmt: skip
# Where each section may stand, by id; custom sections may stand anywhere.
_ORDER = {id_: place for place, id_ in enumerate(
    (TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA)
)}  # fmt: skip

KINDS = ("func", "table", "memory", "global", "tag")
_NUMBER_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
_REFERENCE_TYPES = {0x70: "funcref", 0x6F: "externref"}
_VALUE_TYPES = _NUMBER_TYPES | _REFERENCE_TYPES
REFERENCE_TYPES = frozenset(_REFERENCE_TYPES.values())


class Section(NamedTuple):
    id: int
    # Of a custom section; otherwise the kind of section.
    name: str
    # The head, with id and size, begins at `head`; the content at `start` (after a custom section's name).
    head: int
    start: int
    end: int


class FuncType(NamedTuple):
    params: tuple[str, ...]
    results: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"


class Import(NamedTuple):
    module: str
    name: str
    kind: str
    # Of a function only.
    type: FuncType | None


class Global(NamedTuple):
    type: str
    mutable: bool


class Limits(NamedTuple):
    """Of a memory, in pages; of a table, in elements."""

    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    kind: str
    index: int


@dataclass(slots=True)
class Binary:
    """A module's structure. Indices count imports first, as the format does."""

    data: bytes
    sections: list[Section] = field(default_factory=list)
    types: list[FuncType] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[FuncType] = field(default_factory=list)
    tables: list[Limits] = field(default_factory=list)
    memories: list[Limits] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    start: int | None = None

    @property
    def imported_functions(self) -> int:
        return sum(import_.kind == "func" for import_ in self.imports)

    def section(self, id_: int) -> Section | None:
        return next((section for section in self.sections if section.id == id_), None)

    def custom(self, name: str) -> list[bytes]:
        return [self.data[s.start : s.end] for s in self.sections if s.id == CUSTOM and s.name == name]

    def mutable_globals(self) -> list[int]:
        return [index for index, global_ in enumerate(self.globals) if global_.mutable]


def read_binary(data: bytes) -> Binary:
    """Reads the structure of `data`; raises PackError where it does not parse or uses a refused feature."""
    if data[:4] != MAGIC:
        raise PackError("not a WebAssembly file: it does not begin with \\0asm")
    if len(data) < 8:
        raise PackError("truncated: the file ends within the WebAssembly header")
    if data[4:8] == b"\x0d\0\1\0":
        raise PackError("a WebAssembly component; build a core WebAssembly module instead")
    if data[4:8] != b"\1\0\0\0":
        raise PackError("a version of WebAssembly other than 1")
    binary = Binary(data)
    _read_sections(binary)
    for section in binary.sections:
        read = _READERS.get(section.id)
        if read is None:
            continue
        cursor = Cursor(data, section.start, section.end)
        read(binary, cursor)
        if not cursor.done:
            left = cursor.end - cursor.at
            raise PackError(f"{section.name} section: {left} bytes left over at byte {cursor.at}")
    return binary


def _read_sections(binary: Binary) -> None:
    cursor = Cursor(binary.data, 8)
    last = -1
    while not cursor.done:
        head = cursor.at
        id_ = cursor.byte()
        part = cursor.part(cursor.unsigned())
        if id_ == CUSTOM:
            name = part.name()
        elif id_ in _ORDER:
            if _ORDER[id_] <= last:
                raise PackError(f"{SECTION_NAMES[id_]} section out of order at byte {head}")
            last = _ORDER[id_]
            name = SECTION_NAMES[id_]
        else:
            raise PackError(f"unknown section {id_} at byte {head}")
        binary.sections.append(Section(id_, name, head, part.at, part.end))


def value_type(cursor: Cursor) -> str:
    at = cursor.at
    code = cursor.byte()
    name = _VALUE_TYPES.get(code)
    if name is None:
        raise PackError(f"value type 0x{code:02x} at byte {at}: GC and typed references are refused")
    return name


def _limits(cursor: Cursor, what: str, unit: str) -> Limits:
    at = cursor.at
    flags = cursor.byte()
    if flags & 0x04:
        raise PackError(f"64-bit {what} at byte {at}: memory64 is refused, compile for wasm32")
    if flags & 0x02:
        raise PackError(f"shared {what} at byte {at} is refused: declare it unshared, atomics work there too")
    if flags > 1:
        raise PackError(f"{what} at byte {at}: limits 0x{flags:02x} are not supported")
    minimum = cursor.unsigned()
    maximum = cursor.unsigned() if flags & 1 else None
    if maximum is not None and maximum < minimum:
        raise PackError(f"{what} at byte {at}: at most {maximum} {unit}, yet at least {minimum}")
    return Limits(minimum, maximum)


def _table_type(cursor: Cursor) -> Limits:
    at = cursor.at
    if value_type(cursor) not in REFERENCE_TYPES:
        raise PackError(f"table at byte {at} holds no references")
    return _limits(cursor, "table", "elements")


def _global_type(cursor: Cursor) -> Global:
    type_ = value_type(cursor)
    at = cursor.at
    mutable = cursor.byte()
    if mutable > 1:
        raise PackError(f"global's mutability at byte {at} is neither 0 nor 1")
    return Global(type_, mutable == 1)


def _read_types(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        at = cursor.at
        form = cursor.byte()
        if form != 0x60:
            raise PackError(f"type 0x{form:02x} at byte {at}: GC types are refused")
        params = tuple(value_type(cursor) for _ in cursor.count())
        results = tuple(value_type(cursor) for _ in cursor.count())
        binary.types.append(FuncType(params, results))


def _type_at(binary: Binary, cursor: Cursor) -> FuncType:
    at = cursor.at
    index = cursor.unsigned()
    if index >= len(binary.types):
        raise PackError(f"type {index} at byte {at} does not exist")
    return binary.types[index]


def _read_imports(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        module, name = cursor.name(), cursor.name()
        at = cursor.at
        code = cursor.byte()
        if code >= len(KINDS):
            raise PackError(f"import {module}.{name}: unknown kind {code} at byte {at}")
        type_ = None
        match KINDS[code]:
            case "func":
                type_ = _type_at(binary, cursor)
                binary.functions.append(type_)
            case "table":
                binary.tables.append(_table_type(cursor))
            case "memory":
                # Shared or 64-bit, it is refused by its name as an import is.
                flags = cursor.byte()
                low, high = cursor.unsigned(64), cursor.unsigned(64) if flags & 1 else None
                binary.memories.append(Limits(low, high))
            case "global":
                binary.globals.append(_global_type(cursor))
            case _:
                cursor.byte()
                _type_at(binary, cursor)
        binary.imports.append(Import(module, name, KINDS[code], type_))


def _read_functions(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        binary.functions.append(_type_at(binary, cursor))


def _read_tables(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        binary.tables.append(_table_type(cursor))


def _read_memories(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        binary.memories.append(_limits(cursor, "memory", "pages"))


def _read_globals(binary: Binary, cursor: Cursor) -> None:
    for _ in cursor.count():
        binary.globals.append(_global_type(cursor))
        skip_constant(cursor)


def _read_exports(binary: Binary, cursor: Cursor) -> None:
    sizes = {
        "func": len(binary.functions),
        "table": len(binary.tables),
        "memory": len(binary.memories),
        "global": len(binary.globals),
    }
    names = set()
    for _ in cursor.count():
        name = cursor.name()
        at = cursor.at
        code, index = cursor.byte(), cursor.unsigned()
        if code >= len(KINDS):
            raise PackError(f"export {name}: unknown kind {code} at byte {at}")
        if name in names:
            raise PackError(f"two exports are called {name}")
        names.add(name)
        kind = KINDS[code]
        if index >= sizes.get(kind, 0):
            raise PackError(f"export {name}: {kind} {index} does not exist")
        binary.exports.append(Export(name, kind, index))


def _read_start(binary: Binary, cursor: Cursor) -> None:
    binary.start = cursor.unsigned()


def _read_tags(binary: Binary, cursor: Cursor) -> None:
    raise PackError(f"tag section at byte {cursor.at}: exceptions are refused, not every host runs them")


_READERS = {
    TYPE: _read_types,
    IMPORT: _read_imports,
    FUNCTION: _read_functions,
    TABLE: _read_tables,
    MEMORY: _read_memories,
    TAG: _read_tags,
    GLOBAL: _read_globals,
    EXPORT: _read_exports,
    START: _read_start,
}

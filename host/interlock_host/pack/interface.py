"""Checks a module's imports and exports against the ABI (ABI.md) and against its service."""

from __future__ import annotations

import re

from interlock.v1 import contract_pb2
from interlock_host.pack.binary import Binary, Export, FuncType
from interlock_host.pack.errors import PackError
from interlock_host.pack.service import Method
from interlock_host.wasm import wasi

ABI = 1
MARKER = f"interlock_abi_v{ABI}"
_ANY_MARKER = re.compile(r"interlock_abi_v[0-9]+")
PREFIX = "interlock_"
GLOBAL_PREFIX = "interlock_global_"

RPC = FuncType(("i64", "i32", "i64"))
REQUIRED = {
    MARKER: FuncType(()),
    "interlock_control": FuncType((), ("i32",)),
    "interlock_buffer": FuncType(("i32",), ("i32",)),
    "interlock_cancel": FuncType(("i64", "i32", "i64")),
}
OPTIONAL = {
    "_initialize": FuncType(()),
    "interlock_configure": FuncType(("i32", "i64"), ("i32",)),
    "interlock_half_close": FuncType(("i64", "i64")),
    "interlock_tick": FuncType(("i64",)),
    "interlock_metrics": FuncType((), ("i64",)),
    "interlock_state": FuncType((), ("i64",)),
    "interlock_load": FuncType(("i32", "i64"), ("i32",)),
}


def check_imports(binary: Binary) -> None:
    for import_ in binary.imports:
        name = f"{import_.module}.{import_.name}"
        if import_.module != wasi.MODULE or import_.kind != "func":
            raise PackError(
                f"import {name} ({import_.kind}) is refused: only functions of {wasi.MODULE} may be imported"
            )
        if import_.name not in wasi.SIGNATURES:
            raise PackError(f"import {name} is refused: WASI preview 1 has no such function")
        expected = _wasi_type(import_.name)
        if import_.type != expected:
            raise PackError(f"import {name} has type {import_.type}, WASI preview 1 has {expected}")


def _wasi_type(name: str) -> FuncType:
    params = tuple("i64" if letter == "I" else "i32" for letter in wasi.SIGNATURES[name])
    return FuncType(params, () if name == "proc_exit" else ("i32",))


def check_memory(binary: Binary) -> None:
    if len(binary.memories) != 1:
        raise PackError(f"the module has {len(binary.memories)} memories; it must have one")
    export = _find(binary, "memory")
    if export is None or export.kind != "memory":
        raise PackError("the module does not export its memory as `memory`")


def check_exports(binary: Binary, methods: list[Method], contract: contract_pb2.Contract) -> None:
    """Raises PackError for an export of the ABI or of the service that is missing or of a wrong type."""
    _check_marker(binary)
    for name, type_ in REQUIRED.items():
        _check_function(binary, name, type_, required=True)
    for name, type_ in OPTIONAL.items():
        _check_function(binary, name, type_, required=False)
    for method in methods:
        if method.name in ("memory", "_initialize") or method.name.startswith(PREFIX):
            raise PackError(f"method {method.name}: the ABI has an export of this name; rename the method")
        _check_function(binary, method.name, RPC, required=True)
    if not contract.summary.isprintable():
        raise PackError(f"summary: it must be one line of text, not {contract.summary!a}")
    for name in contract.direct:
        found = _find(binary, name)
        if found is None or found.kind != "func":
            raise PackError(f"direct: the module does not export a function {name!r}")


def _check_marker(binary: Binary) -> None:
    markers = [export.name for export in binary.exports if _ANY_MARKER.fullmatch(export.name)]
    if not markers:
        raise PackError(f"not an Interlock module: it does not export {MARKER} (see ABI.md)")
    if MARKER not in markers:
        raise PackError(f"the module speaks {', '.join(markers)}; this version of Interlock knows {MARKER}")


def _check_function(binary: Binary, name: str, expected: FuncType, *, required: bool) -> None:
    export = _find(binary, name)
    if export is None:
        if required:
            raise PackError(f"export {name} is missing; its type is {expected}")
        return
    if export.kind != "func":
        raise PackError(f"export {name} is a {export.kind}; it must be a function {expected}")
    actual = binary.functions[export.index]
    if actual != expected:
        raise PackError(f"export {name} has type {actual}; it must be {expected}")


def _find(binary: Binary, name: str) -> Export | None:
    return next((export for export in binary.exports if export.name == name), None)


def check_reserved(binary: Binary) -> None:
    """What begins with `interlock_` is the ABI's: an unknown one is a misspelt one. Compiled modules only."""
    globals_ = {f"{GLOBAL_PREFIX}{index}": index for index in binary.mutable_globals()}
    for export in binary.exports:
        name = export.name
        known = name in REQUIRED or name in OPTIONAL or _ANY_MARKER.fullmatch(name)
        if known or not name.startswith(PREFIX):
            continue
        if name.startswith(GLOBAL_PREFIX):
            if export.kind != "global" or globals_.get(name) != export.index:
                raise PackError(f"export {name}: this name is kept for `interlock pack`; rename it")
        else:
            names = ", ".join(sorted(REQUIRED | OPTIONAL))
            raise PackError(f"export {name}: names that begin with {PREFIX} are the ABI's: {names}")
    if _find(binary, "_start") is not None and _find(binary, "_initialize") is None:
        raise PackError("a WASI command (it exports _start): compile a reactor, -mexec-model=reactor")

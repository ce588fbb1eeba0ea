"""Makes a served module out of a compiled one."""

from __future__ import annotations

from functools import cache

import wasmtime

from interlock.v1 import contract_pb2
from interlock_host.pack import binary as format_
from interlock_host.pack import interface, service
from interlock_host.pack.binary import Binary, Export, read_binary
from interlock_host.pack.code import check_code
from interlock_host.pack.cursor import unsigned_bytes
from interlock_host.pack.errors import PackError
from interlock_host.pack.limits import check_limits
from interlock_host.pack.packed import CONTRACT, DESCRIPTOR

_SERVED = {"tail_call": True, "threads": True}
_REFUSED = (
    "multi_memory",
    "relaxed_simd",
    "memory64",
    "exceptions",
    "wide_arithmetic",
    "gc",
    "function_references",
)


def pack(compiled: bytes, descriptor_set: bytes, contract: contract_pb2.Contract) -> bytes:
    """The packed form of `compiled`: mutable globals exported, the contract and the descriptors embedded.

    All other bytes stay as they are. The same arguments give the same bytes, and a packed file packed again
    gives itself. Raises PackError for a module that a host could not serve, snapshot or replay.
    """
    binary = read_binary(compiled)
    interface.check_imports(binary)
    _validate(compiled, _every_feature(), "not a valid WebAssembly module")
    interface.check_memory(binary)
    _check_state(binary)
    check_code(binary)
    files = service.parse_descriptors(descriptor_set)
    found = service.find_service(files, contract.package, contract.service)
    complete = _complete(contract, found.file.package, found.name)
    interface.check_exports(binary, service.read_methods(found), complete)
    interface.check_reserved(binary)
    check_limits(complete, binary)
    packed = _write(binary, descriptor_set, complete.SerializeToString(deterministic=True))
    _validate(packed, _served_features(), "not every host runs it (externref is a GC type here)")
    return packed


def _complete(contract: contract_pb2.Contract, package: str, name: str) -> contract_pb2.Contract:
    if contract.abi not in (0, interface.ABI):
        raise PackError(f"abi: the contract says {contract.abi}, this Interlock knows {interface.ABI}")
    complete = contract_pb2.Contract()
    complete.CopyFrom(contract)
    complete.abi, complete.package, complete.service = interface.ABI, package, name
    return complete


def _check_state(binary: Binary) -> None:
    if binary.start is not None:
        raise PackError(
            "the module has a start function: it would run again before each restore of a snapshot; "
            "export it as _initialize, which runs once in an instance's life"
        )
    for index, global_ in enumerate(binary.globals):
        if global_.type in format_.REFERENCE_TYPES:
            raise PackError(f"global {index} holds a reference ({global_.type}): a snapshot cannot keep it")


def _write(binary: Binary, descriptor_set: bytes, contract: bytes) -> bytes:
    out = bytearray(binary.data[:8])
    for section in binary.sections:
        if section.id == format_.EXPORT:
            out += _section(format_.EXPORT, _exports(binary))
        elif section.id != format_.CUSTOM or section.name not in (CONTRACT, DESCRIPTOR):
            out += binary.data[section.head : section.end]
    for name, content in ((DESCRIPTOR, descriptor_set), (CONTRACT, contract)):
        out += _section(format_.CUSTOM, _name(name) + content)
    return bytes(out)


def _exports(binary: Binary) -> bytes:
    kept = [export for export in binary.exports if not export.name.startswith(interface.GLOBAL_PREFIX)]
    kept += [
        Export(f"{interface.GLOBAL_PREFIX}{index}", "global", index) for index in binary.mutable_globals()
    ]
    out = bytearray(unsigned_bytes(len(kept)))
    for export in kept:
        out += _name(export.name) + bytes([format_.KINDS.index(export.kind)]) + unsigned_bytes(export.index)
    return bytes(out)


def _name(text: str) -> bytes:
    encoded = text.encode()
    return unsigned_bytes(len(encoded)) + encoded


def _section(id_: int, content: bytes) -> bytes:
    return bytes([id_]) + unsigned_bytes(len(content)) + content


def _validate(wasm: bytes, engine: wasmtime.Engine, otherwise: str) -> None:
    try:
        wasmtime.Module.validate(engine, wasm)
    except wasmtime.WasmtimeError as error:
        raise PackError(f"{otherwise}: {error}") from error


@cache
def _every_feature() -> wasmtime.Engine:
    """Lets by what this package then refuses by name."""
    return _engine({**_SERVED, **dict.fromkeys(_REFUSED, True)})


@cache
def _served_features() -> wasmtime.Engine:
    """What every host runs: WebAssembly 2.0 without externref, tail calls, extended constants and atomics."""
    return _engine({**_SERVED, **dict.fromkeys(_REFUSED, False)})


def _engine(features: dict[str, bool]) -> wasmtime.Engine:
    config = wasmtime.Config()
    for name, wanted in features.items():
        setattr(config, f"wasm_{name}", wanted)
    config.gc_support = features["gc"]  # without it there is no externref
    return wasmtime.Engine(config)

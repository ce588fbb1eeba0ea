"""Small modules in WebAssembly's text form, and descriptors, for the tests of packing."""

from __future__ import annotations

from collections.abc import Callable

import wasmtime
from google.protobuf import descriptor_pb2

from interlock.v1 import contract_pb2
from interlock_host.pack import pack

PARTS = {
    "memory": '(memory (export "memory") 1)',
    "global": "(global (mut i32) (i32.const 1024))",
    "marker": '(func (export "interlock_abi_v1"))',
    "control": '(func (export "interlock_control") (result i32) i32.const 64)',
    "buffer": '(func (export "interlock_buffer") (param i32) (result i32) i32.const 0)',
    "cancel": '(func (export "interlock_cancel") (param i64 i32 i64))',
    "method": '(func (export "Do") (param i64 i32 i64))',
}


def compiled(*extra: str, first: str = "", **changed: str) -> bytes:
    """A module that packs, with `first` before its parts, `extra` behind them, and some parts changed."""
    assert changed.keys() <= PARTS.keys()
    parts = [first, *(PARTS | changed).values(), *extra]
    return bytes(wasmtime.wat2wasm(f"(module {' '.join(parts)})"))


def body(instructions: str) -> str:
    """A function that nobody calls."""
    return f'(func (export "body") {instructions})'


Edit = Callable[[descriptor_pb2.FileDescriptorProto], object]


def descriptors(edit: Edit | None = None) -> bytes:
    """A descriptor set with one service of one method, `Do`, as `edit` changes it."""
    file = descriptor_pb2.FileDescriptorProto(name="test.proto", package="test.v1", syntax="proto3")
    request = file.message_type.add(name="Request")
    request.field.add(name="instance", number=1, type=9, label=1)
    service = file.service.add(name="TestService")
    service.method.add(name="Do", input_type=".test.v1.Request", output_type=".test.v1.Request")
    if edit is not None:
        edit(file)
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


def contract(**fields: object) -> contract_pb2.Contract:
    """A contract; limits by their own names."""
    names = {field.name for field in contract_pb2.Limits.DESCRIPTOR.fields}
    limits = {name: fields.pop(name) for name in names & fields.keys()}
    return contract_pb2.Contract(limits=contract_pb2.Limits(**limits), **fields)  # type: ignore[arg-type]


def packed(*extra: str, **changed: str) -> bytes:
    return pack(compiled(*extra, **changed), descriptors(), contract())

"""What `pack` makes of a compiled module, and what it refuses."""

from __future__ import annotations

import hashlib

import pytest
import wasmtime
from google.protobuf import descriptor_pb2

from interlock_host.pack import PackError, pack, read_packed
from interlock_host.pack.binary import Limits
from tests.host.wat import body, compiled, contract, descriptors, packed


def refused(*extra: str, first: str = "", **changed: str) -> str:
    with pytest.raises(PackError) as error:
        pack(compiled(*extra, first=first, **changed), descriptors(), contract())
    return str(error.value)


# What is made


def test_reads_back() -> None:
    wasm = pack(compiled(), descriptors(), contract(summary="A test", max_memory=1 << 20))
    said = read_packed(wasm)
    assert (said.contract.abi, said.contract.package, said.contract.service) == (1, "test.v1", "TestService")
    assert (said.contract.summary, said.contract.limits.max_memory) == ("A test", 1 << 20)
    assert said.descriptor_set == descriptors()
    assert said.digest == hashlib.sha256(wasm).hexdigest()
    assert [(method.name, method.kind) for method in said.methods] == [("Do", "unary")]
    assert said.memory == Limits(1, None)
    assert said.imports == ()


def test_same_bytes() -> None:
    assert packed() == packed()


def test_again() -> None:
    """A packed file packed again is itself; with another contract only that changes."""
    once = packed()
    assert pack(once, descriptors(), contract()) == once
    other = pack(once, descriptors(), contract(summary="other"))
    assert other == pack(compiled(), descriptors(), contract(summary="other"))
    assert other != once


def test_globals_exported() -> None:
    constant, number = "(global i64 (i64.const 1))", "(global (mut f64) (f64.const 1))"
    said = read_packed(packed(constant, number))
    assert [(g.index, g.name, g.type) for g in said.globals] == [
        (0, "interlock_global_0", "i32"),
        (2, "interlock_global_2", "f64"),
    ]
    assert said.exports["interlock_global_2"].kind == "global"


def test_runs() -> None:
    """The packed file is a module that a runtime takes, active data in place."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    wasm = packed('(data (i32.const 16) "kept")')
    exports = wasmtime.Instance(store, wasmtime.Module(engine, wasm), []).exports(store)
    memory, counter = exports["memory"], exports["interlock_global_0"]
    assert isinstance(memory, wasmtime.Memory) and isinstance(counter, wasmtime.Global)
    assert bytes(memory.read(store, 16, 20)) == b"kept"
    assert counter.value(store) == 1024


def test_other_sections_kept() -> None:
    wasm = packed('(@custom "producers" "somebody")')
    assert b"\x09producerssomebody" in wasm


def test_wasi_import() -> None:
    write = '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'
    said = read_packed(pack(compiled(first=write), descriptors(), contract()))
    assert [(i.module, i.name) for i in said.imports] == [("wasi_snapshot_preview1", "fd_write")]


def test_optional_exports() -> None:
    packed(
        '(func (export "_initialize"))',
        '(func (export "interlock_configure") (param i32 i64) (result i32) i32.const 0)',
        '(func (export "interlock_half_close") (param i64 i64))',
        '(func (export "interlock_tick") (param i64))',
        '(func (export "interlock_metrics") (result i64) i64.const 0)',
        '(func (export "interlock_state") (result i64) i64.const 0)',
        '(func (export "interlock_load") (param i32 i64) (result i32) i32.const 0)',
        '(func (export "more") (param f32))',
    )


# Imports


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ('(import "env" "abort" (func))', "env.abort (func)"),
        ('(import "wasi_snapshot_preview1" "memory" (memory 1))', "wasi_snapshot_preview1.memory (memory)"),
        ('(import "env" "memory" (memory 1 1 shared))', "env.memory (memory)"),
        ('(import "env" "memory" (memory i64 1))', "env.memory (memory)"),
        ('(import "env" "table" (table 1 funcref))', "env.table (table)"),
        ('(import "env" "base" (global i32))', "env.base (global)"),
        ('(import "wasi_unstable" "fd_write" (func (result i32)))', "wasi_unstable.fd_write"),
        ('(import "wasi_snapshot_preview1" "fd_wrote" (func))', "no such function"),
        ('(import "wasi_snapshot_preview1" "fd_write" (func))', "(i32, i32, i32, i32) -> (i32)"),
    ],
)
def test_import_refused(what: str, named: str) -> None:
    assert named in refused(first=what, **({"memory": ""} if "(memory " in what else {}))


# State that a snapshot would miss, and what not every host runs


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("(memory 1)", "2 memories"),
        ("(global funcref (ref.null func))", "global 1 holds a reference (funcref)"),
        ("(global (mut externref) (ref.null extern))", "global 1 holds a reference (externref)"),
        ("(global (mut (ref null func)) (ref.null func))", "global 1 holds a reference"),
        ("(table 1 externref)", "not every host runs it (externref"),
        ("(type (func (param externref)))", "not every host runs it (externref"),
        ("(type (struct))", "GC types are refused"),
        ("(type (array i8))", "GC types are refused"),
        ("(rec (type (func)))", "GC types are refused"),
        ("(tag)", "exceptions are refused"),
        ("(start 0)", "start function"),
    ],
)
def test_state_refused(what: str, named: str) -> None:
    assert named in refused(what)


@pytest.mark.parametrize(
    ("memory", "named"),
    [
        ('(memory (export "memory") 1 2 shared)', "shared memory"),
        ('(memory (export "memory") i64 1)', "memory64"),
        ('(memory (export "mem") 1)', "does not export its memory as `memory`"),
        ('(table (export "memory") 1 funcref)', "0 memories"),
        ("", "0 memories"),
    ],
)
def test_memory_refused(memory: str, named: str) -> None:
    assert named in refused(memory=memory)


# The ABI's exports and the service's


@pytest.mark.parametrize(
    ("part", "text", "named"),
    [
        ("marker", "", "not an Interlock module"),
        ("marker", '(func (export "interlock_abi_v2"))', "speaks interlock_abi_v2"),
        ("marker", '(func (export "interlock_abi_v1") (param i32))', "must be () -> ()"),
        ("control", "", "export interlock_control is missing"),
        ("control", '(func (export "interlock_control") (result i64) i64.const 0)', "must be () -> (i32)"),
        ("buffer", "", "export interlock_buffer is missing"),
        ("buffer", '(func (export "interlock_buffer"))', "must be (i32) -> (i32)"),
        ("cancel", "", "export interlock_cancel is missing"),
        ("cancel", '(func (export "interlock_cancel") (param i64))', "must be (i64, i32, i64) -> ()"),
        ("method", "", "export Do is missing; its type is (i64, i32, i64)"),
        ("method", '(func (export "Do") (param i32 i32 i64))', "Do has type (i32, i32, i64)"),
        ("method", '(global (export "Do") i32 (i32.const 0))', "export Do is a global"),
    ],
)
def test_export_refused(part: str, text: str, named: str) -> None:
    assert named in refused(**{part: text})


@pytest.mark.parametrize(
    "name",
    [
        "_initialize",
        "interlock_configure",
        "interlock_half_close",
        "interlock_tick",
        "interlock_metrics",
        "interlock_state",
        "interlock_load",
    ],
)
def test_optional_export_refused(name: str) -> None:
    assert f"export {name} has type (f32) -> (); it must be" in refused(
        f'(func (export "{name}") (param f32))'
    )


def test_misspelt_export() -> None:
    assert "export interlock_metric:" in refused(
        '(func (export "interlock_metric") (result i64) i64.const 0)'
    )


def test_reserved_export() -> None:
    assert "kept for `interlock pack`" in refused('(func (export "interlock_global_0"))')
    assert "kept for `interlock pack`" in refused(
        '(global (export "interlock_global_0") (mut i32) i32.const 0)'
    )


def test_command_refused() -> None:
    assert "-mexec-model=reactor" in refused('(func (export "_start"))')


# The service


def edited(edit: object, **terms: object) -> str:
    with pytest.raises(PackError) as error:
        pack(compiled(), descriptors(edit), contract(**terms))  # type: ignore[arg-type]
    return str(error.value)


File = descriptor_pb2.FileDescriptorProto


def test_first_field_refused() -> None:
    def field(**changes: object) -> str:
        def edit(file: File) -> None:
            for name, value in changes.items():
                setattr(file.message_type[0].field[0], name, value)

        return edited(edit)

    wanted = "test.v1.TestService.Do: field 1 of test.v1.Request must be `string instance = 1`"
    assert field(name="name") == wanted
    assert field(type=12) == wanted
    assert field(number=2) == wanted
    assert field(label=3) == wanted
    assert edited(lambda file: file.message_type[0].ClearField("field")) == wanted


def test_first_field_in_oneof_refused() -> None:
    def edit(file: File) -> None:
        request = file.message_type[0]
        request.oneof_decl.add(name="either")
        request.field.add(name="other", number=2, type=9, label=1, oneof_index=0)
        request.field[0].oneof_index = 0

    assert "must be `string instance = 1`" in edited(edit)


@pytest.mark.parametrize("side", ["client_streaming", "server_streaming"])
def test_streaming_read_refused(side: str) -> None:
    def edit(file: File) -> None:
        method = file.service[0].method[0]
        method.options.idempotency_level = method.options.NO_SIDE_EFFECTS
        setattr(method, side, True)

    assert edited(edit) == "test.v1.TestService.Do: a read (NO_SIDE_EFFECTS) is unary, this one streams"


@pytest.mark.parametrize("name", ["interlock_cancel", "memory", "_initialize"])
def test_method_name_refused(name: str) -> None:
    def edit(file: File) -> None:
        file.service[0].method[0].name = name

    assert f"method {name}: the ABI has an export of this name" in edited(edit)


def test_no_service() -> None:
    assert "test.proto has no service" in edited(lambda file: file.ClearField("service"))
    assert "has no methods" in edited(lambda file: file.service[0].ClearField("method"))
    assert "no service test.v1.Other" in edited(None, package="test.v1", service="Other")


def test_two_services() -> None:
    def edit(file: File) -> None:
        file.service.add(name="OtherService").method.add().CopyFrom(file.service[0].method[0])

    assert "several services (TestService, OtherService)" in edited(edit)
    wasm = pack(compiled(), descriptors(edit), contract(service="OtherService"))
    assert read_packed(wasm).service.full_name == "test.v1.OtherService"


def test_bad_descriptors() -> None:
    for data, named in ((b"", "empty"), (b"\xff", "not a google.protobuf.FileDescriptorSet")):
        with pytest.raises(PackError, match=named):
            pack(compiled(), data, contract())
    assert "not whole" in edited(lambda file: file.dependency.append("absent.proto"))


# The contract


def test_abi_refused() -> None:
    assert "abi: the contract says 2" in edited(None, abi=2)


def test_limits_refused() -> None:
    assert "begins with 65536 bytes of memory, the limit is 65535" in edited(None, max_memory=65535)
    assert "more than 4 GiB" in edited(None, max_memory=2**32 + 1)
    assert "max_message_bytes" in edited(None, max_memory=1 << 16, max_message_bytes=1 << 17)
    assert "entry_budget_ms" in edited(None, entry_budget_ms=60_001)


def test_small_memory_takes_the_default_message() -> None:
    """A limit that is not given is no reason to refuse one that is."""
    pack(compiled(), descriptors(), contract(max_memory=1 << 16))


def test_direct_refused() -> None:
    assert "does not export a function 'push'" in edited(None, direct=["push"])
    pack(compiled(body("")), descriptors(), contract(direct=["body"]))

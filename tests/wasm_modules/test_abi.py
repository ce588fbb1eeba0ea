"""ABI.md: its bytes are those of its module, and mean what it says."""

from __future__ import annotations

import os
import re
import shlex
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from interlock.v1 import error_pb2
from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.pack.protoc import compile_proto
from tests.docs.console import Console, difference

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "wasm_modules" / "abi" / "ABI.md").read_text(encoding="utf-8")
CONTROL, HEAD = struct.Struct("<qIIIIQ"), struct.Struct("<QIHH")
NEVER, MS = 2**63 - 1, 1_000_000
T = 1_700_000_000_000_000_000
FINAL, MESSAGE, EVENT = 1, 2, 4


def fenced(language: str) -> list[tuple[str, str]]:
    """The blocks of the page in this language: label and text."""
    return re.findall(rf"^```{language} ?([\w-]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


WORKED = {
    label: bytes.fromhex("".join(line.partition("|")[0] for line in text.splitlines()))
    for label, text in fenced("hex")
}


def records(outbox: bytes) -> list[tuple[int, int, int, bytes]]:
    """Call, status, flags and payload of each record."""
    found, at = [], 0
    while at < len(outbox):
        call, size, status, flags = HEAD.unpack_from(outbox, at)
        at += HEAD.size
        found.append((call, status, flags, outbox[at : at + size]))
        assert not any(outbox[at + size : at + (size + 7 & ~7)])
        at += size + 7 & ~7
    assert at == len(outbox)
    return found


@pytest.fixture(scope="module")
def bell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the page's commands were run, as far as packing."""
    folder = tmp_path_factory.mktemp("bell")
    proto = folder / "acme" / "bell" / "v1" / "bell.proto"
    proto.parent.mkdir(parents=True)
    proto.write_text(fenced("proto")[0][1], encoding="utf-8")
    (folder / "bell.c").write_text(fenced("c")[0][1], encoding="utf-8")
    compiler = shlex.quote(sys.executable) + fenced("sh")[0][1].removeprefix("python")
    environment = os.environ | {"INTERLOCK": str(ROOT)}
    subprocess.run(
        f"{compiler.rstrip()} -Wall -Wextra -Werror",
        shell=True,
        check=True,
        cwd=folder,
        env=environment,
        timeout=300,
    )
    console = Console(folder)
    try:
        assert difference(console, fenced("console")[0][1]) is None
    finally:
        console.close()
    return folder


@dataclass
class Host:
    """The least that can enter a module."""

    store: wasmtime.Store
    exports: Any
    block_at: int

    @classmethod
    def of(cls, wasm: Path) -> Host:
        engine = wasmtime.Engine()
        store = wasmtime.Store(engine)
        module = wasmtime.Module.from_file(engine, str(wasm))
        exports: Any = wasmtime.Instance(store, module, []).exports(store)
        return cls(store, exports, exports["interlock_control"](store))

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.exports["memory"].read(self.store, address, address + size))

    def block(self) -> bytes:
        return self.read(self.block_at, CONTROL.size)

    def outbox(self) -> bytes:
        _, outbox, length, *_ = CONTROL.unpack(self.block())
        return self.read(outbox, length)

    def enter(self, method: str, call: int, message: bytes, now: int) -> bytes:
        inbox = CONTROL.unpack(self.block())[3]
        self.exports["memory"].write(self.store, message, inbox)
        self.exports[method](self.store, call, len(message), now)
        return self.outbox()


def alike(block: bytes, worked: bytes) -> bool:
    """Compare control blocks; where the compiler puts outbox and inbox varies."""
    deadline, _, length, _, size, reserved = CONTROL.unpack(block)
    expected = CONTROL.unpack(worked)
    return (deadline, length, size, reserved) == (expected[0], expected[2], expected[4], expected[5])


def test_bytes_are_the_modules(bell: Path) -> None:
    host = Host.of(bell / "bell.compiled.wasm")
    assert alike(host.block(), WORKED["block-new"])
    assert host.enter("Ring", 1, WORKED["ring"], T) == WORKED["ring-outbox"]
    assert host.enter("Await", 2, WORKED["await"], T) == b""
    assert alike(host.block(), WORKED["await-block"])
    host.exports["interlock_tick"](host.store, T + 50 * MS)
    assert host.outbox() == WORKED["tick-outbox"]
    assert CONTROL.unpack(host.block())[0] == NEVER
    assert host.enter("Listen", 3, WORKED["listen"], T) == b""
    assert host.enter("Ring", 4, WORKED["ring"], T) == WORKED["stream-outbox"]
    assert host.enter("Ring", 5, WORKED["ring"][:6], T) == WORKED["error-outbox"]
    assert len(WORKED) == 9


def test_bytes_mean_what_is_said(bell: Path) -> None:
    classes = messages(bell)
    ring = classes["RingRequest"](instance="door", note="ding")
    assert WORKED["ring"] == ring.SerializeToString()
    assert WORKED["await"] == classes["AwaitRequest"](instance="door", wait_ms=50).SerializeToString()
    assert WORKED["listen"] == classes["ListenRequest"](instance="door", most=1).SerializeToString()
    rings = [classes["RingResponse"](rings=n).SerializeToString() for n in range(3)]
    note = classes["ListenResponse"](note="ding").SerializeToString()
    assert records(WORKED["ring-outbox"]) == [(1, 0, EVENT, b"rung"), (1, 0, FINAL | MESSAGE, rings[1])]
    assert records(WORKED["tick-outbox"]) == [(2, 0, FINAL | MESSAGE, b"")]
    assert records(WORKED["stream-outbox"]) == [
        (4, 0, EVENT, b"rung"),
        (3, 0, MESSAGE, note),
        (3, 0, FINAL, b""),
        (4, 0, FINAL | MESSAGE, rings[2]),
    ]
    error = error_pb2.Error(
        reason=error_pb2.REASON_INVALID_PROTO, message="must have 1 to 64 bytes", field="note"
    )
    assert records(WORKED["error-outbox"]) == [(5, 3, FINAL, error.SerializeToString())]
    assert CONTROL.unpack(WORKED["await-block"])[0] == T + 50 * MS
    assert CONTROL.unpack(WORKED["block-new"]) == (NEVER, 0x4080, 0, 0x6080, 1024, 0)


def messages(bell: Path) -> dict[str, Any]:
    """The classes of the bell's messages."""
    pool = descriptor_pool.DescriptorPool()
    names = []
    descriptors = compile_proto(bell / "acme" / "bell" / "v1" / "bell.proto")
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
        names += [f"{file.package}.{message.name}" for message in file.message_type]
    found = [pool.FindMessageTypeByName(name) for name in names]
    return {descriptor.name: message_factory.GetMessageClass(descriptor) for descriptor in found}


def test_served(bell: Path) -> None:
    engine = Engine(EngineConfig(modules=(bell / "modules",), standard=False), clock=VirtualClock(T))
    taken: list[Record] = []

    def start(method: str, message: bytes) -> Call:
        found = engine.method(f"/acme.bell.v1.BellService/{method}")
        assert found is not None
        return engine.start(found, message, taken.append)

    waits = [start("Await", WORKED["await"]) for _ in range(3)]
    waits[1].cancel(CancelReason.DISCONNECT)
    engine.advance(50 * MS)
    assert [call.done for call in waits] == [True] * 3
    woken = start("Await", WORKED["await"])
    answer = start("Ring", WORKED["ring"]).answer
    assert answer is not None
    assert answer.payload == b"\x08\x01"
    assert woken.done
    assert taken[-1].payload == b"\x08\x01"
    engine.close()


def test_defaults_of_limits() -> None:
    """What the page says of limits is what the contract's proto says."""
    for number in ("67,108,864", "4,128,768", "100,000"):
        assert number in PAGE
        assert number in (ROOT / "protos/interlock/v1/contract.proto").read_text(encoding="utf-8")

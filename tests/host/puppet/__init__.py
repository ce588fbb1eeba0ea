"""Puppets: a module that does what its requests say, to play any module."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from interlock.v1 import contract_pb2
from interlock_host.pack import pack

HERE = Path(__file__).parent
SERVICE = "/test.puppet.v1.PuppetService/"


def build(folder: Path, limits: contract_pb2.Limits | None = None) -> Path:
    """Compile and pack the puppet into `folder/puppet.wasm`."""
    compiled, descriptors = folder / "puppet.raw", folder / "puppet.pb"
    command = [
        sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-O2", "-g0", "-nostdlib",
        "-mcpu=generic+bulk_memory+mutable_globals", "-Wl,--no-entry", "-Wl,--strip-all",
        "-o", str(compiled), str(HERE / "puppet.c"),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    arguments = ["", f"-I{HERE}", f"--descriptor_set_out={descriptors}", "puppet.proto"]
    assert protoc.main(arguments) == 0
    contract = contract_pb2.Contract(abi=1, package="test.puppet.v1", service="PuppetService", limits=limits)
    out = folder / "puppet.wasm"
    out.write_bytes(pack(compiled.read_bytes(), descriptors.read_bytes(), contract))
    descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes())
    return out


def request(*operations: bytes, instance: bytes = b"a") -> bytes:
    """Return a Script message."""
    script = b"".join(operations)
    return b"\x0a" + _sized(instance) + b"\x12" + _sized(script)


def _sized(data: bytes) -> bytes:
    size, head = len(data), bytearray()
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + data


def record(call: int, flags: int, payload: bytes = b"", status: int = 0) -> bytes:
    """Return an outbox record, padded."""
    head = struct.pack("<QIHH", call, len(payload), status, flags)
    return head + payload + bytes(-len(payload) % 8)


def op(letter: str, data: bytes) -> bytes:
    """Return a counted operation: O, R, E, T, C or H."""
    return letter.encode() + struct.pack("<I", len(data)) + data


def answer(data: bytes = b"") -> bytes:
    """Answer the call of this entry."""
    return op("R", data)


def deadline(at_ns: int) -> bytes:
    """Set the deadline."""
    return b"D" + struct.pack("<q", at_ns)

"""The probe module of the host's tests: compiled, packed, and its messages as Python classes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from interlock.v1 import contract_pb2
from interlock_host.pack import pack

HERE = Path(__file__).parent
SERVICE = "test.probe.v1.ProbeService"

_COMPILE = [
    "-target",
    "wasm32-freestanding",
    "-mcpu=generic+bulk_memory+mutable_globals",
    "-O2",
    "-g0",
    "-nostdlib",
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wl,--no-entry",
    "-Wl,--strip-all",
    "-Wl,-z,stack-size=16384",
]


@cache
def compiled() -> bytes:
    """The compiled module."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "probe.wasm"
        subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *_COMPILE, "-o", str(out), str(HERE / "probe.c")],
            check=True,
        )
        return out.read_bytes()


@cache
def descriptor_set() -> bytes:
    """The descriptors of probe.proto."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "probe.binpb"
        well_known = str(files("grpc_tools") / "_proto")
        arguments = ["protoc", f"-I{HERE}", f"-I{well_known}", f"--descriptor_set_out={out}", "probe.proto"]
        assert protoc.main(arguments) == 0
        return out.read_bytes()


def write_probe(folder: Path, **limits: int) -> Path:
    """Write the packed module into a folder that a host accepts; return the folder."""
    contract = contract_pb2.Contract(summary="A module that exists to be called.")
    contract.limits.MergeFrom(contract_pb2.Limits(**limits))
    folder.mkdir(mode=0o755, exist_ok=True)
    path = folder / "probe.wasm"
    path.write_bytes(pack(compiled(), descriptor_set(), contract))
    path.chmod(0o644)
    return folder


@cache
def _class_of(name: str) -> Any:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"test.probe.v1.{name}"))


def message(data: bytes = b"", instance: str = "one") -> bytes:
    """A serialised Message."""
    serialised: bytes = _class_of("Message")(instance=instance, data=data).SerializeToString()
    return serialised


def data_of(reply: bytes) -> bytes:
    """The data of a serialised Message."""
    data: bytes = _class_of("Message").FromString(reply).data
    return data


def count_of(reply: bytes) -> tuple[int, int]:
    """The parked calls and the last cancel's reason, in a serialised Count."""
    count = _class_of("Count").FromString(reply)
    return count.parked, count.cancelled_for

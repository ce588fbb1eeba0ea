"""A generated codec as a shared library of this machine, through ctypes."""

import ctypes
import importlib
import mmap
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from codec_driver import driver_source
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from codec import load_unit, write_unit
from generate import PROTOS, descriptor_set, proto_files

RUNTIME = Path(__file__).parents[2] / "wasm_modules" / "runtime"
TEST_PROTOS = Path(__file__).with_name("codec_protos")
FLAGS = ("-std=c11", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined")
ROOM = 1 << 22


class Refused(NamedTuple):
    field: str
    what: str


class _Error(ctypes.Structure):
    _fields_ = (("field", ctypes.c_char * 128), ("what", ctypes.c_char * 128))


class _Guarded:
    """Memory that ends where reading on is a fault: a decoder that runs past its message crashes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.memory = mmap.mmap(-1, size + mmap.PAGESIZE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        libc = ctypes.CDLL(None)
        if libc.mprotect(ctypes.c_void_p(self.start + size), ctypes.c_size_t(mmap.PAGESIZE), 0) != 0:
            raise OSError("mprotect failed")

    def hold(self, data: bytes) -> int:
        """Puts the bytes at the very end; their address."""
        at = self.size - len(data)
        self.memory[at : self.size] = data
        return self.start + at


class Codec:
    """The codec of one unit, and the reference implementation's classes for its messages."""

    def __init__(self, descriptors: FileDescriptorSet, file: str, name: str, described: Any = None) -> None:
        self.unit = load_unit(descriptors, [file], name)
        self.described = described or _described(descriptors, file)
        self.library = _compile(write_unit(self.unit, str(RUNTIME), ""), driver_source(self.unit), name)
        self.inbox, self.out = _Guarded(ROOM), ctypes.create_string_buffer(ROOM)

    def message(self, name: str) -> Any:
        """The reference implementation's class, by the C name."""
        outer, *nested = name.split("_")
        descriptor = self.described.message_types_by_name[outer]
        for part in nested:
            descriptor = descriptor.nested_types_by_name[part]
        return message_factory.GetMessageClass(descriptor)

    def round_trip(self, name: str, data: bytes) -> bytes | Refused:
        """Decodes and encodes in C."""
        function = getattr(self.library, f"{name}_round_trip")
        function.restype = ctypes.c_int64
        error = _Error()
        at = ctypes.c_void_p(self.inbox.hold(data))
        written = function(
            at, ctypes.c_uint32(len(data)), self.out, ctypes.c_uint32(ROOM), ctypes.byref(error)
        )
        if written < 0:
            return Refused(error.field.decode(), error.what.decode())
        return ctypes.string_at(self.out, written)


def _described(descriptors: FileDescriptorSet, name: str) -> Any:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    return pool.FindFileByName(name)


def _compile(codec: dict[str, str], driver: str, name: str) -> ctypes.CDLL:
    with tempfile.TemporaryDirectory(prefix="interlock-codec-") as scratch:
        folder = Path(scratch)
        for file, text in {**codec, "driver.c": driver}.items():
            (folder / file).write_text(text)
        library = folder / "codec.so"
        sources = [*RUNTIME.glob("codec*.c"), folder / f"{name}.c", folder / "driver.c"]
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-fsanitize-trap=undefined"]
        subprocess.run([*command, *map(str, sources), "-o", str(library)], check=True, timeout=300)
        return ctypes.CDLL(str(library))


@cache
def everything() -> Codec:
    """A proto with every kind of field."""
    return Codec(descriptor_set(["everything.proto"], TEST_PROTOS), "everything.proto", "everything")


@cache
def ruled() -> Codec:
    """A proto with every kind of rule."""
    return Codec(descriptor_set(["rules.proto"], TEST_PROTOS, PROTOS), "rules.proto", "rules")


@cache
def module(name: str) -> Codec:
    """A module's own proto, with the classes that are generated for it."""
    described = importlib.import_module(f"interlock.{name}.v1.{name}_pb2").DESCRIPTOR
    return Codec(descriptor_set(proto_files()), f"interlock/{name}/v1/{name}.proto", name, described)

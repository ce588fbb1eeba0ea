"""The descriptors that protoc gives, made those that the generated Python classes have.

modules.py takes a module's descriptors from its generated classes, and what
they say gets into the .wasm. protoc's own differ in two ways: each field has a
JSON name even where it is the default, and google/protobuf/descriptor.proto is
of protoc's version, not of the runtime's.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet


def compile_descriptors(proto: Path, package: str, include: Path) -> bytes:
    """The serialised descriptors of a proto and its imports, imports first.

    The proto lies in the folder that its package says; other imports are found in `include`.
    """
    root = proto.parents[len(package.split("."))]
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "descriptors"
        includes = [f"-I{folder}" for folder in dict.fromkeys((root, include))]
        command = [sys.executable, "-m", "grpc_tools.protoc", *includes, "--include_imports"]
        subprocess.run([*command, f"--descriptor_set_out={out}", str(proto)], check=True)
        found = FileDescriptorSet.FromString(out.read_bytes())
    for file in found.file:
        if file.name == descriptor_pb2.DESCRIPTOR.name:
            file.Clear()
            descriptor_pb2.DESCRIPTOR.CopyToProto(file)
            continue
        for field in [*file.extension, *_fields(file.message_type)]:
            if field.json_name == _json_name(field.name):
                field.ClearField("json_name")
    return found.SerializeToString(deterministic=True)


def _fields(messages: Iterable[DescriptorProto]) -> Iterator[FieldDescriptorProto]:
    for message in messages:
        yield from message.field
        yield from message.extension
        yield from _fields(message.nested_type)


def _json_name(name: str) -> str:
    """protoc's default: an underscore goes, and the letter after it is a capital."""
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)

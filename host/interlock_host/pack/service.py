"""Finds a module's service in its descriptor set, and checks what the ABI asks of its methods."""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError

from interlock_host.pack.errors import PackError

_READ = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


class Method(NamedTuple):
    name: str
    client_streaming: bool
    server_streaming: bool
    # NO_SIDE_EFFECTS: it changes nothing and makes no instance.
    read: bool

    @property
    def kind(self) -> str:
        if self.client_streaming:
            return "bidi stream" if self.server_streaming else "client stream"
        if self.server_streaming:
            return "server stream"
        return "read" if self.read else "unary"


def parse_descriptors(descriptor_set: bytes) -> list[FileDescriptor]:
    """The files of a serialised FileDescriptorSet, in its order."""
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
    except DecodeError as error:
        raise PackError("the descriptor set is not a google.protobuf.FileDescriptorSet") from error
    if not files:
        raise PackError("the descriptor set is empty")
    pool = descriptor_pool.DescriptorPool()
    try:
        for file in files:
            pool.Add(file)
        return [pool.FindFileByName(file.name) for file in files]
    except (TypeError, KeyError, ValueError) as error:
        raise PackError(f"the descriptor set is not whole (protoc --include_imports): {error}") from error


def find_service(files: list[FileDescriptor], package: str, service: str) -> ServiceDescriptor:
    """The service that the contract names; where it names none, the one of the last file.

    protoc writes imports before the file that it was asked for, so the last file is the module's own.
    """
    last = files[-1]
    candidates = [
        found
        for file in (files if package else [last])
        if not package or file.package == package
        for found in file.services_by_name.values()
        if not service or found.name == service
    ]
    wanted = ".".join(filter(None, (package, service)))
    if not candidates:
        if wanted:
            raise PackError(f"the proto has no service {wanted}, which the contract names")
        raise PackError(f"{last.name} has no service: a module is one gRPC service")
    if len(candidates) > 1:
        names = ", ".join(found.name for found in candidates)
        raise PackError(f"the proto has several services ({names}): name one in the contract, as `service`")
    return candidates[0]


def read_methods(service: ServiceDescriptor) -> list[Method]:
    """The methods as the ABI has them. Raises PackError for one that no host could serve."""
    if not service.file.package:
        raise PackError(f"{service.file.name} has no package: a module's name is made of it")
    if not service.methods:
        raise PackError(f"{service.full_name} has no methods")
    return [_read_method(method) for method in service.methods]


def _read_method(method: MethodDescriptor) -> Method:
    read = method.GetOptions().idempotency_level == _READ
    found = Method(method.name, method.client_streaming, method.server_streaming, read)
    if read and (found.client_streaming or found.server_streaming):
        raise PackError(f"{method.full_name}: a read (NO_SIDE_EFFECTS) is unary, this one streams")
    field = method.input_type.fields_by_number.get(1)
    if (
        field is None
        or field.name != "instance"
        or field.type != FieldDescriptor.TYPE_STRING
        or field.is_repeated
        or (field.containing_oneof is not None and len(field.containing_oneof.fields) > 1)
    ):
        raise PackError(
            f"{method.full_name}: field 1 of {method.input_type.full_name} must be `string instance = 1`"
        )
    return found

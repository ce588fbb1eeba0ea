"""What a host says of its modules by server reflection: enough to call any of them."""

from __future__ import annotations

from typing import Any

import click
import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from interlock_host.module import short_name

_NO_MODULES = ("grpc.", "interlock.host.")
"""How the names of services begin that are the host's own."""


class NotServed(click.ClickException):
    """The host has no such module or method. The exit code is UNIMPLEMENTED, as the host would answer."""

    exit_code = grpc.StatusCode.UNIMPLEMENTED.value[0]


class ReflectedMethod:
    """One method of one module, with the classes of its messages."""

    def __init__(self, descriptor: MethodDescriptor) -> None:
        service: Any = descriptor.containing_service
        self.path = f"/{service.full_name}/{descriptor.name}"
        self.client_streaming: bool = descriptor.client_streaming
        self.server_streaming: bool = descriptor.server_streaming
        self.request: Any = message_factory.GetMessageClass(descriptor.input_type)
        self.response: Any = message_factory.GetMessageClass(descriptor.output_type)

    def bind(self, channel: grpc.Channel) -> Any:
        """Return the method as grpc calls it on a channel."""
        kinds: dict[tuple[bool, bool], Any] = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        kind = kinds[self.client_streaming, self.server_streaming]
        return kind(self.path, self.request.SerializeToString, self.response.FromString)


def find_method(channel: grpc.Channel, module: str, method: str) -> ReflectedMethod:
    """Ask a host for a method.

    Args:
        channel: To the host.
        module: A short name, a package, or the service's full name.
        method: The method's name, in any case of letters.

    Raises:
        NotServed: The host serves no such thing; the message says what it serves.
        grpc.RpcError: The host does not answer.
    """
    database = ProtoReflectionDescriptorDatabase(channel)
    served = [name for name in database.get_services() if not name.startswith(_NO_MODULES)]
    service = _find_service(descriptor_pool.DescriptorPool(database), served, module)
    for descriptor in service.methods:
        if descriptor.name.lower() == method.lower():
            return ReflectedMethod(descriptor)
    names = ", ".join(descriptor.name for descriptor in service.methods)
    raise NotServed(f"{module} has no method {method!r}; it has {names}")


def _find_service(pool: descriptor_pool.DescriptorPool, served: list[str], module: str) -> ServiceDescriptor:
    found = [name for name in served if module in _names(name)]
    if not found:
        names = ", ".join(sorted(short_name(_package(name)) for name in served)) or "none"
        raise NotServed(f"no module {module!r} is served there; served are {names}")
    if len(found) > 1:
        names = " or ".join(_package(name) for name in found)
        raise NotServed(f"{module!r} could be any of several modules; write {names}")
    descriptor: ServiceDescriptor = pool.FindServiceByName(found[0])
    return descriptor


def _package(service: str) -> str:
    return service.rpartition(".")[0]


def _names(service: str) -> tuple[str, str, str]:
    return (service, _package(service), short_name(_package(service)))

"""The services of the host itself that are not its own: health and server reflection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

from interlock_host.security.rules import REFLECTION as REFLECTION_RULE
from interlock_host.server.descriptors import PoolChain, pool_of
from interlock_host.server.front import Front
from interlock_host.server.guarded import check_own

Handlers = dict[str, "grpc.RpcMethodHandler[Any, Any]"]

HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
_REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"
"""Its messages are v1alpha's, byte for byte; newer clients ask for this name first."""


def health_handlers(health: HealthServicer) -> Handlers:
    """Return the handlers of grpc.health.v1, by path.

    grpc's own `add_HealthServicer_to_server` would register each method with
    the server, and grpc.aio then waits on a future a method for every call.
    """
    read = health_pb2.HealthCheckRequest.FromString
    write = health_pb2.HealthCheckResponse.SerializeToString
    return {
        f"/{HEALTH}/Check": grpc.unary_unary_rpc_method_handler(health.Check, read, write),
        f"/{HEALTH}/Watch": grpc.unary_stream_rpc_method_handler(health.Watch, read, write),
    }


def reflection_handlers(front: Front, services: Iterable[str], descriptor_sets: Iterable[bytes]) -> Handlers:
    """Return the handlers of server reflection, by path.

    Args:
        front: Whose guard decides who may ask.
        services: Full names of the services to list.
        descriptor_sets: What the modules embed. The host's own services come from this process.
    """
    pools = [*map(pool_of, descriptor_sets), descriptor_pool.Default()]
    servicer = ReflectionServicer(services, pool=PoolChain(pools))

    async def answer(requests: Any, context: Any) -> AsyncIterator[Any]:
        await check_own(front, context, REFLECTION_RULE, "ServerReflectionInfo", write=False)
        answers: Any = servicer.ServerReflectionInfo(requests, context)
        async for response in answers:
            yield response

    handler = grpc.stream_stream_rpc_method_handler(
        answer,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return {f"/{name}/ServerReflectionInfo": handler for name in (REFLECTION, _REFLECTION_V1)}

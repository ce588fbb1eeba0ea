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
from interlock_host.server.decode import decoded, decoded_all
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
    kind = health_pb2.HealthCheckRequest
    write = health_pb2.HealthCheckResponse.SerializeToString

    async def check(data: bytes, context: Any) -> Any:
        return await health.Check(await decoded(kind, data, context), context)

    async def watch(data: bytes, context: Any) -> None:
        await health.Watch(await decoded(kind, data, context), context)

    return {
        f"/{HEALTH}/Check": grpc.unary_unary_rpc_method_handler(check, None, write),
        f"/{HEALTH}/Watch": grpc.unary_stream_rpc_method_handler(watch, None, write),
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
        asked = decoded_all(reflection_pb2.ServerReflectionRequest, requests, context)
        answers: Any = servicer.ServerReflectionInfo(asked, context)
        async for response in answers:
            yield response

    write = reflection_pb2.ServerReflectionResponse.SerializeToString
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(answer, None, write)
    return {f"/{name}/ServerReflectionInfo": handler for name in (REFLECTION, _REFLECTION_V1)}

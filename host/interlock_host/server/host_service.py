"""interlock.host.v1.HostService: what an operator asks of a host."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pb2

from interlock.host.v1 import host_pb2
from interlock.v1 import contract_pb2
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level, durability_of
from interlock_host.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, HostError
from interlock_host.instance import NEVER, Instance, State
from interlock_host.module import Module
from interlock_host.security.rules import HOST
from interlock_host.server.decode import decoded
from interlock_host.server.front import Front
from interlock_host.server.guarded import check_own
from interlock_host.server.status import refuse

SERVICE = "interlock.host.v1.HostService"

_NO_SIDE_EFFECTS = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
_PAGE = 1_000
_LARGEST_PAGE = 10_000
_LONGEST_ADVANCE = 1 << 62
"""Nanoseconds. A deadline is a signed 64-bit number, so time must stay well below its end."""

Verb = Callable[[Any], Awaitable[Any]]


class HostService:
    """The methods of the service. A HostError that one raises is the call's answer.

    Args:
        front: The front of the engine that is served.
        drain_seconds: How long Drain waits when its caller does not say.
        on_drain: Called when Drain begins.
    """

    def __init__(self, front: Front, drain_seconds: float, on_drain: Callable[[], Awaitable[None]]) -> None:
        self._front = front
        self._engine = front.engine
        self._drain_seconds = drain_seconds
        self._on_drain = on_drain

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
        """Return the handlers, by path."""
        methods = host_pb2.DESCRIPTOR.services_by_name["HostService"].methods
        reads = {m.name: m.GetOptions().idempotency_level == _NO_SIDE_EFFECTS for m in methods}
        return {f"/{SERVICE}/{name}": self._handler(name, not read) for name, read in reads.items()}

    def _handler(self, name: str, writes: bool) -> grpc.RpcMethodHandler[Any, Any]:
        verb: Verb = getattr(self, name)
        kind = getattr(host_pb2, f"{name}Request")

        async def answer(data: bytes, context: Any) -> Any:
            await check_own(self._front, context, HOST, name, writes)
            request = await decoded(kind, data, context)
            try:
                return await verb(request)
            except HostError as error:
                await refuse(context, error.failure)

        write = getattr(host_pb2, f"{name}Response").SerializeToString
        return grpc.unary_unary_rpc_method_handler(answer, None, write)

    async def ListModules(self, request: host_pb2.ListModulesRequest) -> host_pb2.ListModulesResponse:
        modules = sorted(self._engine.modules.values(), key=lambda module: module.name)
        return host_pb2.ListModulesResponse(modules=[self._module(module) for module in modules])

    async def ListInstances(self, request: host_pb2.ListInstancesRequest) -> host_pb2.ListInstancesResponse:
        module = None
        if request.module:
            module = self._engine.modules.get(request.module)
            if module is None:
                raise HostError(
                    NOT_FOUND, "NOT_FOUND", f"no module {request.module!r} is served here", "module"
                )
        after = _read_token(request.page_token)
        size = min(request.page_size or _PAGE, _LARGEST_PAGE)
        found = [
            instance
            for instance in self._engine.instances(module)
            if instance.name.startswith(request.prefix) and (instance.module.name, instance.name) > after
        ]
        more = _token(found[size - 1]) if len(found) > size else ""
        return host_pb2.ListInstancesResponse(instances=map(_instance, found[:size]), next_page_token=more)

    async def DescribeInstance(
        self, request: host_pb2.DescribeInstanceRequest
    ) -> host_pb2.DescribeInstanceResponse:
        instance = self._engine.instance(request.module, request.instance)
        metrics: contract_pb2.ModuleMetrics = await self._front.enter(instance.module, instance.metrics)
        return host_pb2.DescribeInstanceResponse(
            instance=_instance(instance),
            deadline_ns=instance.deadline if instance.deadline != NEVER else 0,
            now_ns=instance.last_now,
            metrics=metrics,
            failure=instance.failure,
        )

    async def DeleteInstance(
        self, request: host_pb2.DeleteInstanceRequest
    ) -> host_pb2.DeleteInstanceResponse:
        instance = self._engine.instance(request.module, request.instance)
        cancelled = await self._front.enter(
            instance.module, self._engine.delete, request.module, request.instance
        )
        return host_pb2.DeleteInstanceResponse(cancelled_calls=cancelled)

    async def ReinstateInstance(
        self, request: host_pb2.ReinstateInstanceRequest
    ) -> host_pb2.ReinstateInstanceResponse:
        # It replays what the instance did, which takes as long as it takes: off the loop.
        failure = await asyncio.get_running_loop().run_in_executor(
            self._front.offload, self._engine.reinstate, request.module, request.instance
        )
        return host_pb2.ReinstateInstanceResponse(failure=failure)

    async def Drain(self, request: host_pb2.DrainRequest) -> host_pb2.DrainResponse:
        await self._on_drain()
        await self._front.emptied(request.wait_ms / 1000 if request.wait_ms else self._drain_seconds)
        return host_pb2.DrainResponse(remaining_calls=len(self._front.open))

    async def Advance(self, request: host_pb2.AdvanceRequest) -> host_pb2.AdvanceResponse:
        if not self._engine.virtual:
            text = "this host's clock is real; start it with --clock virtual to move its time"
            raise HostError(FAILED_PRECONDITION, "", text)
        if request.by_ns > _LONGEST_ADVANCE - self._engine.clock.now():
            raise HostError(INVALID_ARGUMENT, "INVALID_PROTO", "the time would pass its end", "by_ns")
        return host_pb2.AdvanceResponse(now_ns=self._engine.advance(request.by_ns))

    def _module(self, module: Module) -> host_pb2.Module:
        methods = [
            host_pb2.Method(
                name=method.name,
                client_streaming=method.client_streaming,
                server_streaming=method.server_streaming,
                read=method.read,
            )
            for method in module.methods.values()
        ]
        return host_pb2.Module(
            name=module.name,
            service=module.service,
            digest=module.digest,
            summary=module.summary,
            limits=module.limits.message(),
            methods=methods,
            instances=len(self._engine.instances(module)),
        )


def _instance(instance: Instance) -> host_pb2.Instance:
    durable = instance if isinstance(instance, DurableInstance) else None
    state = host_pb2.INSTANCE_STATE_LIVE
    if instance.state is State.FAILED:
        state = host_pb2.INSTANCE_STATE_FAILED
    elif durable is not None and durable.asleep:
        state = host_pb2.INSTANCE_STATE_HIBERNATED
    return host_pb2.Instance(
        module=instance.module.name,
        name=instance.name,
        state=state,
        memory_bytes=instance.memory_bytes,
        parked_calls=instance.parked_calls,
        entries=instance.entries,
        traps=instance.traps,
        durability=durability_of(durable.level if durable is not None else Level.EPHEMERAL),
    )


def _token(last: Instance) -> str:
    return base64.urlsafe_b64encode(f"{last.module.name}/{last.name}".encode()).decode()


def _read_token(token: str) -> tuple[str, str]:
    """Return the module and the name that a page begins behind."""
    if not token:
        return ("", "")
    try:
        module, slash, name = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition("/")
    except (binascii.Error, UnicodeDecodeError):
        slash = ""
    if not slash:
        raise HostError(
            INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", "the page token is none of this host's", "page_token"
        )
    return (module, name)

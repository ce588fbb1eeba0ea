"""From a method's path to the handler of its calls."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

import grpc

from interlock_host import kind
from interlock_host.errors import UNIMPLEMENTED, Failure, HostError
from interlock_host.metrics import UNKNOWN
from interlock_host.module import Method
from interlock_host.security.rules import HOST, REFLECTION
from interlock_host.server.built_in import HEALTH
from interlock_host.server.front import Front
from interlock_host.server.guarded import Refusal, count
from interlock_host.server.host_service import SERVICE
from interlock_host.server.status import refuse
from interlock_host.server.streams import StreamRoute
from interlock_host.server.unary import UnaryRoute

_OPEN = f"/{HEALTH}/"
"""Health is for load balancers, which have no token, and says nothing of any instance."""

_UNKNOWN = Failure(UNIMPLEMENTED, "UNKNOWN_METHOD", "no module here serves this method")

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class Routes(grpc.GenericRpcHandler):
    """Finds the handler of a call: one look in a dictionary, built before the server starts.

    Args:
        front: The front of the engine that is served.
        built_in: The host's own services: handlers by path.
    """

    def __init__(self, front: Front, built_in: Mapping[str, _Handler]) -> None:
        self._handlers: dict[str, _Handler] = dict(built_in)
        self._metrics = front.metrics
        self._guard = front.guard
        self._labels = {path: _labels(path) for path in built_in}
        self._unknown = _RefusedRoute(front, (UNKNOWN, UNKNOWN), _UNKNOWN).handler()
        self._mistakes: dict[str, list[tuple[kind.Said, _Handler]]] = {}
        """What callers may say that is wrong of a method, and who answers them, by path."""
        for module in front.engine.modules.values():
            for method in module.methods.values():
                self._handlers[method.path] = _handler(front, method)
                self._labels[method.path] = (module.name, method.name)
                self._mistakes[method.path] = _mistakes(front, method)

    def service(self, details: grpc.HandlerCallDetails) -> _Handler:
        """Return the handler of a call."""
        if self._guard is not None and not details.method.startswith(_OPEN):
            try:
                self._guard.admit(details.invocation_metadata)
            except HostError as error:
                labels = self._labels.get(details.method, (UNKNOWN, UNKNOWN))
                return Refusal(self._metrics, labels, error.failure).handler()
        for said, refused in self._mistakes.get(details.method, ()):
            if said in details.invocation_metadata:
                return refused
        return self._handlers.get(details.method, self._unknown)


def _labels(path: str) -> tuple[str, str]:
    """Return the labels of a method of the host's own."""
    service, _, method = path.removeprefix("/").partition("/")
    return (HOST if service == SERVICE else REFLECTION, method)


def _handler(front: Front, method: Method) -> _Handler:
    """Return the handler of a method. It has no serialisers: grpc then hands bytes through."""
    if method.unary:
        return grpc.unary_unary_rpc_method_handler(UnaryRoute(front, method).answer)
    route = StreamRoute(front, method)
    if not method.client_streaming:
        return grpc.unary_stream_rpc_method_handler(route.server_stream)
    if not method.server_streaming:
        return grpc.stream_unary_rpc_method_handler(route.client_stream)
    return grpc.stream_stream_rpc_method_handler(route.both_streams)


def _mistakes(front: Front, method: Method) -> list[tuple[kind.Said, _Handler]]:
    """Return what callers may say of a method that is wrong, each with the handler that tells them."""
    labels = (method.module.name, method.name)
    failures = ((said, kind.mistaken(method, said)) for said in (kind.UNARY, kind.STREAM))
    return [(said, _RefusedRoute(front, labels, failure).handler()) for said, failure in failures if failure]


class _RefusedRoute:
    """Calls that are refused whoever makes them, counted under one set of labels."""

    def __init__(self, front: Front, labels: tuple[str, str], failure: Failure) -> None:
        self._front = front
        self._labels = labels
        self._failure = failure

    def handler(self) -> _Handler:
        """Return the handler. A client stream is answered unread, so it suits every kind of call."""
        return grpc.stream_stream_rpc_method_handler(self.answer)

    async def answer(self, requests: Any, context: Any) -> NoReturn:
        """Handle one call of grpc.aio."""
        began = time.perf_counter()
        failure = self._failure
        try:
            if self._front.guard is not None:  # `admit` let pass what may be known by certificate
                self._front.guard.identify(context)
        except HostError as error:
            failure = error.failure
        count(self._front.metrics, context, self._labels, failure, began)
        await refuse(context, failure)

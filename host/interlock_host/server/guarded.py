"""Calls that the guard refuses, counted as all calls are."""

from __future__ import annotations

import time
from typing import Any, NoReturn

import grpc

from interlock_host.errors import CODE_NAMES, Failure, HostError
from interlock_host.language import language_of
from interlock_host.metrics import CallMetrics
from interlock_host.server.front import Front
from interlock_host.server.status import refuse


class Refusal:
    """Answers one call whose caller is not known, before any message of it is read.

    Args:
        metrics: Where it is counted.
        labels: Its module and method.
        failure: The answer.
    """

    def __init__(self, metrics: CallMetrics, labels: tuple[str, str], failure: Failure) -> None:
        self._metrics = metrics
        self._labels = labels
        self._failure = failure

    def handler(self) -> grpc.RpcMethodHandler[Any, Any]:
        """Return the handler. A client stream is answered unread, so it suits every kind of call."""
        return grpc.stream_stream_rpc_method_handler(self.answer)

    async def answer(self, requests: Any, context: Any) -> NoReturn:
        """Count the call and end it."""
        count(self._metrics, context, self._labels, self._failure, time.perf_counter())
        await refuse(context, self._failure)


async def check_own(front: Front, context: Any, service: str, method: str, write: bool) -> None:
    """End a call of one of the host's own services that no rule allows.

    Args:
        front: Whose guard decides; without one every call passes.
        context: The call's, of grpc.aio.
        service: Its name in rules.
        method: Its name in metrics.
        write: Whether it changes anything.
    """
    if front.guard is None:
        return
    began = time.perf_counter()
    try:
        front.guard.check_own(context, service, write)
    except HostError as error:
        count(front.metrics, context, (service, method), error.failure, began)
        await refuse(context, error.failure)


def count(
    metrics: CallMetrics, context: Any, labels: tuple[str, str], failure: Failure, began: float
) -> None:
    """Count a call that was refused; `began` is of `time.perf_counter`."""
    language = language_of(context.invocation_metadata())
    metrics.observe(language, *labels, CODE_NAMES[failure.code], time.perf_counter() - began)

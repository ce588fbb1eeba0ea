"""Runs flows in a task."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from interlock.errors import Error
from interlock.ops.flow import Flow, Notify, Pause, Request, Retry, Step
from interlock.transport import AsyncTransport

T = TypeVar("T")
C = TypeVar("C", bound=type)


class Driver:
    """Does what flows ask for.

    Args:
        transport: Carries their requests.
        retries: How often a request is sent again.
        reconnect: Seconds for which it is sent more often, once the host was reached and is gone.
    """

    def __init__(self, transport: AsyncTransport, retries: int, reconnect: float) -> None:
        self.transport = transport
        self.retries = retries
        self.reconnect = reconnect

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end.

        Returns:
            What the flow returns.

        Raises:
            Error: What the flow did not catch.
        """
        try:
            step = next(flow)
            while True:
                try:
                    outcome = await self._perform(step)
                except BaseException as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as stop:
            value: T = stop.value
            return value
        except Error as error:
            # The frames of the flow say nothing about the cause; the caller's line does.
            raise error.with_traceback(None)  # noqa: B904

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Request):
            return await self.transport.call(step)
        if isinstance(step, Retry):
            return await asyncio.sleep(step.pause(self.retries, self.reconnect))
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        assert isinstance(step, Notify)
        return await _notify(step.function, step.argument)


async def _notify(function: Callable[..., Any], argument: Any) -> None:
    outcome = function(argument)
    if inspect.isawaitable(outcome):
        await outcome


def words_of(same: type) -> Callable[[C], C]:
    """Give the methods of a class the docstrings of their namesakes in `same`."""

    def decorate(cls: C) -> C:
        for name, member in vars(cls).items():
            words = getattr(getattr(same, name, None), "__doc__", None)
            if not name.startswith("_") and not getattr(member, "__doc__", None) and words:
                member.__doc__ = words
        return cls

    return decorate

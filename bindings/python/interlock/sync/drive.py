"""Runs flows on a thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from interlock.errors import Error
from interlock.ops.flow import Flow, Notify, Pause, Request, Retry, Step
from interlock.transport import Transport

T = TypeVar("T")


class Driver:
    """Does what flows ask for.

    Args:
        transport: Carries their requests.
        retries: How often a request is sent again.
        reconnect: Seconds for which it is sent more often, once the host was reached and is gone.
    """

    def __init__(self, transport: Transport, retries: int, reconnect: float) -> None:
        self.transport = transport
        self.retries = retries
        self.reconnect = reconnect

    def run(self, flow: Flow[T]) -> T:
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
                    outcome = self._perform(step)
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

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Request):
            return self.transport.call(step)
        if isinstance(step, Retry):
            return self.pause(step.pause(self.retries, self.reconnect))
        if isinstance(step, Pause):
            return self.pause(step.seconds)
        assert isinstance(step, Notify)
        return self.notify(step.function, step.argument)

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def notify(self, function: Callable[..., Any], argument: Any) -> None:
        """Call the user's function."""
        function(argument)

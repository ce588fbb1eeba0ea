"""An asyncio client belongs to the event loop that it was first used in."""

from __future__ import annotations

import asyncio

from interlock.errors import WrongLoop
from interlock.transport.fork import Guard


class HomeLoop:
    """The loop of a transport.

    A channel of grpc.aio polls for one loop alone, and what is parked in an engine is a future
    of one: in another loop both would hang, or fail in asyncio's own words.
    """

    __slots__ = ("_loop",)

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def enter(self, guard: Guard | None) -> asyncio.AbstractEventLoop:
        """Return the running loop, which has to be the same each time.

        Args:
            guard: Of the client, if it is open by now: it may have more to say of another loop.

        Raises:
            WrongLoop: It is another one.
            ClientClosed, WrongProcess: It is another one, and so is the process, or the client is closed.
            RuntimeError: None runs.
        """
        running = asyncio.get_running_loop()
        if running is not self._loop:
            if guard is not None:
                guard.check()
            if self._loop is not None:
                raise WrongLoop("the client belongs to another event loop; open one in each loop")
            self._loop = running
        return running

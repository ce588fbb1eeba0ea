"""A client belongs to the process that opened it."""

from __future__ import annotations

import os
import weakref

from interlock.errors import ClientClosed, WrongProcess
from interlock.transport.words import CLOSED


class Guard:
    """Whether a transport may be used: it is open, and this is still its process.

    After a fork the child has a copy of the engine's memory without the threads
    that were inside it, or gRPC's channel without its pollers: either may hang
    for ever on a lock that nobody will release.
    """

    __slots__ = ("__weakref__", "refusal")

    def __init__(self) -> None:
        self.refusal: type[ClientClosed | WrongProcess] | None = None
        _guards.add(self)

    def check(self) -> None:
        """Raise unless calls may be made.

        Raises:
            ClientClosed: The client was closed.
            WrongProcess: This is a forked child of the client's process.
        """
        if self.refusal is not None:
            raise self.refusal(_TEXTS[self.refusal])

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self.refusal is ClientClosed

    @property
    def here(self) -> bool:
        """Whether this is still the process that the transport was opened in."""
        return self.refusal is not WrongProcess

    def close(self) -> bool:
        """Refuse calls from now on; return whether the caller is to clean up."""
        first = self.refusal is None
        if first:
            self.refusal = ClientClosed
        return first


_TEXTS: dict[type[Exception], str] = {
    ClientClosed: CLOSED,
    WrongProcess: "the client was opened before a fork; open one in the child process",
}
_guards: weakref.WeakSet[Guard] = weakref.WeakSet()


def _in_child() -> None:
    for guard in list(_guards):
        guard.refusal = WrongProcess


os.register_at_fork(after_in_child=_in_child)

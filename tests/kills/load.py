"""What a load is to the rounds: calls to make, and what must be true of their answers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from tests.kills.caller import Operation

Ask = Callable[[Operation], Any]
"""Sends an operation to a quiet daemon and returns its reply."""


class Violation(AssertionError):
    """The host broke its promise."""


def must(holds: object, text: str) -> None:
    """Raise unless a promise holds.

    Raises:
        Violation: It does not.
    """
    if not holds:
        raise Violation(text)


class Load(Protocol):
    """Several workers on one instance, and the ledger of what they were told. Thread-safe."""

    workers: int

    @property
    def acknowledged(self) -> int:
        """Effects that somebody was told of."""
        ...

    def next(self, worker: int, chance: Random) -> Operation:
        """Return the worker's next call; it is made at once."""
        ...

    def answered(self, worker: int, operation: Operation, reply: Any) -> None:
        """Note an answer.

        Raises:
            Violation: It cannot be.
        """
        ...

    def refused(self, worker: int, operation: Operation, reason: str) -> None:
        """Note an error.

        Raises:
            Violation: It cannot be.
        """
        ...

    def listen(self) -> Operation | None:
        """Return the stream to follow while the others work, if there is one."""
        ...

    def heard(self, operation: Operation, message: Any) -> None:
        """Note a message of that stream.

        Raises:
            Violation: It cannot be.
        """
        ...

    def inspect(self, ask: Ask) -> None:
        """Look for what somebody was told, before anything is asked again.

        A call that is asked again brings back what was lost: a read that told of it
        too early would not be noticed.

        Raises:
            Violation: It is not there any more.
        """
        ...

    def verify(self, ask: Ask) -> None:
        """Compare the state with the ledger, while nobody else calls.

        Calls without an answer are known by now, but for those that are abandoned or park.

        Raises:
            Violation: Something acknowledged is missing, or something is there twice.
        """
        ...

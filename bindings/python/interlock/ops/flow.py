"""The vocabulary of flows: what a verb asks of its driver."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from interlock.errors import Unavailable
from interlock.ops.arguments import check_timeout

M = TypeVar("M", bound=Message)
T = TypeVar("T")
V = TypeVar("V")

LONGEST_WAIT = 30.0
"""Seconds of one request's wait. A longer wait is several requests: a call that is
silent for long is cut by proxies, and a dead host would be noticed late."""


class Request:
    """One message to send.

    Args:
        path: "/package.Service/Method".
        body: The serialised request.
        wait: Seconds that the module may hold the call.
        safe: Whether it may be sent again although it may have been applied.
        undo: Given a reply that nobody takes (its caller was cancelled), the
            request that gives back what the reply handed out, if any.
        read: Whether it changes nothing, so that a daemon need not know a retry of it.
    """

    __slots__ = ("body", "id", "path", "safe", "undo", "wait")

    def __init__(
        self,
        path: str,
        body: bytes,
        wait: float = 0.0,
        safe: bool = False,
        undo: Callable[[bytes], Request | None] | None = None,
        *,
        read: bool = False,
    ) -> None:
        self.path = path
        self.body = body
        self.wait = wait
        self.safe = safe or read
        self.undo = undo
        self.id = "" if read else f"{_ids}-{next(_numbers)}"
        """The same in every retry: a daemon applies the request once, and gives each the first answer."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retry:
    """A request failed before its answer and may be sent again: pause, or raise `error`."""

    error: Unavailable
    retry: int
    """0 for the first."""
    since: float
    """When the request first failed, in monotonic seconds."""

    def pause(self, retries: int, reconnect: float) -> float:
        """Return seconds to wait before the request is sent again.

        Args:
            retries: How often it may be.
            reconnect: For so many seconds more often, where a host that was there is gone: it may
                be starting again.

        Raises:
            Unavailable: It was sent often enough.
        """
        if self.retry < retries:
            return backoff(self.retry)
        if self.error.reached and time.monotonic() - self.since < reconnect:
            return random.uniform(0.5, 1.0)
        raise self.error


@dataclass(frozen=True, slots=True)
class Notify:
    """Call the user's function."""

    function: Callable[..., Any]
    argument: Any


Step = Request | Pause | Retry | Notify
Flow = Generator[Step, Any, T]


def ask(request: Request, reply: type[M]) -> Flow[M]:
    """Send a request, again where that is safe, and decode its reply.

    Raises:
        Error: What the host or the module answered.
    """
    return reply.FromString((yield from ask_bytes(request)))


def ask_bytes(request: Request) -> Flow[bytes]:
    """Send a request, again where that is safe.

    Raises:
        Error: What the host or the module answered.
    """
    retry, since = 0, 0.0
    while True:
        try:
            reply: bytes = yield request
            return reply
        except Unavailable as error:
            if error.reason in _FINAL or not (request.safe or not error.sent or _known(request, error)):
                raise
            since = since or time.monotonic()
            yield Retry(error, retry, since)
            retry += 1


_FINAL = frozenset({"INSTANCE_FAILED", "INSTANCE_DELETED"})
"""Where a retry meets the same answer until an operator acts, or undoes what one did."""

_NOT_APPLIED = frozenset({"", "SHUTTING_DOWN", "JOURNAL_FAILED"})
"""A host that says nothing may have applied it, and knows it by its id; the others did not apply it."""


def _known(request: Request, error: Unavailable) -> bool:
    return bool(request.id) and error.reason in _NOT_APPLIED


_ids = f"{random.SystemRandom().getrandbits(64):016x}"
_numbers = itertools.count()


def _renumber() -> None:
    global _ids  # noqa: PLW0603
    _ids = f"{random.SystemRandom().getrandbits(64):016x}"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renumber)


def slices(values: Sequence[V], most: int) -> Iterator[Sequence[V]]:
    """Cut values that are more than one request may have."""
    for start in range(0, len(values), most):
        yield values[start : start + most]


def backoff(retry: int) -> float:
    """Return seconds to pause before a retry: 2^retry × 100 ms, at most 10 s, less up to half of it.

    The formula of rebalance's Backoff; jittered so that clients that failed
    together do not come back together (Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015: equal jitter).
    """
    whole = min(10.0, 0.1 * 2.0 ** min(retry, 16))
    return whole * random.uniform(0.5, 1.0)


class Wait:
    """What is left of a timeout, spent in requests of at most LONGEST_WAIT seconds.

    Two things bound it: this process's clock, and the waits that the module
    says passed in vain. The latter ends it under a host's virtual clock too.

    Args:
        timeout: Seconds; None for ever.
        clock: Monotonic seconds.
    """

    __slots__ = ("_clock", "_end", "_left", "_sent_at")

    def __init__(self, timeout: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        check_timeout(timeout)
        self._clock = clock
        self._left = timeout
        self._sent_at = clock()
        self._end = None if timeout is None else self._sent_at + timeout

    def take(self) -> float:
        """Return the seconds that the next request may wait."""
        self._sent_at = self._clock()
        if self._left is None or self._end is None:
            return LONGEST_WAIT
        self._left = max(0.0, min(self._left, self._end - self._sent_at))
        return min(self._left, LONGEST_WAIT)

    def spend(self, taken: float) -> bool:
        """Note that a request waited in vain; return whether time is left."""
        if self._left is None:
            return True
        self._left -= taken
        return self._left > 0

    def cut_short(self, taken: float) -> bool:
        """Whether the last request's answer came well before its wait was over."""
        return self._clock() - self._sent_at < taken / 2

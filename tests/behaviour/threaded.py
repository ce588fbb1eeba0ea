"""The client for threads in the clothes of the one for asyncio, so that one text tests both.

Each verb runs on a thread of its own, and is awaited. What a verb returns is
dressed in turn.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Generator, Iterator
from typing import Any

import interlock

_PARTS = (
    interlock.Client,
    interlock.Counter,
    interlock.Queue,
    interlock.Group,
    interlock.Membership,
    interlock.Delivery,
    interlock.Consumer,
    interlock.Subscription,
)
_MADE_AT_ONCE = frozenset({"counter", "queue", "rebalance", "items", "subscribe", "member"})
"""Functions that are not awaited in either client."""


class Threaded:
    """One part of the sync client."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name in _MADE_AT_ONCE:
            return lambda *args, **kwargs: dressed(value(*args, **kwargs))
        if inspect.isgeneratorfunction(value):
            return lambda *args, **kwargs: Threaded(value(*args, **kwargs))
        if not inspect.ismethod(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            plain = [undressed(arg) for arg in args]
            return dressed(await asyncio.to_thread(value, *plain, **kwargs))

        return call

    def __await__(self) -> Generator[Any, None, Threaded]:
        return self
        yield

    def __aiter__(self) -> _Iteration:
        return _Iteration(iter(self._inner))

    async def __aenter__(self) -> Threaded:
        await asyncio.to_thread(self._inner.__enter__)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.to_thread(self._inner.__exit__, *error)


class _Iteration:
    """A loop over a part; nothing else holds the iterator, so leaving the loop frees it."""

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> _Iteration:
        return self

    async def __anext__(self) -> Any:
        item = await asyncio.to_thread(next, self._iterator, None)
        if item is None:
            raise StopAsyncIteration
        return dressed(item)


def dressed(value: Any) -> Any:
    """Dress a part, or the parts of a list; leave other values."""
    if isinstance(value, _PARTS):
        return Threaded(value)
    if isinstance(value, list):
        return [dressed(part) for part in value]
    return value


def undressed(value: Any) -> Any:
    """Return the part inside; see `dressed`."""
    if isinstance(value, Threaded):
        return value._inner
    if isinstance(value, list):
        return [undressed(part) for part in value]
    return value

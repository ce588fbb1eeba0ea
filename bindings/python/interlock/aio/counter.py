"""Counters, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from interlock.aio.drive import Driver, words_of
from interlock.handle import Handle
from interlock.ops import counter as ops
from interlock.ops.counter import Additions
from interlock.options import Options
from interlock.sync.counter import Counter as SyncCounter
from interlock.values import DEFAULT, Added, Swap, Timeout


@words_of(SyncCounter)
class Counter(Handle):
    """Keyed signed 64-bit counters; the verbs of `interlock.Counter`, awaited."""

    __slots__ = ("_driver", "_options", "name")

    def __init__(self, driver: Driver, options: Options, name: str) -> None:
        self._driver = driver
        self._options = options
        self.name = name

    def __repr__(self) -> str:
        return f"<Counter {self.name}>"

    async def add(self, delta: int = 1, *, key: str = "", once: str = "") -> int:
        return await self._driver.run(ops.add(self.name, delta, key, once))

    async def add_many(self, adds: Additions) -> list[Added]:
        return await self._driver.run(ops.add_many(self.name, adds))

    async def get(self, *, key: str = "") -> int:
        return await self._driver.run(ops.get_one(self.name, key))

    async def get_many(self, keys: Iterable[str]) -> dict[str, int]:
        return await self._driver.run(ops.get(self.name, ops.listed(keys)))

    async def cas(self, expected: int, value: int, *, key: str = "") -> Swap:
        return await self._driver.run(ops.compare_and_set(self.name, expected, value, key))

    async def reset(self, keys: str | Iterable[str] = "") -> int:
        return await self._driver.run(ops.reset(self.name, ops.listed(keys)))

    async def reset_all(self) -> int:
        return await self._driver.run(ops.reset(self.name, None))

    async def list(self, prefix: str = "", *, page_size: int = 1000) -> AsyncIterator[tuple[str, int]]:
        token = ""
        while True:
            pairs, token = await self._driver.run(ops.page(self.name, prefix, page_size, token))
            for pair in pairs:
                yield pair
            if not token:
                return

    async def wait(
        self,
        at_least: int | None = None,
        at_most: int | None = None,
        *,
        key: str = "",
        timeout: Timeout = DEFAULT,
    ) -> int:
        wait = self._options.wait(timeout)
        return await self._driver.run(ops.wait(self.name, at_least, at_most, key, wait))

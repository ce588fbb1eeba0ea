"""An asyncio client belongs to one event loop, wherever the instances are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

import interlock
import interlock.aio


async def _opened(il: interlock.aio.Client) -> None:
    assert await il.counter("loops").add(0) == 0


async def _again(il: interlock.aio.Client) -> None:
    await il


async def _watched(il: interlock.aio.Client) -> None:
    async for _ in il.rebalance("loops").watch():
        return


@pytest.mark.parametrize("work", [_opened, _again, _watched])
def test_second_loop(url: str, work: Callable[[interlock.aio.Client], Awaitable[None]]) -> None:
    il = interlock.aio.open(url)

    async def run() -> None:
        await work(il)

    asyncio.run(_opened(il))
    with pytest.raises(interlock.WrongLoop, match="another event loop; open one in each") as caught:
        asyncio.run(run())
    assert (caught.value.code, caught.value.reason) == (interlock.Code.FAILED_PRECONDITION, "WRONG_LOOP")
    asyncio.run(il.close())
    with pytest.raises(interlock.ClientClosed):
        asyncio.run(run())


def test_opened_outside(url: str) -> None:
    """It is the first use that binds it."""
    il = interlock.aio.open(url)

    async def main() -> None:
        async with il:
            await _opened(il)

    asyncio.run(main())

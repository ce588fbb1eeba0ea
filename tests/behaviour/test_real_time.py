"""Waits that end by themselves, on a clock that nobody moves."""

from __future__ import annotations

import pytest

import interlock


@pytest.fixture
def url(placement: str, real_urls: dict[str, str]) -> str:
    return real_urls[placement]


def test_pop_times_out(url: str) -> None:
    with interlock.open(url) as il, pytest.raises(interlock.TimedOut):
        il.queue("real-pop").pop(timeout=0.05)


def test_default_timeout(url: str) -> None:
    with interlock.open(url, timeout=0.05) as il, pytest.raises(interlock.TimedOut):
        il.counter("real-wait").wait(at_least=1)


def test_push_times_out(url: str) -> None:
    with interlock.open(url) as il:
        orders = il.queue("real-push", max_items=1)
        orders.purge()
        orders.push(b"1")
        with pytest.raises(interlock.Full):
            orders.push(b"2", timeout=0.05)


def test_lease_ends(url: str) -> None:
    with interlock.open(url) as il:
        orders = il.queue("real-lease")
        orders.push(b"1")
        assert orders.pop(lease=0.05).attempt == 1
        assert orders.pop(timeout=None).attempt == 2


def test_iteration_times_out(url: str) -> None:
    with interlock.open(url) as il:
        assert list(il.queue("real-items").items(timeout=0.05)) == []


async def test_asyncio(url: str) -> None:
    async with interlock.aio.open(url) as il:
        with pytest.raises(interlock.TimedOut):
            await il.queue("real-aio").pop(timeout=0.05)
        orders = il.queue("real-aio")
        await orders.push(b"1")
        assert (await orders.pop(lease=0.05)).attempt == 1
        assert (await orders.pop(timeout=None)).attempt == 2

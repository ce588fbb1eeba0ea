"""Clients and their parts at a prompt, and on their way to another process."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import interlock
import interlock.aio

URLS = ["local:", "unix:nobody.sock", "grpc://127.0.0.1:9"]


def _same_parts(il: Any) -> dict[str, Any]:
    """Those that both clients have, by what they say of themselves."""
    orders, group = il.queue("orders"), il.rebalance("billing")
    return {
        f"<Client {il.url}>": il,
        "<Counter hits>": il.counter("hits"),
        "<Queue orders>": orders,
        "<Group billing>": group,
        "<Membership worker-1 in billing>": group.member("worker-1", {"orders": 2}),
        "<Consumer of orders>": orders.items(),
        "<Subscription to orders>": orders.subscribe(),
    }


def _check(parts: dict[str, Any]) -> None:
    assert {text: repr(part) for text, part in parts.items()} == {text: text for text in parts}
    for part in parts.values():
        text = f"cannot pickle '{type(part).__name__}' object: it belongs to this process; open a client"
        for attempt in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match=text):
                attempt(part)


@pytest.mark.parametrize("url", URLS)
def test_threads(url: str) -> None:
    with interlock.open(url, retries=0) as il:
        _check(_same_parts(il))


@pytest.mark.parametrize("url", URLS)
async def test_asyncio(url: str) -> None:
    async with interlock.aio.open(url, retries=0) as il:
        _check(_same_parts(il))


def test_delivery() -> None:
    with interlock.open("local:") as il:
        il.queue("orders").push(b"one")
        item = il.queue("orders").pop(lease=10.0)
        with pytest.raises(TypeError, match="cannot pickle 'Delivery' object"):
            pickle.dumps(item)
        assert pickle.loads(pickle.dumps(item.data)) == b"one"

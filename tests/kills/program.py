"""A program whose state is in a folder of its own: python -m tests.kills.program FOLDER [WHAT].

It says what it finds, and then, call after call, what it was told. WHAT is for
`tests.kills.planted`.
"""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

import interlock

LEASE = 86_400.0
"""Seconds: longer than the test, so an item that was leased when the program died stays leased."""


def say(what: str, value: Any) -> None:
    """Write a line; it is in the pipe when this returns."""
    print(json.dumps([what, value]), flush=True)


def taken(orders: interlock.Queue) -> list[str]:
    """Return all that can be popped, and give it back."""
    items = []
    while orders.stats().depth:
        items += orders.pop_many(4096, lease=LEASE)
    orders.nack_many(items)
    return [item.data.decode() for item in items]


def main(folder: str) -> None:
    """Run until killed."""
    with interlock.open(f"local:{folder}") as il:
        hits, orders = il.counter("hits"), il.queue("orders")
        say("found", {"hits": hits.get(), "orders": taken(orders), "leased": orders.stats().leased})
        for name in map(str, itertools.count(hits.get())):
            say("added", hits.add(1))
            say("pushing", name)
            orders.push(name.encode())
            say("pushed", name)
            if orders.stats().depth > 3:
                item = orders.pop(lease=LEASE)
                say("popped", item.data.decode())
                item.ack()
                say("acked", item.data.decode())


if __name__ == "__main__":
    if sys.argv[2:]:
        from tests.kills.planted import plant

        plant(sys.argv[2].split(","))
    main(sys.argv[1])

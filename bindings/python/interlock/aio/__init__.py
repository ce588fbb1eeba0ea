"""The asyncio form of `interlock`: the same names, awaited."""

from __future__ import annotations

from interlock.aio.client import Client, open
from interlock.aio.consumer import Consumer, Subscription
from interlock.aio.counter import Counter
from interlock.aio.group import Group
from interlock.aio.membership import Membership
from interlock.aio.queue import Delivery, Queue

__all__ = [
    "Client",
    "Consumer",
    "Counter",
    "Delivery",
    "Group",
    "Membership",
    "Queue",
    "Subscription",
    "open",
]

"""Concurrency primitives, written once in WebAssembly, the same in every language.

    import interlock

    with interlock.open("local:") as il:
        hits = il.counter("hits")
        hits.add(1)

`local:` runs the primitives in this process; `unix:///path` and
`grpc://host:port` reach a daemon, and nothing else changes.
`interlock.aio.open` is the asyncio form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock._version import VERSION as __version__
from interlock.errors import (
    CallerError,
    Cancelled,
    ClientClosed,
    Closed,
    Code,
    ConfigConflict,
    CounterOverflow,
    DeadlineExceeded,
    Denied,
    Error,
    Fenced,
    Full,
    HostFault,
    Invalid,
    LeaseLost,
    ModuleFault,
    NotFound,
    ResourceExhausted,
    StateError,
    Superseded,
    TimedOut,
    TooLarge,
    Trap,
    Unavailable,
    UnknownMember,
    UnknownMethod,
    Unsupported,
    WrongLoop,
    WrongProcess,
    WrongType,
)
from interlock.options import OpenOptions
from interlock.sync.client import Client, open
from interlock.sync.consumer import Consumer, Subscription
from interlock.sync.counter import Counter
from interlock.sync.group import Group
from interlock.sync.membership import Membership
from interlock.sync.queue import Delivery, Queue
from interlock.values import (
    Added,
    Addition,
    Beat,
    GroupState,
    GroupView,
    Item,
    Joined,
    Member,
    Overflow,
    Pushed,
    QueueSettings,
    QueueStats,
    Settled,
    Swap,
)

if TYPE_CHECKING:
    from interlock import aio as aio

__all__ = [
    "Added", "Addition", "Beat", "CallerError", "Cancelled", "Client", "ClientClosed", "Closed", "Code",
    "ConfigConflict", "Consumer", "Counter", "CounterOverflow", "DeadlineExceeded", "Delivery", "Denied",
    "Error", "Fenced", "Full", "Group", "GroupState", "GroupView", "HostFault", "Invalid", "Item", "Joined",
    "LeaseLost", "Member", "Membership", "ModuleFault", "NotFound", "OpenOptions", "Overflow", "Pushed",
    "Queue", "QueueSettings", "QueueStats", "ResourceExhausted", "Settled", "StateError", "Subscription",
    "Superseded", "Swap", "TimedOut", "TooLarge", "Trap", "Unavailable", "UnknownMember", "UnknownMethod",
    "Unsupported", "WrongLoop", "WrongProcess", "WrongType", "__version__", "aio", "open",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # asyncio takes longer to import than this package: only those who use it pay.
    if name == "aio":
        import importlib  # noqa: PLC0415

        return importlib.import_module("interlock.aio")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

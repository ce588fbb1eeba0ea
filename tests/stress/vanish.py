"""A program with many clients, each waiting in a call of its own, until SIGKILL takes them all at once.

    vanish.py ADDRESS CLIENTS

It prints a line when all their calls have arrived.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from google.protobuf.message import Message

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from interlock.rebalance.v1 import rebalance_pb2
from tests.stress.raw_http2 import Connection

LEASE_MS = 30_000
_HOUR_MS = 3_600_000

_Calls = tuple[str, Callable[[int], Message]]
CALLS: tuple[_Calls, ...] = (
    (
        "/interlock.queue.v1.QueueService/Pop",
        lambda _: queue_pb2.PopRequest(instance="target", wait_ms=_HOUR_MS, lease_ms=LEASE_MS),
    ),
    (
        "/interlock.queue.v1.QueueService/Subscribe",
        lambda _: queue_pb2.SubscribeRequest(instance="target", credit=1, lease_ms=LEASE_MS),
    ),
    (
        "/interlock.counter.v1.CounterService/Wait",
        lambda _: counter_pb2.WaitRequest(instance="target", key="k", at_least=1 << 40, wait_ms=_HOUR_MS),
    ),
    (
        "/interlock.rebalance.v1.RebalanceService/Watch",
        lambda _: rebalance_pb2.WatchRequest(instance="target"),
    ),
)
"""What the clients wait in, by turns."""


def main() -> None:
    address, clients = sys.argv[1], int(sys.argv[2])
    waiting = []
    for number in range(clients):
        path, request = CALLS[number % len(CALLS)]
        connection = Connection(address)
        connection.call(path, request(number).SerializeToString())
        waiting.append(connection)
    for connection in waiting:
        connection.settled()
    print("waiting", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()

"""A client that does nothing wrong, and what must be as it was when others have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import grpc

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from interlock.rebalance.v1 import rebalance_pb2
from tests.stress.daemon import Daemon

QUEUE = "/interlock.queue.v1.QueueService"
COUNTER = "/interlock.counter.v1.CounterService"
REBALANCE = "/interlock.rebalance.v1.RebalanceService"
HOUR_MS = 3_600_000
_MESSAGES: dict[str, Any] = {QUEUE: queue_pb2, COUNTER: counter_pb2, REBALANCE: rebalance_pb2}
_MIB = 1024
"""In KiB."""


class Bystander:
    """Counts, keeps items in order, and has a call parked, all in instances of its own.

    It also makes an instance `target` of each module, for others to attack.
    """

    def __init__(self, daemon: Daemon) -> None:
        self._channel = grpc.insecure_channel(daemon.address)
        self._added = 0
        for instance in ("target", "bystander"):
            self._add(instance)
            self._call(QUEUE, "Push", queue_pb2.PushRequest(instance=instance, items=[{"data": b"kept"}]))
        self._call(QUEUE, "Pop", queue_pb2.PopRequest(instance="target"))
        with contextlib.suppress(grpc.RpcError):  # it is no member, but the group is there now
            self._call(REBALANCE, "Leave", rebalance_pb2.LeaveRequest(instance="target", member="none"))
        park = queue_pb2.PopRequest(instance="parked", wait_ms=HOUR_MS)
        self._parked = self._method(QUEUE, "Pop", queue_pb2.PopRequest).future(park)
        daemon.until(lambda: daemon.gauge("interlock_parked_calls", "queue") == 1)

    def check(self) -> None:
        """Its answers are those of a daemon that has nobody else."""
        self._added += 1
        value = self._add("bystander").values[0]
        assert (value.value, value.applied) == (self._added + 1, True)
        stats = self._call(QUEUE, "Stats", queue_pb2.StatsRequest(instance="bystander"))
        assert (stats.depth, stats.leased) == (1, 0)
        assert not self._parked.done()

    def close(self) -> None:
        """Its parked call, which has waited through everything, is answered at last."""
        self._call(QUEUE, "Push", queue_pb2.PushRequest(instance="parked", items=[{"data": b"at last"}]))
        assert [item.data for item in self._parked.result().items] == [b"at last"]
        self._channel.close()

    def _add(self, instance: str) -> Any:
        addition = counter_pb2.Addition(key="k", delta=1)
        return self._call(COUNTER, "Add", counter_pb2.AddRequest(instance=instance, adds=[addition]))

    def _call(self, service: str, name: str, request: Any) -> Any:
        # A call that arrives in the moment of a server's fall is cancelled before it begins.
        for _ in range(100):
            try:
                return self._method(service, name, type(request))(request, wait_for_ready=True, timeout=30)
            except grpc.RpcError as error:
                code: Any = error
                if code.code() not in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE):
                    raise
        raise AssertionError(f"{name} is never answered")

    def _method(self, service: str, name: str, request: Any) -> Any:
        reply = getattr(_MESSAGES[service], f"{name}Response")
        return self._channel.unary_unary(f"{service}/{name}", request.SerializeToString, reply.FromString)


@contextlib.contextmanager
def unharmed(daemon: Daemon, bystander: Bystander, *, grown_mib: int, files: int = 0) -> Iterator[None]:
    """Run an attack. Then everything is as it was before it.

    Args:
        daemon: Whom it hits.
        bystander: Whom it must not hit.
        grown_mib: MiB that the daemon may have kept. It gives back what is more
            than 32 MiB, so what takes much has a bound a little above that.
        files: How many more it may have open.
    """
    gauges, files = daemon.gauges(), daemon.open_files() + files
    resident = daemon.resident_kib() + grown_mib * _MIB
    yield
    bystander.check()
    daemon.until(lambda: daemon.gauges() == gauges and daemon.open_files() <= files)
    daemon.until(lambda: daemon.resident_kib() <= resident)  # grpc frees a connection's buffers behind it
    assert daemon.faults() == []

"""`interlock top --output json`: one object a line and interval, of the schema below.

Fields may be added; none is renamed or changes its unit.
"""

from __future__ import annotations

from typing import TypedDict

from interlock_host.top.change import ModuleChange, Traffic
from interlock_host.top.watch import Frame


class TrafficRecord(TypedDict):
    """Calls that ended; those that failed included."""

    calls_total: int
    """Since the host began."""
    calls_per_second: float
    errors_per_second: float
    """With another status than OK."""
    statuses: dict[str, float]
    """Calls a second by gRPC code, without those at 0."""
    p50_seconds: float | None
    """From a call's arrival to its answer, parked time included; null where no call ended."""
    p99_seconds: float | None


class ModuleRecord(TrafficRecord):
    parked_calls: int
    instances: int
    memory_bytes: int
    traps_total: int
    """Since the host began."""
    traps: int
    """In this interval."""
    values: dict[str, int]
    """What the module says of itself; empty for the total."""


class Record(TypedDict):
    """One interval."""

    time: str
    """When it ended: RFC 3339, in UTC."""
    source: str
    up: bool
    """Whether the host answered. If not, only `error` follows."""


class UpRecord(Record):
    seconds: float
    """The interval's length as measured."""
    restarted: bool
    """Whether a counter fell: the host began anew, and its counters are taken to begin at 0."""
    total: ModuleRecord
    modules: dict[str, ModuleRecord]
    languages: dict[str, TrafficRecord]
    methods: dict[str, TrafficRecord]
    """By `module.method`."""


class DownRecord(Record):
    error: str


def record(frame: Frame) -> UpRecord | DownRecord:
    """Return a frame as an object of the schema."""
    head = Record(
        time=frame.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        source=frame.source,
        up=frame.error is None,
    )
    if frame.error is not None:
        return DownRecord(**head, error=str(frame.error))
    change = frame.change
    return UpRecord(
        **head,
        seconds=round(change.seconds, 6),
        restarted=change.restarted,
        total=_module(change.total),
        modules={name: _module(module) for name, module in change.modules.items()},
        languages={name: _traffic(traffic) for name, traffic in change.languages.items()},
        methods={name: _traffic(traffic) for name, traffic in change.methods.items()},
    )


def _traffic(traffic: Traffic) -> TrafficRecord:
    return TrafficRecord(
        calls_total=int(traffic.total),
        calls_per_second=round(traffic.calls, 3),
        errors_per_second=round(traffic.errors, 3),
        statuses={status: round(rate, 3) for status, rate in traffic.statuses.items()},
        p50_seconds=traffic.p50,
        p99_seconds=traffic.p99,
    )


def _module(module: ModuleChange) -> ModuleRecord:
    return ModuleRecord(
        **_traffic(module.traffic),
        parked_calls=module.parked,
        instances=module.instances,
        memory_bytes=module.memory,
        traps_total=module.traps,
        traps=module.new_traps,
        values=module.values,
    )

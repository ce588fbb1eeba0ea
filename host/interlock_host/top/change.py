"""What changed between two readings: rates, and latencies of the calls that ended in between.

Counters are read as Prometheus reads them: one that fell began anew at 0 in
between. A series that was not there before began at 0 too: a host makes it
with its first call.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable, Iterable

from interlock_host.top.reading import Buckets, Method, Reading

OK = "OK"


def increase(old: float, new: float) -> float:
    """Return how much a counter grew; one that fell began anew."""
    return new if new < old else new - old


def buckets_increase(old: Buckets, new: Buckets) -> Buckets:
    """Return how much a histogram grew.

    It began anew as a whole if any of its buckets fell: bucket by bucket, the
    result might not rise from one to the next.
    """
    if any(new.get(bound, 0.0) < count for bound, count in old.items()):
        return dict(new)
    return {bound: count - old.get(bound, 0.0) for bound, count in new.items()}


def quantile(q: float, buckets: Buckets) -> float | None:
    """Estimate a quantile in seconds, or return None where nothing was observed.

    The estimate is that of PromQL's histogram_quantile: observations are taken
    to lie evenly within their bucket, the first one begins at 0, and of the
    last, which has no end, its lower bound is returned.
    """
    bounds = sorted(buckets)
    if not bounds or not math.isinf(bounds[-1]) or buckets[bounds[-1]] <= 0:
        return None
    rank = q * buckets[bounds[-1]]
    low, below = 0.0, 0.0
    for bound in bounds[:-1]:
        if buckets[bound] >= rank:
            return low + (bound - low) * (rank - below) / max(buckets[bound] - below, 1e-9)
        low, below = bound, buckets[bound]
    return low


@dataclasses.dataclass(frozen=True)
class Traffic:
    """The calls of one module, language or method."""

    total: float
    """Since the host began; those that failed included."""
    calls: float
    """A second; those that failed included."""
    errors: float
    """A second: all with another status than OK."""
    statuses: dict[str, float]
    """Calls a second by gRPC code, without those at 0."""
    p50: float | None
    """Seconds, parked time included; None where no call ended."""
    p99: float | None


@dataclasses.dataclass(frozen=True)
class ModuleChange:
    """One module: its calls, and what it holds now."""

    traffic: Traffic
    parked: int
    instances: int
    memory: int
    """Bytes."""
    traps: int
    """Since the host began."""
    new_traps: int
    """Since the reading before."""
    values: dict[str, int]


class Change:
    """What happened between two readings.

    Args:
        new: The later reading.
        old: The earlier one; None where there is none yet: rates are 0 then, and quantiles None.
    """

    def __init__(self, new: Reading, old: Reading | None = None) -> None:
        self.measured = old is not None
        """Whether there was an interval to measure."""
        before = old or new
        self.seconds = new.at - before.at
        self.restarted = any(new.calls.get(key, 0.0) < count for key, count in before.calls.items()) or any(
            new.traps.get(module, 0.0) < count for module, count in before.traps.items()
        )
        self._new = new
        self._calls = {
            key: increase(before.calls.get(key, 0.0), count) if old else 0.0
            for key, count in new.calls.items()
        }
        self._latency = {
            key: buckets_increase(before.latency.get(key, {}), buckets) if old else {}
            for key, buckets in new.latency.items()
        }
        self.total = self._whole(before)
        self.modules = {name: self._module(name, before) for name in sorted(self._module_names())}
        self.languages = self._by(lambda method: method.language)
        self.methods = self._by(lambda method: f"{method.module}.{method.name}")

    def _module_names(self) -> set[str]:
        return {*self._new.instances, *(key.method.module for key in self._calls)}

    def _by(self, group: Callable[[Method], str]) -> dict[str, Traffic]:
        """Return the traffic of each group of methods, by name."""
        names: defaultdict[str, set[Method]] = defaultdict(set)
        for key in self._calls:
            names[group(key.method)].add(key.method)
        return {name: self._traffic(names[name]) for name in sorted(names)}

    def _traffic(self, methods: Iterable[Method]) -> Traffic:
        wanted = set(methods)
        grown: defaultdict[str, float] = defaultdict(float)
        for key, count in self._calls.items():
            if key.method in wanted and count > 0:
                grown[key.status] += count
        seconds = max(self.seconds, 1e-9)
        statuses = {status: count / seconds for status, count in sorted(grown.items())}
        buckets: defaultdict[float, float] = defaultdict(float)
        for method in wanted:
            for bound, count in self._latency.get(method, {}).items():
                buckets[bound] += count
        return Traffic(
            total=sum(count for key, count in self._new.calls.items() if key.method in wanted),
            calls=sum(statuses.values(), 0.0),
            errors=sum((rate for status, rate in statuses.items() if status != OK), 0.0),
            statuses=statuses,
            p50=quantile(0.5, buckets),
            p99=quantile(0.99, buckets),
        )

    def _module(self, name: str, before: Reading) -> ModuleChange:
        return self._held({name}, before, {key.method for key in self._calls if key.method.module == name})

    def _whole(self, before: Reading) -> ModuleChange:
        return self._held(self._module_names(), before, {key.method for key in self._calls})

    def _held(self, names: set[str], before: Reading, methods: set[Method]) -> ModuleChange:
        new = self._new
        grown = (increase(before.traps.get(name, 0.0), new.traps.get(name, 0.0)) for name in names)
        return ModuleChange(
            traffic=self._traffic(methods),
            parked=_sum(new.parked, names),
            instances=_sum(new.instances, names),
            memory=_sum(new.memory, names),
            traps=_sum(new.traps, names),
            new_traps=int(sum(grown)),
            values={value: int(count) for (name, value), count in new.values.items() if {name} == names},
        )


def _sum(by_module: dict[str, float], names: set[str]) -> int:
    return int(sum(by_module.get(name, 0.0) for name in names))

"""Calls that ended, counted and timed.

Every call is counted, so counting must cost little: a bisection and two
additions. prometheus_client's own children walk the buckets in Python and take
a lock for each number, which cost 6 of the 37 µs that the host spent on a call
beside gRPC. What is exposed is the same, its families made when a scrape asks.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Exemplar, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

BUCKETS = (
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
"""Seconds: from one entry in process to a call parked for a minute."""

_BOUNDS = (*map(floatToGoString, BUCKETS), "+Inf")


class CallTally:
    """The calls of one set of labels. Thread-safe."""

    __slots__ = ("_lock", "created", "exemplars", "latest", "seconds", "within")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.within = [0] * len(_BOUNDS)
        """How many took at most as long as each bound, and longer than the one before."""
        self.seconds = 0.0
        """What they took together."""
        self.exemplars: list[Exemplar | None] = [None] * len(_BOUNDS)
        self.latest: Exemplar | None = None
        self.created = time.time()

    def observe(self, seconds: float, trace_id: str = "") -> None:
        """Count a call that took so long; a trace id becomes an exemplar."""
        at = bisect_left(BUCKETS, seconds)
        with self._lock:
            self.within[at] += 1
            self.seconds += seconds
            if trace_id:
                labels, now = {"trace_id": trace_id}, time.time()
                self.latest = Exemplar(labels, 1.0, now)
                self.exemplars[at] = Exemplar(labels, seconds, now)

    def add(self, other: CallTally) -> None:
        """Count what another has counted, too."""
        with other._lock:
            self.within = [a + b for a, b in zip(self.within, other.within, strict=True)]
            self.seconds += other.seconds
            self.exemplars = [_newer(a, b) for a, b in zip(self.exemplars, other.exemplars, strict=True)]
            self.created = min(self.created, other.created)


def _newer(one: Exemplar | None, other: Exemplar | None) -> Exemplar | None:
    if one is None or other is None:
        return one or other
    return one if float(one.timestamp or 0) > float(other.timestamp or 0) else other


class CallTallies(Collector):
    """All tallies, by language, module, method and status; collected as a counter and a histogram."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, str, str], CallTally] = {}

    def of(self, language: str, module: str, method: str, status: str) -> CallTally:
        """Return the tally of these labels."""
        key = (language, module, method, status)
        return self._tallies.get(key) or self._tallies.setdefault(key, CallTally())

    def collect(self) -> Iterator[Metric]:
        """Return both families."""
        tallies = sorted(self._tallies.items())
        yield _counted(tallies)
        by_method: dict[tuple[str, ...], CallTally] = {}
        for labels, tally in tallies:
            by_method.setdefault(labels[:3], CallTally()).add(tally)
        yield _timed(by_method)


def _counted(tallies: list[tuple[tuple[str, str, str, str], CallTally]]) -> Metric:
    labels = ("language", "wasm_module", "method", "status")
    family = CounterMetricFamily("wasm_metric_counter", "Calls that ended, by gRPC code.", labels=labels)
    for values, tally in tallies:
        family.add_metric(values, sum(tally.within), tally.created, exemplar=tally.latest)
    return family


def _timed(tallies: dict[tuple[str, ...], CallTally]) -> Metric:
    labels = ("language", "wasm_module", "method")
    text = "From a call's arrival at the host to its answer, parked time included."
    family = HistogramMetricFamily("wasm_metric_latency_seconds", text, labels=labels)
    for values, tally in tallies.items():
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        total = 0
        for bound, count, exemplar in zip(_BOUNDS, tally.within, tally.exemplars, strict=True):
            total += count
            buckets.append((bound, total, exemplar) if exemplar else (bound, total))
        family.add_metric(values, buckets, tally.seconds)
        named = dict(zip(labels, values, strict=True))
        family.add_sample("wasm_metric_latency_seconds_created", named, tally.created)
    return family

"""What /metrics said at one moment, of the families that `interlock top` shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

_parse = cast(Callable[[str], Iterable[Any]], text_string_to_metric_families)


class Method(NamedTuple):
    """Whose calls a histogram times."""

    language: str
    module: str
    name: str


class Calls(NamedTuple):
    """Which calls a counter counts."""

    method: Method
    status: str


Buckets = dict[float, float]
"""How many calls took at most so many seconds, by the bound; the last bound is infinite."""


@dataclasses.dataclass
class Reading:
    """One scrape."""

    at: float = 0.0
    """Seconds of a monotonic clock."""
    calls: dict[Calls, float] = dataclasses.field(default_factory=dict)
    latency: dict[Method, Buckets] = dataclasses.field(default_factory=dict)
    instances: dict[str, float] = dataclasses.field(default_factory=dict)
    """By module, as the next three."""
    parked: dict[str, float] = dataclasses.field(default_factory=dict)
    memory: dict[str, float] = dataclasses.field(default_factory=dict)
    traps: dict[str, float] = dataclasses.field(default_factory=dict)
    values: dict[tuple[str, str], float] = dataclasses.field(default_factory=dict)
    """By module and the value's name."""

    def take(self, sample: Sample) -> None:
        """Keep a sample, if it is one of those shown."""
        labels, value = sample.labels, sample.value
        by_module = {
            "interlock_instances": self.instances,
            "interlock_parked_calls": self.parked,
            "interlock_instance_memory_bytes": self.memory,
            "interlock_traps_total": self.traps,
        }
        if sample.name in by_module:
            by_module[sample.name][labels["wasm_module"]] = value
        elif sample.name == "interlock_module_value":
            self.values[labels["wasm_module"], labels["name"]] = value
        elif sample.name == "wasm_metric_counter_total":
            self.calls[Calls(_method(labels), labels["status"])] = value
        elif sample.name == "wasm_metric_latency_seconds_bucket":
            self.latency.setdefault(_method(labels), {})[float(labels["le"])] = value


def _method(labels: dict[str, str]) -> Method:
    return Method(labels["language"], labels["wasm_module"], labels["method"])


def read(text: str, at: float) -> Reading:
    """Return what a scrape says.

    Raises:
        ValueError: It is not OpenMetrics, or not of Interlock.
    """
    reading = Reading(at)
    for family in _parse(text):
        for sample in family.samples:
            try:
                reading.take(sample)
            except KeyError as error:
                raise ValueError(f"{sample.name} has no label {error}") from None
    if not reading.instances:
        raise ValueError("there is no interlock_instances in it")
    return reading

"""What /metrics says of the job: calls and their latency, by language and method."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

METHODS = ("Push", "Pop", "CheckGeneration", "Add", "Ack")
"""The calls that do the work, in the order of an item's life."""


class Key(NamedTuple):
    language: str
    method: str


@dataclasses.dataclass
class Calls:
    """The calls of one method in one language."""

    count: int = 0
    ok: int = 0
    buckets: dict[float, int] = dataclasses.field(default_factory=dict)
    """How many took at most so many seconds."""

    def quantile(self, q: float) -> float:
        """Estimate a quantile in seconds, as Prometheus does: evenly spread within a bucket."""
        rank, low, below = q * self.count, 0.0, 0
        for bound, count in sorted(self.buckets.items()):
            if count >= rank and count > below:
                within = (rank - below) / (count - below)
                return low if bound == float("inf") else low + (bound - low) * within
            low, below = bound, count
        return low


class Readings:
    """All calls at one moment.

    Args:
        text: What /metrics said; empty: nothing was called yet.
    """

    def __init__(self, text: str = "") -> None:
        self._calls: dict[Key, Calls] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._take(sample.name, sample.labels, sample.value)

    def _take(self, name: str, labels: dict[str, str], value: float) -> None:
        if "language" not in labels:
            return
        calls = self._calls.setdefault(Key(labels["language"], labels["method"]), Calls())
        if name == "wasm_metric_counter_total":
            calls.ok += int(value) if labels["status"] == "OK" else 0
        elif name == "wasm_metric_latency_seconds_bucket":
            calls.buckets[float(labels["le"])] = int(value)
        elif name == "wasm_metric_latency_seconds_count":
            calls.count = int(value)

    def of(self, language: str, method: str) -> Calls:
        """The calls of a method; none where nobody made one."""
        return self._calls.get(Key(language, method), Calls())

    def languages(self) -> list[str]:
        """Those that lease items."""
        return sorted(key.language for key in self._calls if key.method == "Pop")

    def items(self, language: str) -> int:
        """Items that a language is done with: consumers acknowledge them one by one."""
        return self.of(language, "Ack").ok

    def all_items(self) -> int:
        return sum(self.items(language) for language in self.languages())

"""The metrics of a data directory."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from interlock_host.durability.life import Life

_BUCKETS = (
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip
"""Seconds: from flash with a cache that outlives power to a disk in trouble."""


class JournalMetrics(Collector):
    """Times every sync; asks the store for the rest when it is scraped."""

    def __init__(self, life: Life, registry: prometheus_client.CollectorRegistry) -> None:
        self._life = life
        fsync = prometheus_client.Histogram(
            "interlock_journal_fsync_seconds",
            "To write a batch of the journal and have it on the disk.",
            registry=registry,
            buckets=_BUCKETS,
        )
        life.store.on_sync = fsync.observe
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Return what the store says now."""
        store, recovered = self._life.store, self._life.engine.recovered
        yield CounterMetricFamily(
            "interlock_journal_appends", "Entries that became durable.", value=store.synced_entries
        )
        yield CounterMetricFamily(
            "interlock_journal_written_bytes", "Bytes of those entries.", value=store.synced_bytes
        )
        yield _gauge("interlock_journal_bytes", "Bytes of the journal's files.", self._bytes())
        yield _gauge("interlock_journal_held_records", "Answers that wait for the disk.", len(store.barrier))
        yield _gauge(
            "interlock_journal_failed", "1 while the journal cannot be written.", store.failure is not None
        )
        if recovered is not None:
            yield _gauge("interlock_journal_recovery_seconds", "Of the last start.", recovered.seconds)
            yield _gauge(
                "interlock_journal_recovered_entries", "Replayed at the last start.", recovered.entries
            )
        yield self._sleeping()

    def _bytes(self) -> int:
        return sum(segment.bytes for segment in self._life.store.journal.segments())

    def _sleeping(self) -> Metric:
        sums: Tally[str] = Tally(dict.fromkeys(self._life.engine.modules, 0))
        sums.update(instance.module.name for instance in self._life.sleeping)
        text = "Instances whose state is on the disk alone."
        family = GaugeMetricFamily("interlock_hibernated_instances", text, labels=("wasm_module",))
        for module, count in sums.items():
            family.add_metric((module,), count)
        return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)

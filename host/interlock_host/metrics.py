"""The metrics of one engine, in a registry of their own: the daemon's, or a process's that embeds it.

The bounds of the labels are the modules served, their methods, the gRPC codes
and eight languages: no instance and no caller's text becomes a label.
"""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections.abc import Iterator
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from interlock_host.call_tally import CallTallies
from interlock_host.instance import State
from interlock_host.journal_metrics import JournalMetrics
from interlock_host.observer import EngineObserver

if TYPE_CHECKING:
    from interlock_host.engine import Engine
    from interlock_host.instance import Instance
    from interlock_host.module import Module

UNKNOWN = "unknown"
"""The labels of a call to a method that no module serves."""

_MODULE = ("wasm_module",)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MOST_NAMES = 64
"""Names of a module that become labels, and values of an instance that are read. Those under more names, or
under what is no name, are added up as OTHER."""
OTHER = "other"


class CallMetrics:
    """Counts and times calls; asks the engine for the rest when it is scraped.

    Args:
        engine: Whose instances, and traps from now on, the registry shows.
    """

    def __init__(self, engine: Engine) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        self._tallies = CallTallies()
        self.registry.register(self._tallies)
        watch = _MistakeCount(engine.observer)
        engine.observer = watch
        self.registry.register(_EngineCollector(engine, watch))
        if engine.life is not None:
            JournalMetrics(engine.life, self.registry)

    def observe(
        self, language: str, module: str, method: str, status: str, seconds: float, *, trace_id: str = ""
    ) -> None:
        """Count one call that ended.

        Args:
            language: Of the caller: one of `interlock_host.language.LANGUAGES`.
            module: The module's name, or UNKNOWN.
            method: The method's name, or UNKNOWN.
            status: The name of the gRPC code, "OK" included.
            seconds: How long it took.
            trace_id: Of the sampled trace that the call is part of; it becomes an exemplar.
        """
        self._tallies.of(language, module, method, status).observe(seconds, trace_id)


class _MistakeCount(EngineObserver):
    """Counts traps and faults by module, those of instances that are gone included; hands all on."""

    def __init__(self, behind: EngineObserver) -> None:
        self._behind = behind
        self.traps: Tally[str] = Tally()
        self.faults: Tally[str] = Tally()

    def module_started(self, module: Module, seconds: float) -> None:
        self._behind.module_started(module, seconds)

    def trap(self, instance: Instance, message: str) -> None:
        self.traps[instance.module.name] += 1
        self._behind.trap(instance, message)

    def fault(self, instance: Instance, message: str) -> None:
        self.faults[instance.module.name] += 1
        self._behind.fault(instance, message)

    def event(self, instance: Instance, call_id: int, text: str) -> None:
        self._behind.event(instance, call_id, text)

    def output(self, instance: Instance, text: str) -> None:
        self._behind.output(instance, text)

    def not_saved(self, message: str) -> None:
        self._behind.not_saved(message)

    def journal_failed(self, message: str) -> None:
        self._behind.journal_failed(message)

    def journal_resumed(self) -> None:
        self._behind.journal_resumed()


class _EngineCollector(Collector):
    """What a scrape reads off the engine."""

    def __init__(self, engine: Engine, mistakes: _MistakeCount) -> None:
        self._engine = engine
        self._mistakes = mistakes

    def collect(self) -> Iterator[Metric]:
        instances = self._engine.instances()
        yield self._sum(
            "interlock_instances",
            "Instances that there are, hibernated ones included.",
            ((i, 1) for i in instances),
        )
        yield self._sum(
            "interlock_failed_instances",
            "Instances that answer no call until an operator acts.",
            ((i, i.state is State.FAILED) for i in instances),
        )
        yield self._sum(
            "interlock_parked_calls",
            "Calls without their final answer.",
            ((i, i.parked_calls) for i in instances),
        )
        yield self._sum(
            "interlock_instance_memory_bytes", "Linear memory.", ((i, i.memory_bytes) for i in instances)
        )
        yield self._sum(
            "interlock_answer_bytes", "Answers kept for retries.", ((i, i.answer_bytes) for i in instances)
        )
        yield self._module_values(instances)
        traps = CounterMetricFamily("interlock_traps", "Machines that trapped.", labels=_MODULE)
        text = "Records and numbers of modules that broke the ABI's rules, and were dropped."
        faults = CounterMetricFamily("interlock_module_faults", text, labels=_MODULE)
        started = GaugeMetricFamily(
            "interlock_module_start_seconds", "To compile the module, or find it compiled.", labels=_MODULE
        )
        for module in self._engine.modules.values():
            traps.add_metric((module.name,), self._mistakes.traps[module.name])
            faults.add_metric((module.name,), self._mistakes.faults[module.name])
            started.add_metric((module.name,), module.start_seconds)
        yield traps
        yield faults
        yield started

    def _sum(self, name: str, text: str, parts: Iterator[tuple[Instance, int]]) -> Metric:
        """Return a gauge of one sample a module, 0 for a module without instances."""
        sums = dict.fromkeys(self._engine.modules, 0)
        for instance, part in parts:
            sums[instance.module.name] += part
        family = GaugeMetricFamily(name, text, labels=_MODULE)
        for module, value in sums.items():
            family.add_metric((module,), value)
        return family

    def _module_values(self, instances: list[Instance]) -> Metric:
        sums: Tally[tuple[str, str]] = Tally()
        names: dict[str, set[str]] = {}
        for instance in instances:
            module = instance.module.name
            known = names.setdefault(module, set())
            for value in instance.metrics().values[:_MOST_NAMES]:
                fits = _NAME.fullmatch(value.name) and (len(known) < _MOST_NAMES or value.name in known)
                name = value.name if fits else OTHER
                known.add(name)
                sums[module, name] += value.value
        family = GaugeMetricFamily(
            "interlock_module_value",
            "What modules say of themselves, added up.",
            labels=("wasm_module", "name"),
        )
        for labels, total in sorted(sums.items()):
            family.add_metric(labels, total)
        return family

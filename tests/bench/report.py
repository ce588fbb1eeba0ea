"""What one run found, in lines for a terminal."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

from tests.bench import picture

_SLOW_S, _QUICK_S = 10.0, 1.0
"""Bounds of recovering a million entries, without a snapshot and with one."""
_WAKE_MS = 5.0
_UNBOUND = {
    "callers_1_uvloop": "read, 1 caller, to an echo on uvloop",
    "callers_16_uvloop": "read, 16 callers, to that",
    "over_10000_instances": "reads of 10,000 instances to one",
}


def lines(results: dict[str, Any]) -> list[str]:
    """Return the bounded ratios first, then what has no bound."""
    found = [_ratio(name, bound, at) for name, bound, at in picture.rows(results)]
    for part, said in _PARTS.items():
        if part in results:
            found.extend(said(results[part]))
    return found


def _ratio(name: str, bound: float, at: dict[str, float]) -> str:
    verdict = "met" if at["median"] >= bound else "NOT met"
    return _line(name, f"{at['median']:5.2f}  ({_interval(at)})  bound {bound:.2f}: {verdict}")


def _line(name: str, text: str) -> str:
    return f"{name:36s} {text}"


def _interval(at: dict[str, float]) -> str:
    return f"{at['low']:.2f} to {at['high']:.2f}"


def _below(value: float, bound: float, unit: str) -> str:
    return f"{value:.2f} {unit}, bound {bound:g}: {'met' if value < bound else 'NOT met'}"


def _unary(found: dict[str, Any]) -> Iterator[str]:
    for name, beside in _UNBOUND.items():
        for part in ("p50", "p99"):
            at = found[name][f"{part}_ratio"]
            yield _line(f"{beside}, {part}", f"{at['median']:5.2f}  ({_interval(at)})")
    at = found["at_1000_a_second"]
    yield _line("read at 1,000/s", f"p50 {at['p50_ms']:.2f} ms, p99 {at['p99_ms']:.2f} ms "
                f"(Dapr publishes {at['dapr_p50_ms']} and {at['dapr_p99_ms']})")  # fmt: skip


def _batches(found: dict[str, Any]) -> Iterator[str]:
    for name, rates in found["items_a_second"].items():
        yield _line(name, f"{statistics.median(rates):,.0f} items/s")


def _embedded(found: dict[str, Any]) -> Iterator[str]:
    yield json.dumps(found, indent=2)


def _disk(found: dict[str, Any]) -> Iterator[str]:
    yield _line("disk", f"{found['file_system']}; fdatasync p50 {found['fdatasync_p50_ms']:.2f} ms, "
                f"p99 {found['fdatasync_p99_ms']:.2f} ms")  # fmt: skip


def _durable(found: dict[str, Any]) -> Iterator[str]:
    for name in ("durable", "ephemeral", "redis_always"):
        samples = found["unary"].get(name)
        if samples:
            rate, p50, p99 = (statistics.median(s[k] for s in samples) for k in ("rate", "p50_ms", "p99_ms"))
            yield _line(f"add, 64 callers, {name}", f"{rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    to_redis = found["unary"].get("to_redis_always")
    if to_redis:
        yield _line("  durable to redis_always", f"{to_redis['median']:.2f} ({_interval(to_redis)})")
    for line in _batches(found["batches"]):
        yield f"durable {line}"
    to_variadic = found["batches"].get("to_redis_variadic")
    if to_variadic:
        yield _line("  to redis_variadic", f"{to_variadic['median']:.2f} ({_interval(to_variadic)})")


def _in_process(found: dict[str, Any]) -> Iterator[str]:
    for threads, at in found.items():
        if threads.startswith("threads_"):
            rates = {name: statistics.median(taken) for name, taken in at["adds_a_second"].items()}
            text = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in rates.items())
            to = at["to_sqlite"]
            yield _line(f"local:PATH, {threads}", f"{text}: {to['median']:.2f} ({_interval(to)})")


def _recovery(found: dict[str, Any]) -> Iterator[str]:
    for counters, states in found.items():
        if not counters.endswith(("counter", "counters")):
            continue
        for state, at in states.items():
            bound = _SLOW_S if state == "journal_alone" else _QUICK_S
            shares = f"scan {at['scan_s']:.2f}, replay of {at['replayed']:,}: {at['replay_s']:.2f}"
            text = f"{_below(at['seconds'], bound, 's')} ({shares}; {at['journal_mb']:.0f} MB)"
            yield _line(f"{found['entries']:,}, {counters}, {state}", text)
    for module, at in found["waking"].items():
        wake, save, capture = at["wake_ms"], at["save_ms"], at["capture_ms"]
        text = f"p50 {wake['p50']:.2f} ms, p99 {_below(wake['p99'], _WAKE_MS, 'ms')}"
        yield _line(f"waking a {module}", text)
        text = f"p50 {save['p50']:.2f} ms, p99 {save['p99']:.2f} ms, of which held up {capture['p50']:.2f} ms"
        yield _line(f"  its snapshot, {at['memory_kib']:.0f} KiB", text)


_PARTS = {
    "unary": _unary,
    "batches": _batches,
    "embedded": _embedded,
    "disk": _disk,
    "durable": _durable,
    "in_process": _in_process,
    "recovery": _recovery,
    "disk_after": _disk,
}

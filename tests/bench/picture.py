"""The picture of one run: ratios against their bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BOUNDS = {
    ("unary", "callers_1", "p50_ratio"): ("read, 1 caller, p50", 0.85),
    ("unary", "callers_1", "p99_ratio"): ("read, 1 caller, p99", 0.85),
    ("unary", "callers_16", "p50_ratio"): ("read, 16 callers, p50", 0.85),
    ("unary", "callers_16", "p99_ratio"): ("read, 16 callers, p99", 0.85),
    ("batches", "to_redis_pipelines"): ("queue to Redis pipelines", 1.0),
    ("batches", "to_redis_variadic"): ("queue to Redis variadic", 0.3),
    ("durable", "unary", "to_ephemeral"): ("durable add to ephemeral, 64 callers", 0.85),
    ("durable", "batches", "to_redis_pipelines"): ("durable queue to Redis pipelines", 1.0),
}


def rows(results: dict[str, Any]) -> list[tuple[str, float, dict[str, float]]]:
    """Return what is bounded: name, bound, ratio."""
    found = []
    for path, (name, bound) in BOUNDS.items():
        at: Any = results
        for key in path:
            at = at.get(key) if at else None
        if at:
            found.append((name, bound, at))
    return found


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw each ratio with its interval, and its bound as a line."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    found = rows(results)
    figure = Figure(figsize=(9, 0.7 * len(found) + 1.2), layout="constrained")
    axes = figure.subplots()
    for place, (_, bound, at) in enumerate(reversed(found)):
        met = at["median"] >= bound
        axes.barh(place, at["median"], color="#3b7a57" if met else "#b5523b", height=0.55)
        axes.plot([at["low"], at["high"]], [place, place], color="black", linewidth=1.5)
        axes.plot([bound, bound], [place - 0.4, place + 0.4], color="black", linestyle=":", linewidth=1.5)
        axes.annotate(f"{at['median']:.2f}", (at["high"], place), (6, -4), textcoords="offset points")
    axes.set_yticks(range(len(found)), [name for name, _, _ in reversed(found)])
    axes.set_xlabel("ours to the peer, same run; more is better; dotted: the bound; line: 95 % of resamples")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)

"""Numbers for people, in few characters."""

from __future__ import annotations

NONE = "-"


def rate(value: float) -> str:
    """A number a second: one digit after the point where that says something."""
    if value >= 999_950:
        return f"{value / 1e6:,.1f} M"
    return f"{value:,.0f}" if value == 0 or value >= 9.95 else f"{value:.1f}"


def count(value: int) -> str:
    """A whole number in six characters."""
    for unit, factor in (("M", 1_000_000), ("k", 1000)):
        if value >= 100 * factor:
            return f"{value // factor:,} {unit}"
    return f"{value:,}"


def duration(seconds: float | None) -> str:
    """Three digits at most, in the unit that suits."""
    if seconds is None:
        return NONE
    for unit, factor in (("µs", 1e6), ("ms", 1e3), ("s", 1.0)):
        value = seconds * factor
        if value < 999.5 or unit == "s":
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    raise AssertionError("every duration has seconds")


def size(count: int) -> str:
    """Bytes, in powers of 1,024."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1000:
            return f"{value:.1f} {unit}" if unit != "B" and value < 9.95 else f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"

"""Files that are read again when they change; what cannot be used leaves the last good version in force."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from interlock_host.config import ConfigError
from interlock_host.logs import logger
from interlock_host.security.files import signature

_T = TypeVar("_T")


class Reloads(Collector):
    """Counts what was read again, and what could not be."""

    def __init__(self) -> None:
        self._counts: Tally[tuple[str, str]] = Tally()
        self._last: dict[str, str] = {}

    def count(self, file: str, outcome: str) -> None:
        """Count one reading."""
        self._counts[file, outcome] += 1
        self._last[file] = outcome

    def watch(self, file: str) -> None:
        """Show a file from the start, so that an alert on its failures has a zero to rise from."""
        for outcome in ("ok", "failed"):
            self._counts[file, outcome] += 0
        self._last[file] = "ok"

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "interlock_reloads",
            "Security files that changed and were read again; failed leaves the last good one in force.",
            labels=("file", "outcome"),
        )
        for labels, count in sorted(self._counts.items()):
            family.add_metric(labels, count)
        yield family
        current = GaugeMetricFamily(
            "interlock_reload_ok", "1 where what is in force is what the file says, else 0.", labels=("file",)
        )
        for file, outcome in sorted(self._last.items()):
            current.add_metric((file,), outcome == "ok")
        yield current


class Reloaded(Generic[_T]):
    """A value that files hold.

    Args:
        name: What it is, for logs and metrics: "tokens", "tls".
        files: Where it stands.
        read: Reads it; a ConfigError says why it cannot be used.
        reloads: Counts.

    Raises:
        ConfigError: The first reading failed.
    """

    def __init__(self, name: str, files: tuple[Path, ...], read: Callable[[], _T], reloads: Reloads) -> None:
        self._name = name
        self._files = files
        self._read = read
        self._reloads = reloads
        self._log = logger("security")
        # Before the reading: what changes in between is read again.
        self._seen = self._signatures()
        self.value = read()
        """The last good version."""
        reloads.watch(name)

    def check(self) -> bool:
        """Read the files again if they changed; return whether `value` is another now."""
        now = self._signatures()
        if now == self._seen:
            return False
        self._seen = now
        try:
            self.value = self._read()
        except ConfigError as error:
            self._reloads.count(self._name, "failed")
            self._log.error(
                "a changed file cannot be used; the last good one stays", file=self._name, error=str(error)
            )
            return False
        self._reloads.count(self._name, "ok")
        self._log.info("read again", file=self._name)
        return True

    def _signatures(self) -> tuple[object, ...]:
        return tuple(map(signature, self._files))

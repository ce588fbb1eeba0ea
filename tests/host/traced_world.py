"""A daemon, its receiver of OTLP and a channel: what the tests of traces work with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc

from tests.host import probe
from tests.host.collector import Collector, Span, TracedDaemon, collecting, tracing

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = (("traceparent", f"00-{TRACE}-{CALLER}-01"),)
ECHO = f"{probe.SERVICE}/Echo"


class World:
    """A daemon, its receiver, and a channel to it."""

    def __init__(self, collector: Collector, daemon: TracedDaemon, channel: grpc.Channel) -> None:
        self.collector = collector
        self.daemon = daemon
        self.channel: Any = channel

    def method(self, name: str, kind: str = "unary_unary") -> Any:
        """A method of the probe, in bytes."""
        return getattr(self.channel, kind)(f"/{probe.SERVICE}/{name}")

    def call(self, name: str, **options: Any) -> bytes:
        """Call a unary method of the probe."""
        reply: bytes = self.method(name)(probe.message(b"x"), timeout=30, **options)
        return reply

    def until_parked(self, count: int) -> None:
        """Ask the probe until it holds so many calls."""
        for _ in range(10_000):
            if probe.count_of(self.call("Parked"))[0] == count:
                return
        raise AssertionError("never parked")

    def stopped(self) -> Collector:
        """End the daemon, which sends its last spans."""
        assert self.daemon.stop() == 0
        return self.collector


@contextlib.contextmanager
def world(folder: Path, *, silent: bool = False, **settings: str) -> Iterator[World]:
    modules = probe.write_probe(folder / "modules")
    with collecting(silent=silent) as (collector, endpoint):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **settings}
        with tracing(folder, modules, **told) as daemon, grpc.insecure_channel(daemon.target) as channel:
            yield World(collector, daemon, channel)


def names(spans: list[Span]) -> list[str]:
    return [span.name for span in spans]

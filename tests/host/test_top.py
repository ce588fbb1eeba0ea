"""What `interlock top` makes of readings: rates, quantiles, restarts, outages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.exposition import generate_latest

from interlock_host.clock import VirtualClock
from interlock_host.config import ConfigError
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import UNAVAILABLE, UNIMPLEMENTED
from interlock_host.metrics import CallMetrics
from interlock_host.top import units
from interlock_host.top.change import Change, buckets_increase, increase, quantile
from interlock_host.top.reading import Reading, read
from interlock_host.top.record import record
from interlock_host.top.source import ScrapeError, source_of
from interlock_host.top.watch import Watch
from tests.host import probe

write: Any = generate_latest
INF = math.inf


class Host:
    """The metrics of an engine, which can begin anew."""

    def __init__(self, folder: Path) -> None:
        self._config = EngineConfig(modules=(folder,), standard=False)
        self.restart()

    def restart(self) -> None:
        self.engine = Engine(self._config, clock=VirtualClock(10**18))
        self._metrics = CallMetrics(self.engine)

    def call(self, times: int, seconds: float = 0.001, status: str = "OK", language: str = "go") -> None:
        for _ in range(times):
            self._metrics.observe(language, "probe", "Echo", status, seconds)

    def text(self) -> str:
        return str(write(self._metrics.registry).decode())

    def reading(self, at: float) -> Reading:
        return read(self.text(), at)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(probe.write_probe(tmp_path / "modules"))
    yield host
    host.engine.close()


def test_rates(host: Host) -> None:
    host.call(5)
    old = host.reading(at=10.0)
    host.call(30)
    host.call(6, status="NOT_FOUND", language="rust")
    change = Change(host.reading(at=12.0), old)
    module = change.modules["probe"].traffic
    assert (module.calls, module.errors, module.total) == (18.0, 3.0, 41)
    assert module.statuses == {"OK": 15.0, "NOT_FOUND": 3.0}
    assert {name: one.calls for name, one in change.languages.items()} == {"go": 15.0, "rust": 3.0}
    assert change.methods["probe.Echo"] == module
    assert change.total.traffic == module
    assert not change.restarted


def test_first_reading_has_no_rates(host: Host) -> None:
    host.call(5)
    change = Change(host.reading(at=10.0))
    module = change.modules["probe"].traffic
    assert (change.measured, module.calls, module.p99, module.total) == (False, 0.0, None, 5)


def test_latency_is_of_the_interval_alone(host: Host) -> None:
    host.call(1000, seconds=20.0)
    old = host.reading(at=1.0)
    host.call(10, seconds=0.0002)
    traffic = Change(host.reading(at=2.0), old).languages["go"]
    # All lie in the bucket from 0.1 to 0.25 ms, evenly as far as anyone can tell.
    assert traffic.p50 == pytest.approx(0.000_175)
    assert traffic.p99 == pytest.approx(0.000_248_5)


def test_no_calls_in_an_interval(host: Host) -> None:
    host.call(5)
    change = Change(host.reading(at=2.0), host.reading(at=1.0))
    assert (change.languages["go"].calls, change.languages["go"].p50) == (0.0, None)


def test_restart(host: Host) -> None:
    """A host that began anew counted from 0: what it says is what happened."""
    host.call(100, seconds=5.0)
    old = host.reading(at=1.0)
    host.engine.close()
    host.restart()
    host.call(8, seconds=0.0002)
    change = Change(host.reading(at=3.0), old)
    assert change.restarted
    assert change.total.traffic.calls == 4.0
    assert change.total.traffic.p99 == pytest.approx(0.000_248_5)


def test_restart_to_no_calls(host: Host) -> None:
    host.call(100)
    old = host.reading(at=1.0)
    host.engine.close()
    host.restart()
    change = Change(host.reading(at=2.0), old)
    assert (change.restarted, change.total.traffic.calls, change.languages) == (True, 0.0, {})


def test_held(host: Host) -> None:
    engine = host.engine
    methods = engine.modules["probe"].methods
    old = host.reading(at=1.0)
    engine.start(methods["Wait"], probe.message(instance="one"), lambda _: None)
    engine.start(methods["Trap"], probe.message(instance="two"))
    module = Change(host.reading(at=2.0), old).modules["probe"]
    assert (module.parked, module.instances, module.traps, module.new_traps) == (1, 2, 1, 1)
    assert module.values["parked"] == 1
    assert module.memory >= 2 << 16


def test_increase() -> None:
    assert (increase(3, 7), increase(7, 3), increase(3, 3)) == (4, 3, 0)
    # One bucket that fell makes all of it new.
    assert buckets_increase({1.0: 2, INF: 9}, {1.0: 1, INF: 9}) == {1.0: 1, INF: 9}


@pytest.mark.parametrize(
    ("q", "buckets", "seconds"),
    [
        (0.5, {}, None),
        (0.5, {1.0: 0, INF: 0}, None),
        (0.5, {1.0: 10, INF: 10}, 0.5),
        (0.5, {1.0: 5, 2.0: 15, INF: 20}, 1.5),
        (0.99, {1.0: 0, 2.0: 10, INF: 20}, 2.0),  # the last bucket has no end
        (0.25, {1.0: 0, 2.0: 0, 3.0: 4, INF: 4}, 2.25),
    ],
)
def test_quantile(q: float, buckets: dict[float, float], seconds: float | None) -> None:
    assert quantile(q, buckets) == seconds


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8), st.floats(0.01, 1.0))
def test_quantile_lies_where_its_rank_does(counts: list[int], q: float) -> None:
    bounds = [*map(float, range(1, len(counts))), INF]
    buckets = {bound: float(sum(counts[: index + 1])) for index, bound in enumerate(bounds)}
    found = quantile(q, buckets)
    if not sum(counts):
        assert found is None
        return
    assert found is not None and 0 <= found <= bounds[-2]
    if found < bounds[-2]:
        at_or_below = min(bound for bound in bounds if bound >= found)
        assert buckets[at_or_below] >= q * sum(counts) - 1e-6


def watching(answers: list[str | ScrapeError]) -> tuple[Watch, Callable[[float], bool]]:
    """A watch of these answers, one a second."""
    now = [0.0]

    def fetch() -> str:
        answer = answers.pop(0)
        if isinstance(answer, ScrapeError):
            raise answer
        return answer

    def wait(seconds: float) -> bool:
        now[0] += seconds
        return not answers

    return Watch("here", fetch, 1.0, lambda: now[0]), wait


def test_an_outage_is_a_gap(host: Host) -> None:
    gone = ScrapeError(UNAVAILABLE, "no host answers at here")
    first = host.text()
    host.call(30)
    watch, wait = watching([first, gone, gone, host.text()])
    assert not watch.begin().change.measured
    frames = list(watch.frames(wait))
    assert [frame.error for frame in frames] == [gone, gone, None]
    assert frames[-1].change.seconds == 3.0
    assert frames[-1].change.total.traffic.calls == 10.0
    assert list(frames[-1].history["probe"]) == [10.0]
    assert record(frames[0])["up"] is False
    assert json.loads(json.dumps(record(frames[0])))["error"] == str(gone)


def test_absent_at_the_start() -> None:
    watch, _ = watching([ScrapeError(UNAVAILABLE, "no host")])
    with pytest.raises(ScrapeError, match="no host"):
        watch.begin()


def test_a_count_ends_it(host: Host) -> None:
    watch, wait = watching([host.text() for _ in range(9)])
    watch.begin()
    assert len(list(watch.frames(wait, count=3))) == 3


@pytest.mark.parametrize("text", ["<html>", "", "# TYPE other counter\nother_total 1\n# EOF\n"])
def test_metrics_of_something_else(text: str) -> None:
    watch, _ = watching([text])
    with pytest.raises(ScrapeError, match="here serves no metrics of Interlock") as raised:
        watch.begin()
    assert raised.value.code == UNIMPLEMENTED


@pytest.mark.parametrize(
    ("text", "address", "path"),
    [
        ("127.0.0.1:9464", "127.0.0.1:9464", "/metrics"),
        ("http://localhost:9464", "localhost:9464", "/metrics"),
        ("http://localhost/scrape/me", "localhost:80", "/scrape/me"),
        ("https://[::1]", "[::1]:443", "/metrics"),
        ("[::1]:9464", "[::1]:9464", "/metrics"),
    ],
)
def test_sources(text: str, address: str, path: str) -> None:
    source = source_of(text)
    assert (str(source), source.path, source.tls is not None) == (address, path, text.startswith("https"))


@pytest.mark.parametrize(
    "text", ["off", "ftp://localhost:1", "unix:/run/s", "localhost:http", "", "http://u@h:1"]
)
def test_what_is_no_source(text: str) -> None:
    with pytest.raises(ConfigError):
        source_of(text)


def test_a_token_is_not_shown_to_the_network() -> None:
    assert source_of("127.0.0.1:9464", token="secret").token == "secret"
    assert source_of("https://example.com", token="secret").tls is not None
    with pytest.raises(ConfigError, match="in the clear"):
        source_of("example.com:9464", token="secret")
    assert "secret" not in repr(source_of("127.0.0.1:9464", token="secret"))


def test_units() -> None:
    assert [units.rate(value) for value in (0, 0.04, 9.94, 9.96, 12_345, 2_340_000)] == [
        "0", "0.0", "9.9", "10", "12,345", "2.3 M",
    ]  # fmt: skip
    assert [units.count(value) for value in (0, 99_999, 100_000, 123_456_789)] == [
        "0",
        "99,999",
        "100 k",
        "123 M",
    ]
    assert [units.duration(value) for value in (None, 0.000_03, 0.0012, 0.9994, 0.9996, 60)] == [
        "-", "30 µs", "1.2 ms", "999 ms", "1.0 s", "60 s",
    ]  # fmt: skip
    assert [units.size(value) for value in (0, 999, 1000, 196_608, 5 << 30)] == [
        "0 B", "999 B", "1.0 KiB", "192 KiB", "5.0 GiB",
    ]  # fmt: skip

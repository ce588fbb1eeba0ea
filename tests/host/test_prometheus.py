"""Our rules and our dashboard, by promtool and by a real Prometheus that scrapes a real host."""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from interlock.queue.v1 import queue_pb2
from interlock_host.top.change import quantile
from interlock_host.top.source import source_of
from tests.host.prometheus_server import DEPLOY, RULES, Prometheus, promtool, require_prometheus, scraping
from tests.host.serving import Served, refused, serving

DASHBOARD = json.loads((DEPLOY / "grafana" / "interlock.json").read_text("utf-8"))
RULE_LIST = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
ALERTS = [rule["alert"] for rule in RULE_LIST if "alert" in rule]
RECORDED = {rule["record"] for rule in RULE_LIST if "record" in rule}

PUSH = queue_pb2.PushRequest(instance="orders", items=[{"data": b"one"}]).SerializeToString()
_VARIABLES = {"$job": "interlock", "$module": ".*", "$__rate_interval": "1m", "$__range": "5m"}
_NAME = re.compile(r"\b(?:[a-z_]+:)*(?:interlock|wasm_metric)_\w+(?::\w+)*|\bup\b")
_STRING = re.compile(r'"[^"]*"')


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of the dashboard with its panel's title, variables filled in."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            text = target["expr"]
            for variable, value in _VARIABLES.items():
                text = text.replace(variable, value)
            yield panel["title"], text


def names_in(expression: str) -> set[str]:
    return set(_NAME.findall(_STRING.sub('""', expression)))


async def use(served: Served) -> str:
    """Make calls that show in every panel; return what /metrics says afterwards."""
    served.daemon.security.reloads.watch("tokens")  # this host has no such file
    await served.unary("Push", "interlock.queue.v1.QueueService")(PUSH)
    for _ in range(20):
        await served.call("Echo")
    for method in ("Trap", "Refuse"):
        async with refused():
            await served.call(method)
    return await asyncio.to_thread(source_of(str(served.daemon.metrics_address)).read)


def test_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["targets"] for panel in panels)
    assert "$" not in "".join(text for _, text in expressions())
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells), "panels lie over each other"
    assert max(x for x, _ in cells) < 24


def test_names_are_found() -> None:
    assert names_in('sum(up{job="interlock_x"}) / rate(wasm_metric_counter_total{a="b"}[1m])') == {
        "up",
        "wasm_metric_counter_total",
    }
    assert names_in("wasm_module:interlock_faults:ratio_rate5m") == {
        "wasm_module:interlock_faults:ratio_rate5m"
    }


async def test_every_name_is_one_that_a_host_shows(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0", data=tmp_path / "data") as served:
        text = await use(served)
    shown = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE)) | RECORDED | {"up"}
    for title, expression in expressions():
        names = names_in(expression)
        assert names and names <= shown, (title, names - shown)
    for rule in RULE_LIST:
        names = names_in(rule["expr"])
        assert names and names <= shown, (rule, names - shown)


async def test_every_family_of_a_host_is_in_a_panel(tmp_path: Path) -> None:
    async with serving(tmp_path, metrics="127.0.0.1:0", data=tmp_path / "data") as served:
        text = await use(served)
    families = re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)
    drawn = set[str]().union(*(names_in(expression) for _, expression in expressions()))
    assert len(families) > 5
    assert [family for family in families if not any(name.startswith(family) for name in drawn)] == []


def test_every_alert_says_what_to_do() -> None:
    for rule in RULE_LIST:
        if "alert" in rule:
            assert rule["for"] and rule["labels"]["severity"] in ("warning", "critical")
            assert all(rule["annotations"][text].strip() for text in ("summary", "description", "runbook"))


def test_every_alert_has_a_test() -> None:
    tests = (RULES.parent / "interlock.tests.yml").read_text("utf-8")
    assert [alert for alert in ALERTS if tests.count(alert) < 2] == []


def test_rules_by_promtool() -> None:
    require_prometheus()
    assert f"{len(RULE_LIST)} rules found" in promtool("check", "rules", RULES.name)
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "interlock.tests.yml")


async def asked(prometheus: Prometheus, ask: Callable[[], Any]) -> Any:
    """Ask on a thread: the host is on this one's loop."""
    return await asyncio.to_thread(prometheus.until, ask)


def rule_states(prometheus: Prometheus) -> dict[str, tuple[str, str]]:
    """Health and state of every rule that was evaluated."""
    groups = (prometheus.get("rules") or {"groups": []})["groups"]
    return {
        rule["name"]: (rule["health"], rule.get("state", ""))
        for group in groups
        for rule in group["rules"]
        if rule["health"] != "unknown"
    }


async def test_a_real_prometheus(tmp_path: Path) -> None:
    """It scrapes a host, evaluates every rule and every panel, agrees on quantiles, and misses the host."""
    require_prometheus()
    async with serving(tmp_path, metrics="127.0.0.1:0", data=tmp_path / "data") as served:
        await use(served)
        with scraping(tmp_path, str(served.daemon.metrics_address)) as prometheus:
            await asked(prometheus, lambda: prometheus.query('wasm_metric_counter_total{method="Refuse"}'))
            states = await asked(
                prometheus, lambda: len(found := rule_states(prometheus)) == len(RULE_LIST) and found
            )
            assert {health for health, _ in states.values()} == {"ok"}
            await use(served)
            await asked(prometheus, lambda: prometheus.query(f'{{__name__=~"{"|".join(RECORDED)}"}}'))
            await every_panel(prometheus)
            await same_quantiles(prometheus)
            await served.daemon.stop()
            await asked(prometheus, lambda: rule_states(prometheus)["InterlockDown"] == ("ok", "pending"))


async def every_panel(prometheus: Prometheus) -> None:
    """Each expression is accepted, and has data: two scrapes with calls in between are there."""
    calls = 'rate(wasm_metric_counter_total{method="Echo"}[1m]) > 0'
    await asked(prometheus, lambda: prometheus.query(calls))
    for title, expression in expressions():
        found = functools.partial(prometheus.query, expression)
        assert await asked(prometheus, found), title


async def same_quantiles(prometheus: Prometheus) -> None:
    """`interlock top` estimates as histogram_quantile does, on the same buckets."""
    name = 'wasm_metric_latency_seconds_bucket{method="Echo"}'
    for q in (0.5, 0.9, 0.99, 1.0):
        ours = {
            float(one["metric"]["le"]): float(one["value"][1])
            for one in await asyncio.to_thread(prometheus.query, name)
        }
        (theirs,) = await asyncio.to_thread(prometheus.query, f"histogram_quantile({q}, {name})")
        assert float(theirs["value"][1]) == pytest.approx(quantile(q, ours))

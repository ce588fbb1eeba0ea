"""What rules allow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from interlock_host.security.rules import Rule, parse_rule, rule_name


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("queue/orders-*:rw", Rule("queue", "orders-*", True)),
        ("queue/orders:r", Rule("queue", "orders", False)),
        ("counter:r", Rule("counter", "*", False)),
        ("acme.*.v1/a?[!x]:rw", Rule("acme.*.v1", "a?[!x]", True)),
        ("host:rw", Rule("host", "*", True)),
        ("reflection/*:r", Rule("reflection", "*", False)),
    ],
)
def test_parse(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "text",
    ["", ":", "queue", "queue/a", "queue/a:", "queue/a:w", "queue/a:read", "/a:r", "queue/:r", "a b/c:r",
     "queue/a/b:r", "queue/\n:r", "host/a:r", "metrics/a*:r"],
)  # fmt: skip
def test_invalid(text: str) -> None:
    with pytest.raises(ValueError, match=r"no rule|no instances"):
        parse_rule(text)


@pytest.mark.parametrize(
    ("rule", "call", "allowed"),
    [
        ("queue/orders-*:rw", ("queue", "orders-1", True), True),
        ("queue/orders-*:rw", ("queue", "orders-1", False), True),
        ("queue/orders-*:rw", ("queue", "orders", True), False),
        ("queue/orders-*:rw", ("counter", "orders-1", False), False),
        ("queue/orders-*:r", ("queue", "orders-1", True), False),
        ("queue/orders-*:r", ("queue", "orders-1", False), True),
        ("queue/orders:rw", ("queue", "orders.old", True), False),
        ("q*/*:rw", ("queue", "any", True), True),
        ("queue/A*:rw", ("queue", "a1", True), False),
        ("host:r", ("host", "", False), True),
        ("host:r", ("host", "", True), False),
        ("host:rw", ("reflection", "", False), False),
        ("host:rw", ("queue", "host", False), False),
    ],
)
def test_allows(rule: str, call: tuple[str, str, bool], allowed: bool) -> None:
    assert parse_rule(rule).allows(*call) is allowed


@pytest.mark.parametrize("own", ["host", "reflection", "metrics"])
@pytest.mark.parametrize("pattern", ["*:rw", "*/*:rw", "[hrm]*:rw", "????*:rw"])
def test_no_pattern_covers_the_host(own: str, pattern: str) -> None:
    """Whoever may use every module may not for that delete instances, or read what others do."""
    assert not parse_rule(pattern).allows(own, "", False)


def test_a_module_named_host() -> None:
    """A module of anyone's could be named so; rules of the host are not about it, nor the other way round."""
    module: Any = SimpleNamespace(name="host", package="acme.host.v1")
    assert rule_name(module) == "acme.host.v1"
    assert not parse_rule("host:rw").allows(rule_name(module), "a", False)
    assert not parse_rule("acme.host.v1:rw").allows("host", "", False)

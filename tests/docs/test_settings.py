"""SETTINGS.md names every setting as the host knows it."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from interlock_host import config_values as values
from interlock_host.cli.serve import serve
from interlock_host.config import READERS, HostConfig, InstanceRule, load
from interlock_host.engine import Engine
from interlock_host.module import CAPS, Limits
from interlock_host.server.granting import check_limits
from interlock_host.server.instance_config import InstanceConfigs

PAGE = (Path(__file__).parents[2] / "SETTINGS.md").read_text()
TYPES: dict[Callable[[Any], Any], str] = {
    values.text: "text",
    values.texts: "list of texts",
    values.path: "path",
    values.paths: "list of paths",
    values.whole: "whole number from 0",
    values.at_least_one: "whole number from 1",
    values.seconds: "number",
    values.flag: "true or false",
}


def table(section: str) -> dict[str, dict[str, str]]:
    """The rows of a section's table, by their key: cells by the head of their column."""
    text = re.split(rf"^## `?{re.escape(section)}`?$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0]
    head, _, *rows = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line[:1] == "|"
    )
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    found = {row["key"].strip("`"): row for row in cells}
    assert len(found) == len(cells) and all(row["meaning"] for row in cells)
    return found


def literal(cell: str) -> Any:
    """What a cell says in TOML; "none" is None."""
    return None if cell == "none" else tomllib.loads(f"it = {cell.strip('`')}")["it"]


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


KEYS = table("Keys")


def test_every_key() -> None:
    assert list(KEYS) == [field.name for field in dataclasses.fields(HostConfig)]


@pytest.mark.parametrize("key", KEYS)
def test_default(key: str) -> None:
    default, said = getattr(HostConfig(), key), literal(KEYS[key]["default"])
    assert said == (None if default in (None, "", ()) else default)


@pytest.mark.parametrize("key", READERS)
def test_type(key: str) -> None:
    reader, said = READERS[key], KEYS[key]["type"]
    choices = re.findall(r'`"(\w+)"`', said)
    if not choices:
        assert said == TYPES[reader]
        return
    assert [reader(choice) for choice in choices] == choices
    with pytest.raises(ValueError, match=f"one of {', '.join(choices)}$"):
        reader("none of them")


def test_units() -> None:
    """What is counted, measured or weighed says in what."""
    words = {"seconds": "seconds", "bytes": "bytes", "entries": "entries", "instances": "instances"}
    for key, row in KEYS.items():
        if row["type"] in ("number", "whole number from 1"):
            assert row["unit"] == words.get(key.rpartition("_")[2], row["unit"]) != ""
        else:
            assert row["unit"] == ""


def test_flags() -> None:
    flags = {
        option.name: option.opts[0] for option in serve.params if isinstance(option, click.Option)
    }  # fmt: skip
    del flags["file"]  # --config
    assert flags == {key: row["flag"].strip("`") for key, row in KEYS.items() if row["flag"]}


def test_limits() -> None:
    rows = table("[[limits]]")
    assert list(rows) == ["module", *(field.name for field in dataclasses.fields(Limits))]
    assert literal(rows.pop("module")["default"]) == "*"
    assert {key: literal(row["default"]) for key, row in rows.items()} == dataclasses.asdict(CAPS)
    assert all(row["type"] == "whole number from 1" and row["unit"] for row in rows.values())


def test_instances() -> None:
    rows = table("[[instances]]")
    fields = {field.name: field for field in dataclasses.fields(InstanceRule)}
    del fields["where"]
    assert list(rows) == list(fields)
    rule = InstanceRule("queue")
    defaults = {key: literal(row["default"]) for key, row in rows.items() if row["default"]}
    assert defaults == {"name": rule.name, "config": rule.config, "durability": rule.durability or None}


def test_example(tmp_path: Path) -> None:
    """It has every key of every table, and a host takes it."""
    document = tomllib.loads(example())
    assert set(document) == set(KEYS)
    for section in ("limits", "instances"):
        assert set().union(*document[section]) == set(table(f"[[{section}]]"))
    (tmp_path / "interlock.toml").write_text(example())
    config = load(tmp_path / "interlock.toml", {})
    engine = Engine()
    try:
        check_limits(config, engine.modules)
        InstanceConfigs(config).check(engine.modules)
    finally:
        engine.close()
    assert config.caps_of("counter").entry_budget_ms == 100
    assert config.config_of("queue", "orders-1")["lease_ms"] == 60_000
    assert config.durability_of("counter", "scratch-1") == "ephemeral"

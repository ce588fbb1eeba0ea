"""The TypeScript consumer: compiled strictly, and a stock client against a real daemon."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo.daemon import Daemon
from demo.readings import Readings
from demo.typescript_client import LOCK, PACKAGE
from tests.bindings.go_toolchain import require_go
from tests.bindings.node_toolchain import require_node, run_node

pytestmark = pytest.mark.timeout(900)  # the first run in a checkout fetches the packages


@pytest.fixture(scope="module")
def node() -> None:
    require_node()


def packages() -> dict[str, dict[str, Any]]:
    """What the lock file pins, by where it is installed; not the client itself."""
    locked: dict[str, dict[str, Any]] = json.loads(LOCK.read_text("utf-8"))["packages"]
    return {path: package for path, package in locked.items() if path}


def test_the_lock_names_hashes_and_no_registry() -> None:
    assert not [path for path, package in packages().items() if "integrity" not in package]
    assert not [path for path, package in packages().items() if "resolved" in package]


def test_versions_are_exact() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    for name, version in {**manifest["dependencies"], **manifest["devDependencies"]}.items():
        assert re.fullmatch(r"[0-9.]+", version), name
        assert packages()[f"node_modules/{name}"]["version"] == version


def test_it_is_a_stock_client() -> None:
    """gRPC, Node.js, and what protoc generated: nothing else of anybody's."""
    taken: set[str] = set()
    for source in PACKAGE.glob("*.ts"):
        taken |= set(re.findall(r'\bfrom "([^"]+)"', source.read_text("utf-8")))
    elsewhere = {name for name in taken if not name.startswith(("node:", "./gen/"))}
    own = {f"./{source.stem}.js" for source in PACKAGE.glob("*.ts")}
    assert elsewhere - own == {"@grpc/grpc-js"}


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
@pytest.mark.parametrize("require", [require_node, require_go])
def test_a_missing_language_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, require: Callable[[], None], ci: str, outcome: Any
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"not installed|CI must not leave its tests out"):
        require()


@pytest.mark.usefixtures("node")
def test_types() -> None:
    assert run_node("npm", "run", "--silent", "check") == ""


@pytest.mark.usefixtures("node")
def test_stock_client() -> None:
    with Daemon() as daemon:
        said = run_node("npm", "test", "--silent", INTERLOCK_TARGET=daemon.target)
        readings = Readings(daemon.metrics())
    assert "# fail 0" in said
    assert "# skipped 0" in said
    assert "# pass 0" not in said
    assert readings.languages() == ["typescript"]
    assert readings.of("typescript", "Join").ok == 1

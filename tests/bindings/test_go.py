"""Go: a plain client generated from protos/, against a daemon. Its own tests are in demo/go."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.daemon import Daemon
from demo.readings import Readings
from tests.bindings.go_toolchain import require_go, run_go

pytestmark = pytest.mark.timeout(900)  # the first build on a machine compiles gRPC


@pytest.fixture(autouse=True, scope="module")
def go() -> None:
    require_go()


def test_formatted() -> None:
    assert run_go("gofmt", "-l", ".") == ""


def test_vet() -> None:
    run_go("go", "vet", "./...")


def test_modules_are_tidy() -> None:
    assert run_go("go", "mod", "tidy", "-diff") == ""


def test_build(tmp_path: Path) -> None:
    program = tmp_path / "consumer"
    run_go("go", "build", "-o", str(program), ".")
    assert program.is_file()


def test_stock_client() -> None:
    with Daemon() as daemon:
        said = run_go("go", "test", "-count=1", "-v", ".", INTERLOCK_TARGET=daemon.target)
        calls = Readings(daemon.metrics()).of("go", "Join")
    assert "--- SKIP" not in said
    assert calls.ok == 1

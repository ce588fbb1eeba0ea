"""The counter's cells: what their functions may contain, to be entered by several processes one day."""

import subprocess
import sys
from pathlib import Path

import pytest

from interlock_host.pack import reachable_instructions

MODULES = Path(__file__).resolve().parents[2] / "wasm_modules"
DIRECT = ("counter_find_cell", "counter_get_cell", "counter_add_cell", "counter_cas_cell")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, frozenset[str]]:
    """The instructions that each direct function reaches."""
    out = tmp_path_factory.mktemp("cells") / "cells.wasm"
    command = [
        *(sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"),
        *("-mcpu=generic+atomics+bulk_memory+mutable_globals", "-std=c11", "-O2", "-g0", "-nostdlib"),
        *("-Wl,--no-entry", *(f"-Wl,--export={name}" for name in DIRECT)),
        *(str(MODULES / "counter" / "cells.c"), str(MODULES / "runtime" / "memory.c"), "-o", str(out)),
    ]
    subprocess.run(command, check=True, timeout=300)
    return {name: frozenset(reach) for name, reach in reachable_instructions(out.read_bytes()).items()}


@pytest.mark.parametrize("name", DIRECT)
def test_no_global_no_growth_no_lock(found: dict[str, frozenset[str]], name: str) -> None:
    refused = {"global.get", "global.set", "memory.grow", "call_indirect"}
    assert not refused & found[name]
    assert not any("wait" in instruction for instruction in found[name])


def test_shared_words_are_atomic(found: dict[str, frozenset[str]]) -> None:
    assert "i64.atomic.load" in found["counter_get_cell"]
    assert "i32.atomic.load" in found["counter_find_cell"]
    assert {"i64.atomic.load", "i64.atomic.rmw.cmpxchg"} <= found["counter_add_cell"]
    assert "i64.atomic.rmw.cmpxchg" in found["counter_cas_cell"]

"""The gate: a module by a third party, compiled with zig, packed with our command line, called in process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from interlock_host.cli.pack import pack
from interlock_host.engine import Engine
from tests.host.session import Session

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "wasm_modules" / "third_party"
PROTO = SOURCE / "acme" / "gate" / "v1" / "gate.proto"
SERVICE = "acme.gate.v1.GateService"


def compile_gate(out: Path) -> Path:
    """Compile gate.c the way its author would, with nothing of ours but the ABI's header."""
    command = [
        sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-std=c11", "-O2", "-g0",
        "-Wall", "-Wextra", "-Werror", "-mcpu=generic+bulk_memory+mutable_globals", "-nostdlib",
        "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=16384",
        "-I", str(ROOT / "wasm_modules" / "abi"), str(SOURCE / "gate.c"), "-o", str(out),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return out


def pack_gate(compiled: Path, out: Path) -> Path:
    """Pack it with `interlock pack`."""
    arguments = [str(compiled), "--proto", str(PROTO), "--contract", str(SOURCE / "contract.yaml")]
    result = CliRunner().invoke(pack, [*arguments, "-o", str(out)])
    assert result.exit_code == 0, result.output
    return out


class Gate(Session):
    """Calls the gate."""

    def __init__(self, engine: Engine, packed: Path) -> None:
        super().__init__(engine, packed, SERVICE)

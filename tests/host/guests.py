"""The guests: one module in every language, built as the README of its language's glue tells an author to."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLUE = ROOT / "wasm_modules" / "abi"
SOURCES = ROOT / "tests" / "wasm_modules" / "guests"
SCRATCH = ROOT / "build" / "out" / "guests"
_STEPS = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


class ToolMissing(Exception):
    """A language's compiler is not here; says what to install."""


@dataclass(frozen=True)
class Tool:
    """A compiler: its version, for the key of what it built, and the commands that stand for it on PATH."""

    version: str
    commands: tuple[tuple[str, str], ...] = ()


def _output(*command: str) -> str:
    """What a command prints; empty where it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _zig() -> Tool:
    return Tool(f"ziglang {version('ziglang')}")


def _go() -> Tool:
    found = _output("go", "env", "GOVERSION")
    if not found:
        raise ToolMissing("install Go 1.24 or newer")
    return Tool(found)


def _npm() -> Tool:
    """The compiler itself is pinned by the guest's lock file."""
    if not (_output("npm", "--version") and _output("node", "--version")):
        raise ToolMissing("install Node.js 20 or newer, with npm")
    return Tool("npm")


def _rust() -> Tool:
    """The first rustc that has the standard library for wasm32: rustup's, or a distribution's beside it."""
    for rustc in dict.fromkeys(filter(None, (shutil.which("rustc"), "/usr/bin/rustc"))):
        sysroot = _output(rustc, "--print", "sysroot")
        rustlib = Path(sysroot or "/nowhere") / "lib" / "rustlib"
        if not (rustlib / "wasm32-unknown-unknown").is_dir():
            continue
        own_linker = any(rustlib.glob("*/bin/rust-lld"))
        linker = None if own_linker else _wasm_ld()
        if own_linker or linker:
            script = f'exec {rustc} {f"-C linker={linker}" if linker else ""} "$@"'
            return Tool(_output(rustc, "--version"), (("rustc", script),))
    raise ToolMissing(
        "rustup target add wasm32-unknown-unknown, or on Debian apt install rustc libstd-rust-dev-wasm32 lld"
    )


def _wasm_ld() -> str | None:
    """LLVM's linker, which Debian does not ship with rustc; its name may end in LLVM's version."""
    found = [shutil.which(name) for name in ("wasm-ld", *(f"wasm-ld-{major}" for major in range(30, 12, -1)))]
    return next(filter(None, found), None)


TOOLS: dict[str, Callable[[], Tool]] = {
    "c": _zig,
    "zig": _zig,
    "assemblyscript": _npm,
    "rust": _rust,
    "go": _go,
}


def build(language: str) -> Path:
    """The packed guest, from build/out where nothing that goes into it has changed.

    Raises:
        ToolMissing: Its compiler is not here.
    """
    tool = TOOLS[language]()
    folder = SCRATCH / language / _key(language, tool)
    built = folder / "latch.wasm"
    if not built.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
            os.replace(_build(language, tool, Path(scratch) / language), built)
    return built


def _build(language: str, tool: Tool, work: Path) -> Path:
    """An author's folder: sources, proto and contract; then the README's steps, run in it."""
    shutil.copytree(SOURCES / language, work)
    shutil.copytree(SOURCES / "acme", work / "acme")
    if not (work / "contract.yaml").exists():
        shutil.copy(SOURCES / "contract.yaml", work)
    commands = work / "bin"
    commands.mkdir()
    for name, script in (("python", f'exec {sys.executable} "$@"'), *tool.commands):
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    path = os.pathsep.join([str(commands), sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "INTERLOCK": str(ROOT), "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", steps(language)],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{language}:\n{done.stdout}{done.stderr}"
    return work / "latch.wasm"


def steps(language: str) -> str:
    """The one block of shell in the README of a language's glue."""
    (block,) = _STEPS.findall((GLUE / language / "README.md").read_text(encoding="utf-8"))
    return str(block)


def _key(language: str, tool: Tool) -> str:
    digest = hashlib.sha256(f"{language} {tool}".encode())
    for path in _inputs(language):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _inputs(language: str) -> Iterator[Path]:
    """Everything that goes into a guest, the packer included."""
    packer = ROOT / "host" / "interlock_host" / "pack"
    for folder in (GLUE / language, SOURCES / language, SOURCES / "acme", packer):
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from (GLUE / "interlock.h", SOURCES / "contract.yaml")

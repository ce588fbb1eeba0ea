"""Building modules: the same bytes anywhere, no more often than needed, and atomics that are atomic."""

import shutil
import subprocess
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

import modules
from atomics import EXPECTED, NotAtomic, check_atomics
from modules import (
    FEATURES,
    ROOT,
    Source,
    build_all,
    build_module,
    compile_module,
    descriptor_set,
    module_names,
)


def copy_tree(folder: Path) -> Path:
    """The sources of the modules in another place."""
    shutil.copytree(ROOT / "wasm_modules", folder / "wasm_modules")
    return folder


@pytest.mark.parametrize("name", module_names())
def test_reproducible(name: str, tmp_path: Path) -> None:
    here = build_module(Source(ROOT, name))
    assert here == build_module(Source(copy_tree(tmp_path / "a long way" / "off"), name))
    assert str(ROOT).encode() not in here


def test_atomics() -> None:
    for name, exports in EXPECTED.items():
        check_atomics(compile_module(Source(ROOT, name)), exports)


def test_atomics_missing() -> None:
    """What clang makes of atomics without the feature must not pass."""
    plain = compile_module(Source(ROOT, "queue"), FEATURES.replace("+atomics", ""))
    with pytest.raises(NotAtomic, match="Push reaches no atomic instruction"):
        check_atomics(plain, EXPECTED["queue"])


def test_atomics_of_unknown_export() -> None:
    with pytest.raises(NotAtomic, match="Absent"):
        check_atomics(compile_module(Source(ROOT, "queue")), ("Absent",))


def test_builds_only_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_tree(tmp_path)
    shutil.copytree(ROOT / "host" / "interlock_host" / "pack", root / "host" / "interlock_host" / "pack")
    monkeypatch.setattr(modules, "ROOT", root)
    built: list[str] = []

    def build(source: Source) -> bytes:
        built.append(source.name)
        return b"wasm"

    monkeypatch.setattr(modules, "build_module", build)
    build_all(["queue", "counter"])
    build_all(["queue", "counter"])
    assert built == ["queue", "counter"]

    header = root / "wasm_modules" / "queue" / "gen" / "queue.h"
    header.write_text(header.read_text() + "\n")
    build_all(["queue", "counter"])
    assert built == ["queue", "counter", "queue"]

    Source(root, "counter").built.write_bytes(b"other")
    build_all(["queue", "counter"])
    assert built == ["queue", "counter", "queue", "counter"]


def test_warnings_are_errors(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    (root / "wasm_modules" / "counter" / "extra.c").write_text("static int unused;\n")
    with pytest.raises(subprocess.CalledProcessError):
        compile_module(Source(root, "counter"))


def test_descriptors_stand_alone() -> None:
    """Imports come before what imports them, and each once."""
    seen: list[str] = []
    for file in FileDescriptorSet.FromString(descriptor_set("queue")).file:
        assert set(file.dependency) <= set(seen)
        seen.append(file.name)
    assert seen[-1] == "interlock/queue/v1/queue.proto"
    assert len(seen) == len(set(seen))

"""Bazel gives the modules that `make modules` gives, without a network."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modules import ROOT, Source, build_module, module_names
from tests.toolchain import require

# An idle machine of two cores takes 25; half of it is Go's standard library.
SECONDS = 240.0
pytestmark = pytest.mark.timeout(300)
SOURCES = (
    ".bazelignore", ".bazelrc", "BUILD.bazel", "MODULE.bazel", "WORKSPACE", "bindings/python", "build",
    "host/interlock_host", "protos", "tests/build/bazel", "wasm_modules",
)  # fmt: skip
BUILT = shutil.ignore_patterns("out", "node_modules", "__pycache__", "*.wasm")


class Bazel:
    """Bazel on a copy of the tree, with a server of its own. Proxies that answer nobody keep it offline."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self._output = folder / "output"
        for name in SOURCES:
            source, target = ROOT / name, self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=BUILT)
            else:
                shutil.copy(source, target)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
        return subprocess.run(
            ["bazel", f"--output_user_root={self._output}", "--max_idle_secs=60", *arguments],
            cwd=self.root,
            env=os.environ | nowhere | {"INTERLOCK_PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bazel]:
    require("bazel", get="make ci-tools")
    bazel = Bazel(tmp_path_factory.mktemp("bazel"))
    try:
        bazel.must("build", "//...")
        yield bazel
    finally:
        bazel.run("shutdown")


@pytest.fixture(scope="module")
def built(bazel: Bazel) -> Path:
    return Path(bazel.must("info", "bazel-bin").strip())


@pytest.mark.parametrize("name", module_names())
def test_same_bytes(name: str, bazel: Bazel, built: Path) -> None:
    made = build_module(Source(bazel.root, name))
    assert (built / "wasm_modules" / name / f"{name}.wasm").read_bytes() == made


def test_validates(bazel: Bazel) -> None:
    said = bazel.must("test", "//...")
    for name in module_names():
        assert f"//wasm_modules/{name}:{name}_test" in said
    assert f"{len(module_names())} tests pass" in said


def test_refuses_what_is_no_module(bazel: Bazel) -> None:
    folder = bazel.root / "tests" / "damaged"
    folder.mkdir()
    (folder / "BUILD.bazel").write_text(
        'load("//build:wasm.bzl", "wasm_validate_test")\n'
        'wasm_validate_test(name = "bare_test", size = "small", module = "bare.wasm")\n'
    )
    (folder / "bare.wasm").write_bytes(b"\0asm\1\0\0\0")
    done = bazel.run("test", "//tests/damaged:bare_test")
    assert done.returncode == 3, done.stderr
    assert "not packed" in done.stdout + done.stderr


def test_python_program(built: Path, tmp_path: Path) -> None:
    """It runs wherever it is copied, with its modules."""
    shutil.copytree(built / "tests" / "build" / "bazel", tmp_path / "away")
    done = subprocess.run(
        [tmp_path / "away" / "tally", "be", "or", "not", "be"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "interlock.counter.v1.CounterService\nbe 2\n"


def test_go_program(built: Path) -> None:
    require("go")
    program = built / "tests" / "build" / "bazel" / "digests"
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    carried = [built / "wasm_modules" / name / f"{name}.wasm" for name in ("counter", "queue")]
    digests = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}" for path in carried]
    assert said.splitlines() == digests

"""The folder of compiled modules: what is trusted, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from interlock_host.wasm.compiler import Compiler, compiler

WASM = bytes(wasmtime.wat2wasm('(module (func (export "f")))'))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "compiled"


@pytest.fixture
def compiled_anew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often wasmtime compiles rather than loads."""
    times: list[int] = []
    real = wasmtime.Module

    class Counted(wasmtime.Module):
        def __init__(self, engine: wasmtime.Engine, wasm: bytes) -> None:
            times.append(len(wasm))
            super().__init__(engine, wasm)

    monkeypatch.setattr(wasmtime, "Module", Counted)
    assert real is not Counted
    return times


def kept(cache: Path) -> Path:
    (path,) = cache.glob("*.cwasm")
    return path


def test_second_start_loads(cache: Path, compiled_anew: list[int]) -> None:
    for _ in range(2):
        compiler().compile(WASM, cache)
    assert len(compiled_anew) == 1


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_damaged_file_is_compiled_again(cache: Path, compiled_anew: list[int], at: int) -> None:
    compiler().compile(WASM, cache)
    damaged = bytearray(kept(cache).read_bytes())
    damaged[at] ^= 1
    kept(cache).write_bytes(damaged)
    compiler().compile(WASM, cache)
    compiler().compile(WASM, cache)
    assert len(compiled_anew) == 2


def test_a_torn_file_is_compiled_again(cache: Path, compiled_anew: list[int]) -> None:
    compiler().compile(WASM, cache)
    kept(cache).write_bytes(kept(cache).read_bytes()[:100])
    compiler().compile(WASM, cache)
    assert len(compiled_anew) == 2


def test_a_folder_that_others_write_to_is_not_trusted(cache: Path, compiled_anew: list[int]) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    for _ in range(2):
        compiler().compile(WASM, cache)
    assert len(compiled_anew) == 2
    assert list(cache.iterdir()) == []


def test_the_folder_is_ours_alone(cache: Path) -> None:
    compiler().compile(WASM, cache)
    assert cache.stat().st_mode & 0o777 == 0o700


def test_no_place_to_keep_it(tmp_path: Path, compiled_anew: list[int]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    compiler().compile(WASM, file / "below")
    assert len(compiled_anew) == 1


@pytest.mark.parametrize(
    "text",
    [
        "(module (memory 1) (memory 1))",
        "(module (memory i64 1))",
        "(module (type (struct)))",
        "(module (func (param v128 v128 v128) (result v128)"
        " local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd))",
    ],
)
def test_features_left_out(text: str) -> None:
    wasm = bytes(wasmtime.wat2wasm(text))
    with pytest.raises(wasmtime.WasmtimeError):
        compiler().compile(wasm, None)


def test_one_a_process() -> None:
    assert compiler() is compiler()
    assert isinstance(compiler(), Compiler)

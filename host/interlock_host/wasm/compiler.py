"""Compiles modules, and keeps what was compiled on disk.

A compiled module is machine code that is run as it is found, so the folder that
holds it is trusted only if nobody else can write to it, and each file only if
its own digest is right: a torn file is compiled again, never run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import stat
import tempfile
from pathlib import Path

import wasmtime
from platformdirs import user_cache_path

from interlock_host.wasm import raw
from interlock_host.wasm.epoch import EpochTicker

_MAX_STACK_BYTES = 256 * 1024
_DIGEST_BYTES = 32


def features() -> wasmtime.Config:
    """Return the WebAssembly that a module may use; all else does not validate.

    Left out is what two hosts could answer differently (relaxed SIMD, NaN
    payloads) and what a snapshot of memory and globals would miss.
    """
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd = False
    config.wasm_multi_memory = False
    config.wasm_memory64 = False
    config.wasm_exceptions = False
    config.wasm_function_references = False
    config.wasm_gc = False
    config.gc_support = False
    return config


class _ImmortalEngine(wasmtime.Engine):
    """The ticker's thread may use the engine while the interpreter ends and frees all else."""

    def _delete(self, ptr: object) -> None:
        pass


class Compiler:
    """One wasmtime engine and its epoch ticker; there is one a process."""

    def __init__(self) -> None:
        config = features()
        config.epoch_interruption = True
        config.max_wasm_stack = _MAX_STACK_BYTES
        # Memory that never moves lets a host keep its address, and a guard
        # larger than this would only shorten the list of instances that fit.
        config.memory_may_move = False
        config.memory_reservation = 1 << 32
        config.memory_guard_size = 1 << 16
        self.engine = _ImmortalEngine(config)
        self.engine_address = raw.address_of(self.engine.ptr())
        self.ticker = EpochTicker(self.engine_address)

    def compile(self, wasm: bytes, cache: Path | None) -> wasmtime.Module:
        """Return the compiled module, from `cache` where it holds it.

        Args:
            wasm: A module in binary form.
            cache: A folder of ours, or None to compile always.

        Raises:
            wasmtime.WasmtimeError: The bytes are not a valid module.
        """
        folder = _trusted(cache) if cache else None
        if folder is None:
            return wasmtime.Module(self.engine, wasm)
        path = folder / f"{_key(wasm)}.cwasm"
        kept = _read_kept(path)
        if kept is not None:
            with contextlib.suppress(wasmtime.WasmtimeError):
                return wasmtime.Module.deserialize(self.engine, kept)
        module = wasmtime.Module(self.engine, wasm)
        _keep(path, bytes(module.serialize()))
        return module


@functools.cache
def compiler() -> Compiler:
    """Return the process's compiler."""
    return Compiler()


def default_cache() -> Path:
    """Return the folder that compiled modules are kept in."""
    return user_cache_path("interlock") / "compiled"


def _key(wasm: bytes) -> str:
    # wasmtime itself refuses code of another version or configuration; the
    # version stands in the name so that two installations do not evict each other.
    return f"{hashlib.sha256(wasm).hexdigest()}-{importlib.metadata.version('wasmtime')}"


def _trusted(folder: Path) -> Path | None:
    """Return the folder if only we can write to it, made if it is absent."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return None
    ours = status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if ours else None


def _read_kept(path: Path) -> bytes | None:
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, code = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def _keep(path: Path, code: bytes) -> None:
    # A full or read-only disk costs the cache, not the start.
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(name, path)

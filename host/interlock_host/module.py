"""A module as it is served: its contract, its methods, its compiled program."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import wasmtime

from interlock.v1 import contract_pb2
from interlock_host.errors import ModuleError
from interlock_host.pack import Packed, PackError, effective_limits, read_packed
from interlock_host.pack.service import Method as PackedMethod
from interlock_host.wasm import wasi
from interlock_host.wasm.compiler import compiler
from interlock_host.wasm.program import Program, StartFailed


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that one instance may take.

    Bytes for memory and messages, milliseconds for the budget, messages for the
    window. As a cap, a field says the most that a contract may ask for.
    """

    max_memory: int
    max_message_bytes: int
    max_parked_calls: int
    max_parked_bytes: int
    entry_budget_ms: int
    stream_window: int

    def message(self) -> contract_pb2.Limits:
        """Return them as protos have them."""
        return contract_pb2.Limits(**dataclasses.asdict(self))


CAPS = Limits(
    max_memory=256 << 20,
    max_message_bytes=64 << 20,
    max_parked_calls=1_000_000,
    max_parked_bytes=256 << 20,
    entry_budget_ms=1_000,
    stream_window=65_536,
)
"""What a host grants at most, where its configuration says nothing."""


def granted(asked: contract_pb2.Limits, caps: Limits = CAPS) -> Limits:
    """Return what a contract asks for, defaults filled in, within the host's caps."""
    wanted = effective_limits(asked)
    names = [field.name for field in dataclasses.fields(Limits)]
    return Limits(**{name: min(getattr(wanted, name), getattr(caps, name)) for name in names})


class Method:
    """One RPC of a module."""

    __slots__ = ("client_streaming", "index", "module", "name", "path", "read", "server_streaming")

    def __init__(self, module: Module, packed: PackedMethod, index: int) -> None:
        self.module = module
        self.index = index
        """Its place in the service."""
        self.name = packed.name
        self.path = f"/{module.service}/{packed.name}"
        self.client_streaming = packed.client_streaming
        self.server_streaming = packed.server_streaming
        self.read = packed.read

    @property
    def unary(self) -> bool:
        """Whether one message is answered by one message."""
        return not (self.client_streaming or self.server_streaming)


class Module:
    """One packed `.wasm` file, compiled.

    Args:
        wasm: The packed file.
        source: Where it came from, for messages.
        cache: The folder of compiled modules, or None.
        caps: What the host grants at most.

    Raises:
        ModuleError: It is not a packed module, or does not compile.
    """

    def __init__(self, wasm: bytes, source: Path, cache: Path | None, caps: Limits = CAPS) -> None:
        started = time.perf_counter()
        try:
            self.packed: Packed = read_packed(wasm)
            compiled = compiler().compile(wasm, cache)
            globals_ = [kept.name for kept in self.packed.globals]
            self.program = Program(compiler(), compiled, uses_wasi=_uses_wasi(self.packed), globals=globals_)
        except (PackError, StartFailed, wasmtime.WasmtimeError) as error:
            raise ModuleError(f"{source}: {error}") from error
        self.wasm = wasm
        self.source = source
        self.contract = self.packed.contract
        self.package: str = self.contract.package
        self.service = f"{self.package}.{self.contract.service}"
        self.digest: str = self.packed.digest
        self.summary: str = self.contract.summary
        self.limits = granted(self.contract.limits, caps)
        self.descriptor_set: bytes = self.packed.descriptor_set
        self.methods_by_index = [Method(self, method, i) for i, method in enumerate(self.packed.methods)]
        self.methods = {method.name: method for method in self.methods_by_index}
        self.exports = frozenset(self.packed.exports)
        self.name = self.package
        """The short name, once a registry has found it to be unique."""
        self.start_seconds = time.perf_counter() - started

    @property
    def short_name(self) -> str:
        """The module's name wherever no other has it."""
        return short_name(self.package)


def short_name(package: str) -> str:
    """Return a package's last word before its version: `acme.gate.v1` is `gate`."""
    words = package.split(".")
    if len(words) > 1 and words[-1][0] == "v" and words[-1][1:2].isdigit():
        words.pop()
    return words[-1]


def _uses_wasi(packed: Packed) -> bool:
    return any(import_.module == wasi.MODULE for import_ in packed.imports)

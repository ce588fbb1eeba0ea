"""A program: a compiled module that machines are made from."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import NamedTuple

import wasmtime

from interlock_host.wasm import raw, wasi
from interlock_host.wasm.budget import Budget
from interlock_host.wasm.compiler import Compiler


class StartFailed(Exception):
    """The module could not be instantiated; nothing runs."""


class Inbox(NamedTuple):
    """Where the host writes a message."""

    word: int
    """As it stands in the control block."""
    address: int
    size: int


class Program:
    """A compiled module with its imports resolved: what machines are made from."""

    def __init__(
        self, compiler: Compiler, module: wasmtime.Module, *, uses_wasi: bool, globals: Iterable[str] = ()
    ) -> None:
        self.compiler = compiler
        self.uses_wasi = uses_wasi
        self.globals = tuple(globals)
        """The exports of its mutable globals, which an image keeps."""
        self.filled: tuple[tuple[int, int], ...] | None = None
        """Address and size of what its data segments fill, once `image` has found it."""
        self._linker = wasmtime.Linker(compiler.engine)
        if uses_wasi:
            wasi.define(self._linker)
        self._module = module
        pre = ctypes.c_void_p()
        error = raw.INSTANCE_PRE(
            raw.address_of(self._linker.ptr()), raw.address_of(module.ptr()), ctypes.byref(pre)
        )
        if error:
            raise StartFailed(raw.take_error(error))
        self.pre: raw.Address = pre.value or 0
        self._budgets: dict[int, Budget] = {}
        self._size = 0
        self._inbox = Inbox(0, 0, 0)

    # What is the same in all its machines, nearly always, is one object: a call
    # over ten thousand machines meets less memory that no cache holds.

    def budget(self, budget_ms: int) -> Budget:
        """Return the budget of this many milliseconds."""
        if budget_ms not in self._budgets:
            self._budgets[budget_ms] = Budget(self.compiler.ticker, budget_ms)
        return self._budgets[budget_ms]

    def size(self, size: int) -> int:
        """Return the size of a memory, in bytes."""
        if self._size != size:
            self._size = size
        return self._size

    def inbox(self, word: int) -> Inbox:
        """Return the inbox that a word of a control block names."""
        if self._inbox.word != word:
            self._inbox = Inbox(word, word & 0xFFFFFFFF, word >> 32)
        return self._inbox

    # The default argument is there still when the interpreter's end has cleared this module.
    def __del__(self, _delete: Callable[[int], None] = raw.INSTANCE_PRE_DELETE) -> None:
        if getattr(self, "pre", 0):
            _delete(self.pre)

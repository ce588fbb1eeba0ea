"""Atomics that stay atomic.

Without the target feature `atomics` clang compiles __atomic builtins to plain
loads and stores and says nothing, so the built module is looked at: the exports
named here, and those that a contract calls direct, must reach an atomic
instruction.
"""

from collections.abc import Iterable

from interlock_host.pack import atomic_instructions

# Exports by module. In the queue's ring a producer claims its slot and a
# consumer its seat by compare-and-exchange.
EXPECTED = {"queue": ("Push", "Pop")}


class NotAtomic(Exception):
    """A function that needs atomic instructions was built without them."""


def check_atomics(wasm: bytes, exports: Iterable[str]) -> None:
    """Raises NotAtomic where an export reaches no atomic instruction."""
    found = atomic_instructions(wasm)
    for export in exports:
        if not found.get(export):
            raise NotAtomic(f"{export} reaches no atomic instruction: built without +atomics?")

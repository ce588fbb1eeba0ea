"""Atomics that stay atomic.

Without the target feature `atomics` clang compiles __atomic builtins to plain
loads and stores and says nothing, so the built module is looked at: the exports
named here must reach instructions of each of these kinds.
"""

from interlock_host.pack import atomic_instructions

# Exports by module. The queue's ring is written for several processes: a
# producer claims its slot and a consumer its seat by compare-and-exchange.
EXPECTED = {"queue": ("Push", "Pop")}
KINDS = ("cmpxchg", "load")


class NotAtomic(Exception):
    """A function that needs atomic instructions was built without them."""


def check_atomics(wasm: bytes, exports: tuple[str, ...]) -> None:
    """Raises NotAtomic where an export lacks one of KINDS."""
    found = atomic_instructions(wasm)
    for export in exports:
        instructions = found.get(export, frozenset())
        missing = [kind for kind in KINDS if not any(kind in name for name in instructions)]
        if missing:
            raise NotAtomic(f"{export} reaches no atomic {', '.join(missing)}: built without +atomics?")

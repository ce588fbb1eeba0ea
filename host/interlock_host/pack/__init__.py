"""Packing: how a compiled WebAssembly file becomes a module that any host serves."""

from interlock_host.pack.code import atomic_instructions, reachable_instructions
from interlock_host.pack.contract import load_contract
from interlock_host.pack.errors import PackError
from interlock_host.pack.limits import DEFAULTS, effective_limits
from interlock_host.pack.packed import GlobalExport, Packed, read_packed
from interlock_host.pack.packer import pack
from interlock_host.pack.service import Method

__all__ = [
    "DEFAULTS",
    "GlobalExport",
    "Method",
    "PackError",
    "Packed",
    "atomic_instructions",
    "effective_limits",
    "load_contract",
    "pack",
    "reachable_instructions",
    "read_packed",
]

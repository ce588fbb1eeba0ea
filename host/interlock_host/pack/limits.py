"""The limits of a contract: their defaults, and what of them can be right."""

from __future__ import annotations

from interlock.v1 import contract_pb2
from interlock_host.pack.binary import PAGE_BYTES, Binary
from interlock_host.pack.errors import PackError

DEFAULTS = {
    "max_memory": 64 * 2**20,
    "max_message_bytes": 4_128_768,
    "max_parked_calls": 100_000,
    "max_parked_bytes": 64 * 2**20,
    "entry_budget_ms": 10,
    "stream_window": 256,
}
# The longest that one entry may hold an instance, and the largest 32-bit memory.
_LONGEST_BUDGET_MS = 60_000
_LARGEST_MEMORY = 2**32


def effective_limits(limits: contract_pb2.Limits) -> contract_pb2.Limits:
    """`limits` with the default in place of each 0."""
    return contract_pb2.Limits(**{name: getattr(limits, name) or value for name, value in DEFAULTS.items()})


def check_limits(contract: contract_pb2.Contract, binary: Binary) -> None:
    limits = effective_limits(contract.limits)
    if limits.max_memory > _LARGEST_MEMORY:
        raise PackError(f"limits.max_memory: {limits.max_memory} is more than 4 GiB, a 32-bit memory's end")
    minimum = binary.memories[0].minimum * PAGE_BYTES
    if minimum > limits.max_memory:
        raise PackError(
            f"limits.max_memory: the module begins with {minimum} bytes of memory, the limit is "
            f"{limits.max_memory}: no instance could be made; raise the limit or shrink the module's memory"
        )
    asked = contract.limits.max_message_bytes
    if asked > limits.max_memory:
        raise PackError(f"limits.max_message_bytes: {asked} is more than max_memory, {limits.max_memory}")
    if limits.entry_budget_ms > _LONGEST_BUDGET_MS:
        raise PackError(f"limits.entry_budget_ms: {limits.entry_budget_ms} is more than {_LONGEST_BUDGET_MS}")

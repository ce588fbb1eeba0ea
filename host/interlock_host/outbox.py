"""The rules that a record of an outbox must keep."""

from __future__ import annotations

from interlock_host.calls import FINAL, MESSAGE, Call
from interlock_host.wasm.machine import CUT, Emitted

ANSWER = FINAL | MESSAGE
"""The flags of a unary answer."""


def is_foreign(call: Call | None, entered: Call | None) -> bool:
    """Tell whether a read emits for a call other than its own."""
    return entered is not None and entered.method.read and call is not entered


def fault_of(record: Emitted, call: Call | None, entered: Call | None, max_message_bytes: int) -> str:
    """Say which rule of the ABI a record breaks; empty if none.

    Args:
        record: The record.
        call: The call that it names, if that is known and not finished.
        entered: The call whose entry emitted it; None in a tick.
        max_message_bytes: The largest reply.
    """
    call_id, status, flags, payload = record
    fault = ""
    if flags & CUT:
        fault = f"a record for call {call_id} does not fit the outbox"
    elif call is None:
        fault = f"a record for call {call_id}, which is unknown or finished"
    elif is_foreign(call, entered):
        fault = f"a read emitted for call {call_id}"
    elif status:
        pass  # an error carries what it likes
    elif not call.method.server_streaming and flags != ANSWER:
        fault = f"{call.method.name} is unary and emitted a record with flags {flags}"
    elif not flags:
        fault = f"a record for call {call_id} that is neither a message nor final"
    elif len(payload) > max_message_bytes:
        fault = f"{call.method.name} emitted {len(payload)} bytes"
    return fault

"""The id under which a caller sends a call and its retries: `request_id` metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interlock_host.errors import INVALID_ARGUMENT, HostError
from interlock_host.security.guard import Guard

REQUEST_ID = "request_id"
_LONGEST = 255


def scope_of(metadata: Iterable[tuple[str, str | bytes]], context: Any, guard: Guard | None) -> bytes:
    """Return what tells a caller's request from all others: principal and request id; empty without an id.

    Args:
        metadata: The caller's.
        context: The call's, of grpc.aio.
        guard: Knows the principal; None where everyone is nobody in particular.

    Raises:
        HostError: INVALID_ARGUMENT, the id is empty, too long, or came more than once.
    """
    ids = [value for key, value in metadata if key == REQUEST_ID]
    if not ids:
        return b""
    (value, *more) = ids
    if more or not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        text = f"request_id is one text of 1 to {_LONGEST} characters"
        raise HostError(INVALID_ARGUMENT, "INVALID_PROTO", text, REQUEST_ID)
    principal = guard.identify(context).name if guard is not None else ""
    return f"{principal}\0{value}".encode()

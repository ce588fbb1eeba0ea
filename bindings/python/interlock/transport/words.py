"""What both placements say in the same words."""

from __future__ import annotations

CLOSED = "the client is closed"
LATE = "the call's deadline passed"
"""As the host has it of a call whose deadline it sees pass: reason CALLER_GONE."""


def unserved(path: str) -> str:
    """Say that nothing serves "/package.Service/Method"."""
    return f"no module serves {path}"

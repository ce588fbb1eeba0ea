"""Whether a caller expects one answer or a stream of them, which gRPC's wire does not say.

A caller that mistakes the one for the other waits for an end that does not come, or takes
the only answer for a stream. The Python binding calls methods that it does not know, so it says
what it expects, in metadata; who says nothing is not asked.
"""

from __future__ import annotations

from interlock_host.errors import INVALID_ARGUMENT, Failure
from interlock_host.module import Method

Said = tuple[str, str]
"""Metadata of a call."""
UNARY: Said = ("interlock-kind", "unary")
STREAM: Said = ("interlock-kind", "stream")


def mistaken(method: Method, said: Said) -> Failure | None:
    """Return what to tell a caller of one message who expects the wrong answer; None if it is right."""
    if method.client_streaming:
        text = "takes a stream of messages"
    elif method.server_streaming and said == UNARY:
        text = "answers with a stream: open it as one"
    elif said == STREAM and not method.server_streaming:
        text = "answers once: it is a call, not a stream"
    else:
        return None
    return Failure(INVALID_ARGUMENT, "INVALID_PROTO", f"{method.path.removeprefix('/')} {text}", "method")

"""What a caller says of the request that its call is part of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

TRACEPARENT_KEY = "traceparent"
CORRELATION_KEY = "x-correlation-id"

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})(-.*)?"
)
"""Version ff and ids of zeros alone are invalid, and a later version may say more behind."""
_SAMPLED = 1
_LONGEST_CORRELATION = 128


class CallContext(NamedTuple):
    """The ids that tie a call's log lines and exemplars to a trace; empty where the caller sent none."""

    trace_id: str = ""
    sampled: bool = False
    correlation_id: str = ""


NO_CONTEXT = CallContext()


def context_of(metadata: Iterable[tuple[str, str | bytes]]) -> CallContext:
    """Read W3C `traceparent` and `x-correlation-id`; what does not parse is ignored, as the W3C asks."""
    context = NO_CONTEXT
    for key, value in metadata:
        if key == TRACEPARENT_KEY and isinstance(value, str):
            match = _TRACEPARENT.fullmatch(value)
            if match:
                sampled = bool(int(match["flags"], 16) & _SAMPLED)
                context = context._replace(trace_id=match["trace"], sampled=sampled)
        elif key == CORRELATION_KEY and isinstance(value, str):
            context = context._replace(correlation_id=value[:_LONGEST_CORRELATION])
    return context

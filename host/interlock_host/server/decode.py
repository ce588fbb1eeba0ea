"""Requests to the host's own services: those of modules are decoded by the modules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import DecodeError

from interlock_host.errors import INVALID_ARGUMENT, Failure
from interlock_host.server.status import refuse

_FAILURE = Failure(INVALID_ARGUMENT, "INVALID_PROTO", "the request does not decode")


async def decoded(kind: Any, data: bytes, context: Any) -> Any:
    """Return the message of this kind; bytes that are none end the call.

    As a deserialiser of grpc's, it would be answered with UNKNOWN, and each
    such request would write a traceback into the log.
    """
    try:
        return kind.FromString(data)
    except DecodeError:
        await refuse(context, _FAILURE)


async def decoded_all(kind: Any, requests: Any, context: Any) -> AsyncIterator[Any]:
    """Return the messages of a stream."""
    async for data in requests:
        yield await decoded(kind, data, context)

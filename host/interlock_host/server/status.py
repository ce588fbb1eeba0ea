"""Failures on the wire: a gRPC status, with a `google.rpc.Status` in its trailers."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from interlock_host.errors import DOMAIN, UNAUTHENTICATED, Failure

DETAILS_KEY = "grpc-status-details-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}

_LONGEST_MESSAGE = 1024
"""Characters. The text travels twice, and peers refuse trailers of more than 8 KiB."""


async def refuse(context: Any, failure: Failure, module: str = "") -> NoReturn:
    """End a call of grpc.aio with `failure`; `module` is named in the details, where known."""
    code, text, trailers = wire_status(failure, module)
    await context.abort(code, text, trailers)
    raise AssertionError("abort returned")


def wire_status(failure: Failure, module: str) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """Return the code, the text and the trailing metadata of a failure."""
    code = CODES.get(failure.code, grpc.StatusCode.UNKNOWN)
    text = failure.message[:_LONGEST_MESSAGE]
    status = status_pb2.Status(code=code.value[0], message=text)
    if failure.reason:
        packed = any_pb2.Any()
        packed.Pack(_error_info(failure, module))
        status.details.append(packed)
    return code, text, ((DETAILS_KEY, status.SerializeToString()),)


def _error_info(failure: Failure, module: str) -> error_details_pb2.ErrorInfo:
    info = error_details_pb2.ErrorInfo(reason=failure.reason, domain=failure.domain)
    if failure.field:
        info.metadata["field"] = failure.field
    unknown = failure.code == UNAUTHENTICATED and failure.domain == DOMAIN
    if module and not unknown:  # whoever is not known here does not learn what is served here
        info.metadata["module"] = module
    return info

"""What both gRPC transports share: the channel's settings, the metadata, the errors."""

from __future__ import annotations

import re
import sys
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from interlock import _version
from interlock.errors import DOMAIN, Code, Error, Invalid, TooLarge, Unavailable, Unsupported, error_of
from interlock.ops.flow import Request
from interlock.options import Options
from interlock.transport.reach import NO_HOST, NOT_SENT, Way
from interlock.transport.words import LATE, unserved
from interlock.url import Address

_DETAILS = "grpc-status-details-bin"
_TOO_LARGE = re.compile(r"(Sent|Received) message larger than max \((\d+) vs\. (\d+)\)")
_LATE = "Deadline Exceeded"

_KEY = re.compile(r"[a-z0-9_.-]+")
_TAKEN = ("authorization", "request_id", "interlock-", "grpc-")
"""How the keys begin that this client and gRPC set."""

Metadata = tuple[tuple[str, str], ...]

UNARY = ("interlock-kind", "unary")
STREAM = ("interlock-kind", "stream")
"""Say which answer is expected, one or a stream of them: a host refuses what the method does not give."""


def channel_options(address: Address) -> list[tuple[str, Any]]:
    """Return the arguments of a channel to this address."""
    options: list[tuple[str, Any]] = [
        ("grpc.primary_user_agent", f"interlock-python/{_version.VERSION}"),
        # A module's contract bounds its messages; the host enforces it.
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        # The client's own retries know which calls are safe to repeat.
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", 50),
        # How long one attempt to connect may take: a host may be an ocean away.
        ("grpc.min_reconnect_backoff_ms", 3_000),
        ("grpc.max_reconnect_backoff_ms", 5_000),
    ]
    if address.private:
        options.append(("grpc.enable_http_proxy", 0))
    return options


def base_metadata(options: Options) -> Metadata:
    """Return what is sent with every call.

    Raises:
        Invalid: A key or a value cannot be sent, or a key is the client's own.
    """
    for key, value in options.metadata.items():
        _check_pair(key, value)
    pairs = [("interlock-language", "python"), *options.metadata.items()]
    if options.token:
        pairs.append(("authorization", f"Bearer {options.token}"))
    return tuple(pairs)


def _check_pair(key: str, value: str) -> None:
    if not _KEY.fullmatch(key) or key.endswith("-bin") or not value.isascii() or not value.isprintable():
        text = "a key is of a-z, 0-9, _, . and -, and does not end in -bin; a value is printable ASCII"
        raise Invalid(f"metadata {key!r}: {text}", field="metadata")
    if key.startswith(_TAKEN):
        raise Invalid(f"metadata {key!r}: this key is not the caller's to set", field="metadata")


def with_trace(metadata: Metadata) -> Metadata:
    """Add W3C `traceparent` and baggage, where OpenTelemetry has a current span or baggage.

    A program without OpenTelemetry pays one look into a dictionary: where
    nobody imported it there is neither.
    """
    context = sys.modules.get("opentelemetry.context")
    if context is None or not context.get_current():
        return metadata
    from opentelemetry import propagate  # noqa: PLC0415

    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return (*metadata, *carrier.items())


def metadata_of(metadata: Metadata, request: Request) -> Metadata:
    """Add what is sent with this request alone: its id, and the current trace."""
    if request.id:
        metadata = (*metadata, ("request_id", request.id))
    return with_trace(metadata)


def stream_metadata(metadata: Metadata) -> Metadata:
    """Add what is sent with a server stream."""
    return with_trace((*metadata, STREAM))


def error_of_rpc(error: grpc.RpcError, path: str, way: Way | None = None, reached: bool = False) -> Error:
    """Return the Interlock error that a failed RPC stands for.

    Args:
        error: What gRPC raised.
        path: The method's.
        way: Where it was sent; None where nobody is to be told why that did not work.
        reached: Whether the host had answered this client before.
    """
    code = error.code()
    number = code.value[0] if code is not None else grpc.StatusCode.UNKNOWN.value[0]
    info = _error_info(error.trailing_metadata())
    details = str(error.details() or "")
    if info is None:
        if number == Code.DEADLINE_EXCEEDED:
            # Of this client's own clock, mostly; gRPC's words for that say no more.
            return error_of(number, "CALLER_GONE", LATE if _LATE in details else f"{LATE}: {details}")
        return _own(number, details, way, reached)
    if info.reason == "UNKNOWN_METHOD" and info.domain == DOMAIN:
        details = unserved(path)  # the host need not repeat what it was asked for
    return error_of(number, info.reason, details, info.metadata.get("field", ""), info.domain)


def _own(number: int, details: str, way: Way | None, reached: bool) -> Error:
    """Return the error of a status that gRPC made, or a host that gives no reasons."""
    if number == Code.RESOURCE_EXHAUSTED and (sizes := _TOO_LARGE.search(details)):
        taker = "this client" if "CLIENT:" in details else "the host"
        text = f"the message has {sizes[2]} bytes; {taker} takes {sizes[3]}"
        return TooLarge(text, code=number, reason="MESSAGE_TOO_LARGE")
    if number == Code.UNIMPLEMENTED and NO_HOST in details:
        number = Code.UNAVAILABLE
    made = error_of(number, "", way.why(details) if way and number == Code.UNAVAILABLE else details)
    if isinstance(made, Unavailable):
        made.sent = not any(mark in details for mark in NOT_SENT)
        made.reached = reached
    return made


def _error_info(trailers: Any) -> error_details_pb2.ErrorInfo | None:
    for key, value in trailers or ():
        if key != _DETAILS:
            continue
        info = error_details_pb2.ErrorInfo()
        try:
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    return info
        except DecodeError:
            return None
    return None


def no_registry() -> Any:
    """Refuse the metrics of a remote host.

    Raises:
        Unsupported: Always: the daemon has them, under /metrics.
    """
    raise Unsupported("the daemon counts its calls: read them from its /metrics")

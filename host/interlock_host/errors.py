"""Failures: what the host itself refuses, and what modules answer."""

from __future__ import annotations

from typing import NamedTuple

from interlock.v1 import error_pb2
from interlock_host.calls import FINAL, CancelReason, Record

DOMAIN = "interlock"

INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
UNAUTHENTICATED = 16
CANCELLED = 1

CODE_NAMES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


class Failure(NamedTuple):
    """Why a call failed, in the words of `google.rpc`."""

    code: int
    """A gRPC status code, not 0."""
    reason: str
    """`ErrorInfo.reason`, without the prefix REASON_; empty where none was given."""
    message: str
    field: str = ""
    domain: str = DOMAIN

    def record(self) -> Record:
        """Return the failure as the final record of a call."""
        if self.domain == DOMAIN and self.reason:
            named = f"REASON_{self.reason}"
            error = error_pb2.Error(message=self.message, field=self.field, reason=named)
        else:
            error = error_pb2.Error(message=self.message, field=self.field, module_reason=self.reason)
        return Record(self.code, FINAL, error.SerializeToString(deterministic=True))


class HostError(Exception):
    """The host refused a call before, or instead of, entering a module."""

    def __init__(self, code: int, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.failure = Failure(code, reason, message, field)


class ConfigError(Exception):
    """A setting that cannot be used: the message names where it stands and what would be right."""


class ModuleError(Exception):
    """A module that cannot be served: the message names the file and the cause."""


def failure_of(record: Record, package: str = DOMAIN) -> Failure:
    """Read the failure out of a record whose status is not 0.

    Args:
        record: The final record of a call.
        package: The proto package of the module, the domain of its own reasons.
    """
    error = error_pb2.Error()
    try:
        error.ParseFromString(record.payload)
    except Exception:
        error = error_pb2.Error(message="the module's error does not decode")
    if error.module_reason:
        return Failure(record.status, error.module_reason, error.message, error.field, package)
    message = error.message or CODE_NAMES[record.status]
    return Failure(record.status, _reason_name(error), message, error.field)


def _reason_name(error: error_pb2.Error) -> str:
    if not error.reason:
        return ""
    value = error_pb2.Reason.DESCRIPTOR.values_by_number.get(error.reason)
    return value.name.removeprefix("REASON_") if value else str(error.reason)


_CANCELLED_AS = {
    CancelReason.DEADLINE: Failure(DEADLINE_EXCEEDED, "CALLER_GONE", "the call's deadline passed"),
    CancelReason.DISCONNECT: Failure(CANCELLED, "CALLER_GONE", "the caller went away"),
    CancelReason.RESTART: Failure(
        UNAVAILABLE, "INSTANCE_RESTARTED", "the instance trapped in another call; its state began anew"
    ),
    CancelReason.SHUTDOWN: Failure(UNAVAILABLE, "SHUTTING_DOWN", "the host is shutting down"),
    CancelReason.OPERATOR: Failure(UNAVAILABLE, "INSTANCE_DELETED", "an operator deleted the instance"),
}


def cancelled_as(reason: CancelReason) -> Failure:
    """Return the answer of a cancelled call whose module gave none."""
    return _CANCELLED_AS[reason]

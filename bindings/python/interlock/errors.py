"""What can go wrong, one class a cause.

Who is at fault is readable from the type. The groups are the sections of
`interlock.v1.Reason`:

- `CallerError`: the request is wrong; sending it again changes nothing.
- `StateError`: the primitive's state says no; a program expects these.
- `ResourceExhausted`: a limit was reached.
- `ModuleFault`: the module is broken.
- `HostFault`: the host, or the way to it, failed.

`error_of` is the one place that turns a code and a reason into a class.
(Errors that say whose fault it is: after trio.)
"""

from __future__ import annotations

import enum
from typing import Any

DOMAIN = "interlock"
"""`ErrorInfo.domain` of Interlock's own reasons; a module's own have its package."""


class Code(enum.IntEnum):
    """The status codes of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Error(Exception):
    """The base of every error that Interlock raises.

    Args:
        message: One sentence for a person.
        code: A gRPC status code; None takes the class's own.
        reason: An `interlock.v1.Reason` without its prefix, a module's own
            reason, or empty.
        field: The field at fault, as a path from the request: "items[3].id".
        domain: Whose reason it is: "interlock", or a module's proto package.
    """

    default_code = Code.UNKNOWN
    default_reason = ""

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        reason: str | None = None,
        field: str = "",
        domain: str = DOMAIN,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code: Code = self.default_code if code is None else Code(code)
        self.reason: str = self.default_reason if reason is None else reason
        self.field = field
        self.domain = domain
        self.items: tuple[Any, ...] = ()
        """The items that a failed push gives back, as they were passed. Not in the queue, except
        where the error is a `HostFault`: then a part of them may be."""

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        return f"{self.message}{where} [{self.reason or self.code.name}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__)


def _rebuild(cls: type[Error], message: str, state: dict[str, Any]) -> Error:
    error = cls(message)
    error.__dict__.update(state)
    return error


# The request is at fault.


class CallerError(Error):
    """The request is wrong; sending it again changes nothing."""

    default_code = Code.INVALID_ARGUMENT


class Invalid(CallerError, ValueError):
    """The request does not decode or breaks a rule; `field` says where."""

    default_reason = "INVALID_PROTO"


class WrongType(Invalid, TypeError):
    """A value has the wrong Python type; found before anything was sent."""


class TooLarge(CallerError):
    """An item or a message is larger than can ever be taken."""


class UnknownMethod(CallerError):
    """No module serves the method."""

    default_code = Code.UNIMPLEMENTED
    default_reason = "UNKNOWN_METHOD"


class NotFound(CallerError):
    """Nothing has this name."""

    default_code = Code.NOT_FOUND
    default_reason = "NOT_FOUND"


class Unsupported(CallerError, NotImplementedError):
    """This placement, or this binding, cannot do what was asked."""

    default_code = Code.UNIMPLEMENTED
    default_reason = "UNSUPPORTED"


class Denied(CallerError):
    """The host does not know the caller, or does not let it do this."""

    default_code = Code.PERMISSION_DENIED


class WrongProcess(CallerError):
    """A client that was opened before a fork is used in the child."""

    default_code = Code.FAILED_PRECONDITION
    default_reason = "WRONG_PROCESS"


class WrongLoop(CallerError):
    """An asyncio client is used in another event loop than the one that it was first used in."""

    default_code = Code.FAILED_PRECONDITION
    default_reason = "WRONG_LOOP"


class ClientClosed(CallerError):
    """The client was closed, or was never entered."""

    default_code = Code.FAILED_PRECONDITION
    default_reason = "CLIENT_CLOSED"


# The state forbids it.


class StateError(Error):
    """The primitive's state says no. Expected: a program handles it."""

    default_code = Code.FAILED_PRECONDITION


class TimedOut(StateError, TimeoutError):
    """The timeout of a blocking verb passed without its event."""

    default_code = Code.DEADLINE_EXCEEDED
    default_reason = "TIMED_OUT"


class Full(StateError):
    """The queue had no room in time; `items` are those it did not take."""

    default_code = Code.RESOURCE_EXHAUSTED
    default_reason = "FULL"

    accepted: int = 0
    """How many items before these are in the queue."""


class Closed(StateError):
    """The primitive was closed."""

    default_reason = "CLOSED"


class ConfigConflict(StateError):
    """A setting disagrees with the one in force; `field` names it."""

    default_reason = "CONFIG_CONFLICT"


class Fenced(StateError):
    """The caller's generation or token is stale: another has its work now."""

    default_reason = "FENCED"


class LeaseLost(StateError):
    """The lease ran out before it was settled: the item is, or will be, another's."""

    default_reason = "LEASE_LOST"


class UnknownMember(StateError):
    """The member is not in the group: it never joined, left, or was dropped."""

    default_code = Code.NOT_FOUND
    default_reason = "UNKNOWN_MEMBER"


class CounterOverflow(StateError, OverflowError):
    """A 64-bit counter would wrap; nothing was applied."""

    default_code = Code.OUT_OF_RANGE
    default_reason = "OVERFLOW"


class Superseded(StateError):
    """Another call took this one's place."""

    default_code = Code.ABORTED
    default_reason = "SUPERSEDED"


# A limit was reached.


class ResourceExhausted(Error):
    """A limit of the module or the host was reached."""

    default_code = Code.RESOURCE_EXHAUSTED


# The module is at fault.


class ModuleFault(Error):
    """The module broke its contract."""

    default_code = Code.INTERNAL


class Trap(ModuleFault):
    """The module trapped in this call; an ephemeral instance begins anew."""

    default_reason = "TRAP"


# The host is at fault.


class HostFault(Error):
    """The host, or the way to it, failed."""

    default_code = Code.INTERNAL


class Unavailable(HostFault):
    """The host cannot be reached, is going away, or lost the instance.

    `sent` is False where the request certainly never reached the host, `reached` is
    True where the host had answered this client before.
    """

    default_code = Code.UNAVAILABLE
    sent: bool = True
    reached: bool = False


class DeadlineExceeded(HostFault, TimeoutError):
    """The host did not answer in time; the call may have been applied."""

    default_code = Code.DEADLINE_EXCEEDED


class Cancelled(HostFault):
    """The call was cancelled, not by its caller."""

    default_code = Code.CANCELLED


_BY_REASON: dict[str, type[Error]] = {
    "INVALID_PROTO": Invalid,
    "INSTANCE_MISSING": Invalid,
    "INSTANCE_INVALID": Invalid,
    "STREAM_EMPTY": Invalid,
    "INSTANCE_CHANGED": Invalid,
    "PAGE_TOKEN_INVALID": Invalid,
    "MESSAGE_TOO_LARGE": TooLarge,
    "ITEM_TOO_LARGE": TooLarge,
    "UNKNOWN_METHOD": UnknownMethod,
    "NOT_FOUND": NotFound,
    "CONFIG_CONFLICT": ConfigConflict,
    "FENCED": Fenced,
    "CLOSED": Closed,
    "UNKNOWN_MEMBER": UnknownMember,
    "OVERFLOW": CounterOverflow,
    "TIMED_OUT": TimedOut,
    "SUPERSEDED": Superseded,
    "TRAP": Trap,
    "NO_PROGRESS": ModuleFault,
    "PARKED_READ": ModuleFault,
    "MODULE_FAULT": ModuleFault,
    "START_FAILED": ModuleFault,
}

_BY_CODE: dict[int, type[Error]] = {
    Code.CANCELLED: Cancelled,
    Code.INVALID_ARGUMENT: Invalid,
    Code.DEADLINE_EXCEEDED: DeadlineExceeded,
    Code.NOT_FOUND: NotFound,
    Code.ALREADY_EXISTS: StateError,
    Code.PERMISSION_DENIED: Denied,
    Code.RESOURCE_EXHAUSTED: ResourceExhausted,
    Code.FAILED_PRECONDITION: StateError,
    Code.ABORTED: StateError,
    Code.OUT_OF_RANGE: StateError,
    Code.UNIMPLEMENTED: UnknownMethod,
    Code.UNAVAILABLE: Unavailable,
    Code.UNAUTHENTICATED: Denied,
}


def error_of(code: int, reason: str, message: str, field: str = "", domain: str = DOMAIN) -> Error:
    """Return the error that a status stands for, to be raised.

    Args:
        code: A gRPC status code, not 0.
        reason: `ErrorInfo.reason`, or empty.
        message: The status's text.
        field: The field at fault, or empty.
        domain: `ErrorInfo.domain`; a reason of another domain than "interlock"
            is a module's own, and only the code picks the class.
    """
    known = _BY_REASON.get(reason) if domain == DOMAIN else None
    cls = known or _BY_CODE.get(code, HostFault)
    code = code if code in Code.__members__.values() else Code.UNKNOWN
    return cls(message or cls.__name__, code=code, reason=reason, field=field, domain=domain)

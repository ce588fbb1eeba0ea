"""Errors: one class a cause, and the group says who is at fault."""

from __future__ import annotations

import pickle

import pytest

import interlock
from interlock.errors import DOMAIN, error_of
from interlock.v1 import error_pb2

_CODES = {
    "REASON_MESSAGE_TOO_LARGE": 8,
    "REASON_UNKNOWN_METHOD": 12,
    "REASON_NOT_FOUND": 5,
    "REASON_UNKNOWN_MEMBER": 5,
    "REASON_OVERFLOW": 11,
    "REASON_ITEM_TOO_LARGE": 3,
    "REASON_PAGE_TOKEN_INVALID": 3,
    "REASON_TIMED_OUT": 4,
    "REASON_SUPERSEDED": 10,
    "REASON_CALLER_GONE": 4,
}
"""Where a reason's code is not that of its section; see error.proto."""

_SECTIONS = (
    (1, 3, interlock.CallerError),
    (20, 9, interlock.StateError),
    (40, 8, interlock.ResourceExhausted),
    (60, 13, interlock.ModuleFault),
    (80, 14, interlock.HostFault),
)
_BLAMES_CALLER = {"REASON_ITEM_TOO_LARGE", "REASON_PAGE_TOKEN_INVALID"}
"""In the state's section of the proto, but wrong in the request itself."""

REASONS = [value for value in error_pb2.Reason.DESCRIPTOR.values if value.number]


@pytest.mark.parametrize("value", REASONS, ids=lambda value: value.name)
def test_group_is_the_section(value: error_pb2.Reason) -> None:
    name, number = value.name, value.number  # type: ignore[attr-defined]
    first, code, group = [s for s in _SECTIONS if s[0] <= number][-1]
    assert first <= number
    if name in _BLAMES_CALLER:
        group = interlock.CallerError
    error = error_of(_CODES.get(name, code), name.removeprefix("REASON_"), "text", "field")
    assert isinstance(error, group)
    assert (error.reason, error.message, error.field) == (name.removeprefix("REASON_"), "text", "field")


@pytest.mark.parametrize("code", range(1, 17))
def test_code_alone(code: int) -> None:
    error = error_of(code, "", "text")
    assert error.code == code
    assert type(error) is not interlock.Error


def test_reason_of_a_module() -> None:
    error = error_of(9, "FENCED", "the gate is shut", domain="acme.gate.v1")
    assert type(error) is interlock.StateError
    assert (error.reason, error.domain) == ("FENCED", "acme.gate.v1")


def test_code_that_gRPC_does_not_have() -> None:
    assert error_of(99, "", "text").code is interlock.Code.UNKNOWN


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (interlock.TimedOut, TimeoutError),
        (interlock.DeadlineExceeded, TimeoutError),
        (interlock.Invalid, ValueError),
        (interlock.WrongType, TypeError),
        (interlock.CounterOverflow, OverflowError),
        (interlock.Unsupported, NotImplementedError),
    ],
)
def test_is_the_builtin_too(error: type[interlock.Error], builtin: type[Exception]) -> None:
    assert issubclass(error, builtin)
    assert str(error("text")).startswith("text")


def test_text() -> None:
    error = error_of(3, "INVALID_PROTO", "too long", "items[3].id")
    assert str(error) == "too long (items[3].id) [INVALID_PROTO]"
    assert error.domain == DOMAIN


def test_pickles() -> None:
    error = interlock.Full("no room")
    error.items, error.accepted = (b"x",), 2
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is interlock.Full
    assert (again.items, again.accepted, again.reason, str(again)) == ((b"x",), 2, "FULL", str(error))

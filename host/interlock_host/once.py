"""Retries of a call: with its request id, they get its first answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock_host.answers import identity_of
from interlock_host.calls import Call, CancelReason, Rider, Sink
from interlock_host.errors import Failure, cancelled_as

if TYPE_CHECKING:
    from interlock_host.instance import Instance

_CALLER_GONE = frozenset({CancelReason.DEADLINE, CancelReason.DISCONNECT})


def start_once(instance: Instance, call: Call, request: bytes, sink: Sink | None, scope: bytes) -> Call:
    """Enter a unary call, unless it was entered before; under the instance's lock.

    Args:
        instance: Where it goes.
        call: Not begun.
        request: Its bytes.
        sink: Takes what is answered later.
        scope: Principal and request id.

    Returns:
        `call`, or another that waits for the answer of the same call.

    Raises:
        HostError: The host refuses it, or the id came before with another request.
    """
    call.instance, call.identity = instance, identity_of(call.method.name, scope)
    answers = instance.known_answers()
    record = answers.kept(call.identity, request)
    if record is not None:
        instance.repeat(call, record)
        return call
    rider = Rider(call.method, 0, len(request), sink, call.trace)
    if answers.rider(call.identity, request, rider):
        if call.trace is not None:
            call.trace.parked()
        return rider
    answers.begin(call, request)
    try:
        instance.enter_first(call, request)
    except BaseException:
        answers.forget(call)
        raise
    if not call.done:
        call.sink = sink
    return call


def leave(rider: Rider, carrier: Call, reason: CancelReason, failure: Failure | None) -> bool:
    """Take a retry off the call that it waits for; return whether nobody waits for that any more."""
    if rider.done or carrier.riders is None:
        return False
    carrier.riders.remove(rider)
    rider.deliver((failure or cancelled_as(reason)).record())
    return not carrier.riders and carrier.sink is None


def outlives(call: Call, reason: CancelReason, failure: Failure | None) -> bool:
    """Tell whether a call whose caller is gone goes on, for the retries that wait for its answer."""
    if not call.riders or reason not in _CALLER_GONE:
        return False
    sink, call.sink = call.sink, None
    if sink is not None:
        sink((failure or cancelled_as(reason)).record())
    return True

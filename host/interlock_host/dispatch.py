"""The calls of an instance, and what its module emits for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from interlock_host.answers import Answers
from interlock_host.birth import Host
from interlock_host.calls import EVENT, FINAL, Call, CancelReason, Record
from interlock_host.errors import INTERNAL, RESOURCE_EXHAUSTED, Failure
from interlock_host.outbox import ANSWER, fault_of, is_foreign
from interlock_host.wasm.machine import Emitted

if TYPE_CHECKING:
    from interlock_host.module import Module


class Dispatcher:
    """Knows the calls that an entry may emit for, and hands them their records; under the instance's lock."""

    __slots__ = ("_host", "answers", "calls", "last_now", "lock", "module", "name", "parked_bytes")

    def __init__(self, host: Host, module: Module, name: str) -> None:
        self._host = host
        self.lock = threading.RLock()
        self.module = module
        self.name = name
        self.calls: dict[int, Call] = {}
        """Those without their final answer, by id."""
        self.answers: Answers | None = None
        self.parked_bytes = 0
        self.last_now = 0
        """The time of the last entry, in ns since the epoch."""

    def cancel(self, call: Call, reason: CancelReason, failure: Failure | None = None) -> None:
        """Take a call from the module; see `Call.cancel`."""
        raise NotImplementedError

    def _take(self, call: Call) -> None:
        """Have the module forget a call that it has not ended; what it says to that goes to the call."""
        raise NotImplementedError

    def _event(self, call_id: int, text: str) -> None:
        """Tell of an EVENT record."""
        raise NotImplementedError

    def _fault(self, text: str) -> None:
        """Tell of a record that breaks the ABI's rules."""
        raise NotImplementedError

    def adopt(self, call: Call) -> None:
        """Know a call by its id, until it ends. One that its entry answers at once is never known so."""
        if call.id not in self.calls:
            self.calls[call.id] = call
            self.parked_bytes += call.request_bytes

    def known_answers(self) -> Answers:
        """Return the answers that retries get; under the lock."""
        if self.answers is None:
            self.answers = Answers(self, self._host.answer_room)
        return self.answers

    def forget_answers(self) -> None:
        """Keep no answers any more, and know of no open calls; under the lock."""
        if self.answers is not None:
            self.answers = None
            self._host.answer_room.forget(self)

    @property
    def answer_bytes(self) -> int:
        """Bytes of the answers that are kept for retries."""
        answers = self.answers
        return answers.size if answers is not None else 0

    def repeat(self, call: Call, record: Record) -> None:
        """Answer a retry as the call was answered before; under the lock."""
        call.done, call.answer = True, record

    @property
    def parked_calls(self) -> int:
        """Calls without their final answer."""
        return len(self.calls)

    def _answer(self, call: Call, payload: bytes) -> None:
        """Answer a unary call in its own entry: what nearly every entry does."""
        if call.done or len(payload) > self.module.limits.max_message_bytes:
            self._dispatch((call.id, 0, ANSWER, payload), call)
            return
        call.done = True
        call.answer = tuple.__new__(Record, (0, ANSWER, payload))  # as Record(...), at half its cost
        if self.parked_bytes:
            self._forget(call)
        if call.identity:
            self._keep(call, call.answer)

    def _dispatch(self, record: Emitted, entered: Call | None) -> None:
        call_id, status, flags, payload = record
        if entered is not None and not entered.done:
            self.adopt(entered)
        if flags & EVENT:
            self._event(call_id, payload.decode("utf-8", "replace"))
            return
        call = self.calls.get(call_id)
        fault = fault_of(record, call, entered, self.module.limits.max_message_bytes)
        if not fault:
            assert call is not None
            self._deliver(call, Record(status, flags | FINAL if status else flags, payload))
            return
        self._fault(fault)
        ends = flags & FINAL or len(payload) > self.module.limits.max_message_bytes
        if call is not None and ends and not is_foreign(call, entered):
            if not flags & FINAL and not call.cancelled:  # the module believes that it goes on
                self._take(call)
            self._end_faulted(call, len(payload), fault)

    def _end_faulted(self, call: Call, size: int, fault: str) -> None:
        limit = self.module.limits.max_message_bytes
        if size > limit:
            text = f"the reply has {size} bytes; the limit is {limit}"
            self._finish(call, Failure(RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", text))
        else:
            self._finish(call, Failure(INTERNAL, "MODULE_FAULT", fault))

    def _park(self, call: Call) -> None:
        """Keep a call that its entry left unanswered, within the limits."""
        if call.trace is not None:
            call.trace.parked()
        limits = self.module.limits
        if call.method.read:
            text = f"{call.method.name} is a read and did not answer"
            self.cancel(call, CancelReason.OPERATOR, Failure(INTERNAL, "PARKED_READ", text))
        elif len(self.calls) > limits.max_parked_calls or self.parked_bytes > limits.max_parked_bytes:
            text = (
                f"{self.module.name}/{self.name} holds {len(self.calls) - 1} parked calls; the limits are "
                f"{limits.max_parked_calls} calls and {limits.max_parked_bytes} bytes"
            )
            self.cancel(call, CancelReason.OPERATOR, Failure(RESOURCE_EXHAUSTED, "TOO_MANY_PARKED", text))

    def _deliver(self, call: Call, record: Record) -> None:
        """Hand on a record that the module emitted."""
        if record.flags & FINAL:
            self._forget(call)
            if call.identity:
                self._keep(call, record)
        call.deliver(record)

    def _finish(self, call: Call, failure: Failure) -> None:
        """End a call that its module left without an answer."""
        if not call.done:
            if call.identity:
                self.known_answers().forget(call)
            call.deliver(failure.record())
        self._forget(call)

    def _keep(self, call: Call, record: Record) -> None:
        """Keep an answer for retries. An error that a cancellation brought is none: nothing was done."""
        answers = self.known_answers()
        if record.status and call.cancelled:
            answers.forget(call)
        else:
            answers.keep(call, record, self.last_now)

    def _forget(self, call: Call) -> None:
        if self.calls.pop(call.id, None) is not None:
            self.parked_bytes -= call.request_bytes

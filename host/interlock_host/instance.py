"""An instance: one named state of a module, entered one call at a time."""

from __future__ import annotations

import collections
import enum
import time
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from interlock.v1 import contract_pb2
from interlock_host.birth import Host, make_machine
from interlock_host.calls import Call, CancelReason, Rider, Sink
from interlock_host.dispatch import Dispatcher
from interlock_host.errors import (
    INTERNAL,
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    Failure,
    HostError,
    cancelled_as,
)
from interlock_host.once import leave, outlives, start_once
from interlock_host.outbox import ANSWER
from interlock_host.peek import instance_of
from interlock_host.wasm.machine import Machine, Trapped

if TYPE_CHECKING:
    from interlock_host.module import Method, Module
    from interlock_host.tracing import CallTrace

NEVER = (1 << 63) - 1
TRAPS_TO_FAIL = 3
TRAP_WINDOW_NS = 60_000_000_000
TICKS_AT_ONE_DEADLINE = 10_000
"""Ticks that may emit without raising the deadline: a backlog of that many full outboxes."""
SETTLE_BUDGETS = 100
"""On a real clock, a settle that runs for this many entry budgets makes no progress."""


class State(enum.Enum):
    """Where an instance stands."""

    LIVE = "live"
    FAILED = "failed"
    DELETED = "deleted"


class Gone(Exception):
    """The instance was deleted while the caller looked it up: look again."""


class Instance(Dispatcher):
    """One named state. Its machine is made at the first entry, and again after a trap.

    Every public method takes the instance's lock; sinks run under it.
    """

    remedy = "delete it to begin anew"
    """What an operator can do when it failed."""

    __slots__ = (
        "entries", "failure", "last_id", "machine", "scheduled", "speechless", "state", "trap_times",
        "traps",
    )  # fmt: skip

    def __init__(self, host: Host, module: Module, name: str) -> None:
        super().__init__(host, module, name)
        self.machine: Machine | None = None
        self.last_id = 0
        self.entries = 0
        self.traps = 0
        self.scheduled = NEVER
        """The deadline that the engine knows of."""
        self.state = State.LIVE
        self.failure = ""
        self.speechless = False
        """Whether it trapped when it was asked for its metrics."""
        self.trap_times: collections.deque[int] = collections.deque(maxlen=TRAPS_TO_FAIL)

    # Calls

    def start(
        self,
        method: Method,
        request: bytes,
        sink: Sink | None,
        trace: CallTrace | None = None,
        scope: bytes = b"",
    ) -> Call:
        """Enter a call's first message; with a `scope`, only if that is not a retry.

        Raises:
            HostError: The host refuses the call.
            Gone: The instance was deleted meanwhile.
        """
        call = Call(method, 0, len(request), sink if method.server_streaming else None, trace)
        with self.lock:
            if scope:
                return start_once(self, call, request, sink, scope)
            self._begin(call, request)
            if not call.done:
                call.sink = sink
        return call

    def begin(self, call: Call, request: bytes) -> None:
        """Enter the first message of a client stream; see `start`."""
        with self.lock:
            self._begin(call, request)

    def enter_first(self, call: Call, request: bytes) -> None:
        """Enter a call's first message, under the lock; see `start`."""
        self._begin(call, request)

    def leave(self, rider: Rider, carrier: Call, reason: CancelReason, failure: Failure | None) -> None:
        """Take a retry off the call that it waits for."""
        with self.lock:
            if leave(rider, carrier, reason, failure):
                self.cancel(carrier, reason)

    def _begin(self, call: Call, request: bytes) -> None:
        self._check_size(request)
        machine = self.machine or self._ready()
        now = self._settle()
        if self.machine is not machine:  # a tick trapped
            machine = self._ready()
        call.id = self.last_id = self.last_id + 1
        call.instance = self
        self._enter_message(machine, call, request, now)
        if not call.done:
            self.adopt(call)
            self._park(call)
        self._leave(now)

    def message(self, call: Call, message: bytes) -> None:
        """Enter a later message of a client stream; one that is refused ends the call."""
        with self.lock:
            if call.done or self.machine is None:
                return
            refusal = self._refusal(message)
            if refusal is not None:
                self.cancel(call, CancelReason.OPERATOR, refusal)
                return
            now = self._settle()
            if self.machine is not None and not call.done:
                self._enter_message(self.machine, call, message, now)
            self._leave(now)

    def _refusal(self, message: bytes) -> Failure | None:
        try:
            self._check_size(message)
            named = instance_of(message)
        except HostError as error:
            return error.failure
        if named and named != self.name.encode():
            text = f"the stream began with instance {self.name!r}"
            return Failure(INVALID_ARGUMENT, "INSTANCE_CHANGED", text, "instance")
        return None

    def half_close(self, call: Call) -> None:
        """Enter `interlock_half_close`, where the module has it."""
        with self.lock:
            if call.done or self.machine is None or not self.machine.has("interlock_half_close"):
                return
            now = self._settle()
            if self.machine is not None and not call.done:
                self._enter("interlock_half_close", call, call.id, now)
            self._leave(now)

    def cancel(self, call: Call, reason: CancelReason, failure: Failure | None = None) -> None:
        """Take a call from the module; see `Call.cancel`."""
        with self.lock:
            if call.done or call.cancelled or outlives(call, reason, failure):
                return
            now = self._settle()
            if not call.done:
                self._take(call, reason)
                self._finish(call, failure or cancelled_as(reason))
            self._leave(now)

    def _take(self, call: Call, reason: CancelReason = CancelReason.OPERATOR) -> None:
        call.cancelled = True
        if self.machine is not None:
            self._enter("interlock_cancel", call, call.id, reason, self.last_now)

    # Time and end

    def tick(self) -> None:
        """Do what is due."""
        with self.lock:
            self.scheduled = NEVER
            self._leave(self._settle())

    def delete(self, reason: CancelReason = CancelReason.OPERATOR) -> int:
        """End the instance; return how many calls were parked."""
        with self.lock:
            parked = list(self.calls.values())
            for call in parked:
                self.cancel(call, reason)
            self.machine = None
            self.forget_answers()
            self.state = State.DELETED
            return len(parked)

    def never_was(self) -> bool:
        """Give up an instance that nothing was entered into, and return whether this is one."""
        with self.lock:
            if self.entries or self.traps or self.machine is not None or self.state is not State.LIVE:
                return False
            self.state = State.DELETED
            return True

    def metrics(self) -> contract_pb2.ModuleMetrics:
        """Ask the module for its numbers; empty where it has none to give."""
        metrics = contract_pb2.ModuleMetrics()
        with self.lock:
            machine = self.machine
            if machine is None or self.speechless or "interlock_metrics" not in self.module.exports:
                return metrics
            try:
                place = machine.call("interlock_metrics")
                data = machine.read(place >> 32 & 0xFFFFFFFF, place & 0xFFFFFFFF)
                if data is None:
                    raise DecodeError("it lies outside of memory")
                metrics.ParseFromString(data)
            except Trapped as trap:
                self.speechless = True
                self._trapped(trap, None, asked=True)
            except DecodeError as error:
                metrics.Clear()
                self._host.observer.fault(self, f"interlock_metrics does not decode: {error}")
        return metrics

    @property
    def memory_bytes(self) -> int:
        """Linear memory, in bytes; 0 without a machine."""
        with self.lock:
            return self.machine.memory_bytes if self.machine is not None else 0

    @property
    def deadline(self) -> int:
        """When the module next wants a tick, in ns since the epoch, or NEVER."""
        machine = self.machine
        return machine.deadline if machine is not None else NEVER

    # Entries

    def _ready(self) -> Machine:
        if self.state is State.DELETED:
            raise Gone
        if self.state is State.FAILED:
            message = f"{self.module.name}/{self.name} failed: {self.failure}; {self.remedy}"
            raise HostError(UNAVAILABLE, "INSTANCE_FAILED", message)
        if self.machine is None:
            self.last_now = max(self._host.clock.now(), self.last_now)
            self.machine = self._make(self.last_now)
        return self.machine

    def _make(self, now: int) -> Machine:
        host, module, name = self._host, self.module, self.name
        return make_machine(
            module, name, now, seed=host.seed_of(module, name), config=host.config_of(module, name)
        )

    def _check_size(self, message: bytes) -> None:
        limit = self.module.limits.max_message_bytes
        if len(message) > limit:
            text = f"the message has {len(message)} bytes; {self.module.name} takes {limit}"
            raise HostError(RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", text)

    def _enter_message(self, machine: Machine, call: Call, message: bytes, now: int) -> None:
        try:
            posted = machine.post(message)
        except Trapped as trap:
            self._trapped(trap, call)
            return
        if not posted:
            text = f"{self.module.name} has no room for a message of {len(message)} bytes"
            self._end(call, Failure(RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", text))
            return
        self._enter(call.method.name, call, call.id, len(message), now)

    def _end(self, call: Call, failure: Failure) -> None:
        """End a call whose message the module did not take; one that it knows is taken from it."""
        if call.id in self.calls:
            self.cancel(call, CancelReason.OPERATOR, failure)
        else:
            self._finish(call, failure)

    def _enter(self, export: str, call: Call | None, first: int, second: int = 0, third: int = 0, /) -> bool:
        """Enter the machine and hand on what it emits; return whether it emitted anything."""
        machine = self.machine
        assert machine is not None
        trace = call.trace if call is not None else None
        if call is not None and trace is not None:
            trace.entry_began(call, export)
        machine.now = self.last_now
        machine.reading = reading = call is not None and call.method.read
        deadline = machine.deadline
        self.entries += 1
        try:
            emitted = machine.enter(export, first, second, third)
            if reading and machine.deadline != deadline:
                raise Trapped("a read moved its deadline")
        except Trapped as trap:
            self._log_output(machine)  # why a runtime gave up stands there
            if trace is not None:
                trace.entry_ended(str(trap))
            self._trapped(trap, call)
            return True
        if trace is not None:
            trace.entry_ended()
        if machine.output:
            self._log_output(machine)
        for record in emitted:
            call_id, status, flags, payload = record
            answers = flags == ANSWER and not status
            if answers and call is not None and call_id == call.id and call.sink is None:
                self._answer(call, payload)
            else:
                self._dispatch(record, call)
        return bool(emitted)

    def _log_output(self, machine: Machine) -> None:
        """Hand on what the entry wrote to standard output and error."""
        if machine.output:
            self._host.observer.output(self, machine.output.decode("utf-8", "replace"))
            machine.output = b""

    def _settle(self) -> int:
        """Do what is due by now, in order of time; return the time."""
        now, last = self._host.clock.now(), self.last_now
        return self._settle_at(now if now > last else last)

    def _settle_at(self, now: int) -> int:
        machine = self.machine
        if machine is not None and machine.deadline <= now:
            self._settle_due(machine, now)
        self.last_now = now
        return now

    def _settle_due(self, machine: Machine, now: int) -> None:
        until = time.monotonic() + SETTLE_BUDGETS * self.module.limits.entry_budget_ms / 1000
        left = TICKS_AT_ONE_DEADLINE
        while self.machine is machine and machine.deadline <= now:
            wanted = machine.deadline
            self.last_now = max(wanted, self.last_now)
            emitted = self._enter("interlock_tick", None, self.last_now)
            left = left - 1 if machine.deadline <= wanted else TICKS_AT_ONE_DEADLINE
            stuck = machine.deadline <= wanted and not (emitted and left)
            endless = not self._host.virtual and time.monotonic() > until
            if self.machine is machine and (stuck or endless):
                text = "its ticks do not end" if emitted else "a tick emitted nothing and kept its deadline"
                self._trapped(Trapped(f"NO_PROGRESS: {text}"), None)

    def _leave(self, now: int) -> None:
        """Settle after an entry, and tell the engine when to come back."""
        machine = self.machine
        if machine is not None and machine.deadline <= now:
            self._settle_due(machine, now)
            self.last_now = max(now, self.last_now)
            machine = self.machine
        if machine is not None and machine.deadline < self.scheduled:
            self._host.schedule(self, machine.deadline)

    def _event(self, call_id: int, text: str) -> None:
        call = self.calls.get(call_id)
        if call is not None and call.trace is not None:
            call.trace.event(text)
        self._host.observer.event(self, call_id, text)

    def _fault(self, text: str) -> None:
        self._host.observer.fault(self, text)

    def _trapped(self, trap: Trapped, entered: Call | None, *, asked: bool = False) -> None:
        """Throw the machine away; answer the call at fault, and all that were parked.

        Args:
            trap: What happened.
            entered: The call whose entry it was; None: in a tick, unless it was `asked` for its metrics.
            asked: Whether it was: then no caller did anything to it, and it is not asked again.
        """
        self.machine = None
        self.forget_answers()
        self.traps += 1
        self.trap_times.append(self.last_now)
        self._host.observer.trap(self, str(trap))
        if (entered is None and not asked) or self.traps_too_often():
            self.state, self.failure = State.FAILED, str(trap)
        if entered is not None:
            self._finish(entered, Failure(INTERNAL, "TRAP", f"{self.module.name} trapped: {trap}"))
        for call in list(self.calls.values()):
            self._finish(call, cancelled_as(CancelReason.RESTART))

    def traps_too_often(self) -> bool:
        """Whether the last traps came so close to each other that the instance fails."""
        times = self.trap_times
        return len(times) == TRAPS_TO_FAIL and times[-1] - times[0] <= TRAP_WINDOW_NS

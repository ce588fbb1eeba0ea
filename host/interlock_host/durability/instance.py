"""An instance that outlives its process: each entry is in the journal before anyone hears of it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from interlock.v1 import contract_pb2
from interlock_host.calls import Call, CancelReason, Rider, Sink
from interlock_host.durability.failed import save_failed
from interlock_host.durability.head import take_head
from interlock_host.durability.levels import Level
from interlock_host.durability.store import Fenced, JournalFailed, Kind, Store
from interlock_host.durability.waking import UNREAD, Waking
from interlock_host.errors import UNAVAILABLE, UNIMPLEMENTED, Failure, HostError, cancelled_as
from interlock_host.instance import NEVER, Gone, State
from interlock_host.once import leave
from interlock_host.wasm.image import Image, capture

if TYPE_CHECKING:
    from interlock_host.durability.host import DurableHost
    from interlock_host.module import Method, Module
    from interlock_host.tracing import CallTrace


class Whole:
    """An entry, under its instance's lock, that is in the journal as it is in memory, or lost.

    KeyboardInterrupt may end it between any two steps: it ran and is not in the journal,
    or is there and its records are not handed on. What the disk has is right in any case.
    """

    __slots__ = ("_instance",)

    def __init__(self, instance: DurableInstance) -> None:
        self._instance = instance

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, (HostError, Gone)):
            self._instance.lose(cancelled_as(CancelReason.RESTART))
            self._instance.look_again()


class DurableInstance(Waking):
    """Keeps its entries in a store, and comes back from them."""

    __slots__ = ("_said", "last_used", "saving", "writing")

    def __init__(self, host: DurableHost, module: Module, name: str, store: Store, level: Level) -> None:
        super().__init__(host, module, name, store, level)
        self.saving = False
        """Whether a snapshot of it was asked for."""
        self.last_used = 0
        """When it was last called, in ns of the host's clock."""
        self.writing = False
        """Whether a thread writes a snapshot of it; there is one at a time."""
        self._said = b""
        """The module's numbers as it fell asleep: bytes of `ModuleMetrics`."""

    # Calls

    def start(
        self,
        method: Method,
        request: bytes,
        sink: Sink | None,
        trace: CallTrace | None = None,
        scope: bytes = b"",
    ) -> Call:
        """Enter a call's first message; its answer comes when the disk has the entry."""
        self.store.check()
        if method.read and not self.id:
            return self._host.fresh(self).start(method, request, sink, trace)
        with self.lock:
            if scope and self.machine is None:
                self._ready()  # its answers sleep with it
            call = super().start(self._own(method), request, sink, trace, scope)
        if call.answer is None and call.sink is None:
            with self.store.barrier.lock:
                if call.answer is None:
                    call.sink = sink
        return call

    def begin(self, call: Call, request: bytes) -> None:
        """Enter the first message of a client stream."""
        self.store.check()
        call.method = self._own(call.method)
        super().begin(call, request)

    def _own(self, method: Method) -> Method:
        """Return the method of the module that the instance was made with."""
        if method.module is self.module:
            return method
        own = self.module.methods.get(method.name)
        if own is None:
            text = f"{self.module.name}/{self.name} was made with a module that has no {method.name}"
            raise HostError(UNIMPLEMENTED, "UNKNOWN_METHOD", text)
        return own

    def _begin(self, call: Call, request: bytes) -> None:
        self.message_entered = request
        with Whole(self):
            try:
                super()._begin(call, request)
            except (HostError, Gone):  # the settle before it was done; what was cut short is not committed
                self.commit(Kind.CALL, call, request)
                raise
            self.commit(Kind.CALL, call, request)
        self.last_used = self.last_now

    def _park(self, call: Call) -> None:
        # What follows, a refusal to park say, is an entry of its own.
        self._leave(self.last_now)
        self.commit(Kind.CALL, call, self.message_entered)
        if not call.done and self.machine is not None:
            super()._park(call)

    def message(self, call: Call, message: bytes) -> None:
        """Enter a later message of a client stream."""
        with self.lock, Whole(self):
            self.message_entered = message
            super().message(call, message)
            self.commit(Kind.MESSAGE, call, message)

    def half_close(self, call: Call) -> None:
        """Enter `interlock_half_close`."""
        with self.lock, Whole(self):
            super().half_close(call)
            self.commit(Kind.HALF_CLOSE, call)

    def cancel(self, call: Call, reason: CancelReason, failure: Failure | None = None) -> None:
        """Take a call from the module."""
        with self.lock, Whole(self):
            super().cancel(call, reason, failure)
            self.commit(Kind.CANCEL, call, detail=reason)

    def leave(self, rider: Rider, carrier: Call, reason: CancelReason, failure: Failure | None) -> None:
        """Take a retry off the call that it waits for."""
        with self.lock:
            with self.store.barrier.lock:
                alone = leave(rider, carrier, reason, failure)
            if alone:  # without the barrier's lock: this may wait for the disk
                self.cancel(carrier, reason)

    def tick(self) -> None:
        """Do what is due, waking for it."""
        with self.lock, Whole(self):
            self.scheduled = NEVER
            if self.store.failure is not None:
                return  # once it can be written, `revive` looks what is due
            if self.asleep and not self.wake_for_time():
                return
            super().tick()
            self.commit(Kind.TIME, None)

    def never_was(self) -> bool:
        """Give up an instance that was never made; one that sleeps was."""
        with self.lock:
            return not self.id and super().never_was()

    def metrics(self) -> contract_pb2.ModuleMetrics:
        """Ask the module for its numbers; of one that sleeps, those that it fell asleep with."""
        with self.lock:
            if self.asleep:
                return contract_pb2.ModuleMetrics.FromString(self._said if self.last_lsn != UNREAD else b"")
            metrics = super().metrics()
            if self.asleep:  # it trapped: its state is made again
                self.recover_from_trap()
        return metrics

    # Saving

    def save_soon(self) -> None:
        """Ask for a snapshot, once."""
        if not self.saving:
            self.saving = True
            self._host.save_soon(self)

    def save(self) -> bool:
        """Write a snapshot; return whether the newest one is of the state now.

        Only its capture holds the instance up.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
            OSError: The snapshot could not be written; earlier ones are there still.
        """
        with self.lock:
            self.saving = False
        return save_failed(self) if self.state is State.FAILED else self._save()

    def _save(self) -> bool:
        with self.lock:
            if self.machine is None or not self.id:
                return self.asleep and self.saved_lsn == self.last_lsn
            if self.writing or self.saved_lsn == self.last_lsn:
                return self.saved_lsn == self.last_lsn
            self.writing = True
            lsn, head, image = self.last_lsn, take_head(self), self.image()
            entries, size = self.unsaved_entries, self.unsaved_bytes
            instance_id, losses = self.id, self.losses
        try:
            # A snapshot of what the journal may yet lose would bring it back. After a failure the
            # same LSN is another entry's; `losses` tells.
            self.store.sync(lsn)
            if self.losses != losses:
                return False
            self.store.snapshots.write(instance_id, lsn, head(), image)
        finally:
            self.writing = False
        with self.lock:
            if self.state is State.DELETED:  # meanwhile
                self.store.snapshots.remove(instance_id)
                return False
            if self.losses != losses:
                return False
            self.saved_lsn = max(self.saved_lsn, lsn)
            self.unsaved_entries = max(0, self.unsaved_entries - entries)
            self.unsaved_bytes = max(0, self.unsaved_bytes - size)
            return self.last_lsn == lsn

    def image(self) -> Image:
        """Return what the machine holds; under the lock."""
        assert self.machine is not None
        return capture(self.machine)

    def sleep(self) -> bool:
        """Let go of the machine of an instance that is saved and has no parked calls.

        Returns:
            Whether it sleeps now.
        """
        with self.lock:
            machine = self.machine
            if machine is None or self.calls or self.state is not State.LIVE:
                return False
            if not self.id or self.saved_lsn != self.last_lsn:
                return False
            # Should it trap in this, that is told, and only costs a machine that goes in any case.
            deadline, self._said = machine.deadline, super().metrics().SerializeToString()
            self.sleeps_until, self.machine = deadline, None
            self.forget_answers()
            self._host.asleep(self)
            if self.sleeps_until != NEVER:
                self._host.schedule(self, self.sleeps_until)
            return True

    # Its end

    def delete(self, reason: CancelReason = CancelReason.OPERATOR) -> int:
        """End the instance for good; return how many calls were parked.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
        """
        with self.lock:
            self.store.check()
            if self.last_lsn == UNREAD:
                self._wake()
            parked = super().delete(reason)
            if self.id:
                try:
                    self.append(Kind.DELETE, None)
                except (JournalFailed, Fenced) as failure:
                    self.state = State.LIVE
                    self.lose(failure)
                    raise HostError(UNAVAILABLE, "JOURNAL_FAILED", str(failure)) from None
            return parked

    def stop(self) -> None:
        """End what is in memory, as the host ends: parked calls are cancelled (reason 4)."""
        with self.lock:
            super().delete(CancelReason.SHUTDOWN)

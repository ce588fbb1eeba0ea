"""An instance that outlives its process: each entry is in the journal before anyone hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Set
from types import TracebackType
from typing import TYPE_CHECKING, cast

from interlock.journal.v1 import journal_pb2
from interlock.v1 import contract_pb2
from interlock_host.birth import make_machine
from interlock_host.calls import Call, CancelReason, Rider, Sink
from interlock_host.durability.head import birth_of, take_head
from interlock_host.durability.levels import Level
from interlock_host.durability.replay import Muted, NotReplayed, Standing, replay
from interlock_host.durability.store import Fenced, JournalFailed, Kind, Store
from interlock_host.durability.transaction import Transaction
from interlock_host.errors import UNAVAILABLE, UNIMPLEMENTED, Failure, HostError, cancelled_as
from interlock_host.instance import NEVER, Gone, State
from interlock_host.journal.entry import Entry
from interlock_host.journal.scan import Scan
from interlock_host.once import leave
from interlock_host.snapshot.form import Snapshot
from interlock_host.wasm.image import Image, capture
from interlock_host.wasm.machine import Machine

if TYPE_CHECKING:
    from interlock_host.durability.host import DurableHost
    from interlock_host.module import Method, Module
    from interlock_host.tracing import CallTrace

_AGAIN_NS = 1_000_000_000
UNREAD = -1
"""The last LSN of an instance whose last entries were lost, until it was read again."""


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


class DurableInstance(Transaction):
    """Keeps its entries in a store, and comes back from them.

    Its machine is in memory or not: an idle one sleeps in a snapshot, one that
    trapped is made again without the entry that did it.
    """

    __slots__ = (
        "birth", "last_used", "losses", "lost_at", "saved_lsn", "saving", "sleeps_until", "writing",
    )  # fmt: skip

    def __init__(self, host: DurableHost, module: Module, name: str, store: Store, level: Level) -> None:
        super().__init__(host, module, name, store, level)
        self.birth = journal_pb2.Birth()
        self.saved_lsn = 0
        """Of its newest snapshot."""
        self.saving = False
        """Whether a snapshot of it was asked for."""
        self.last_used = 0
        """When it was last called, in ns of the host's clock."""
        self.writing = False
        """Whether a thread writes a snapshot of it; there is one at a time."""
        self.sleeps_until = NEVER
        """The deadline while its machine is not in memory."""
        self.losses = 0
        """How often what was in memory was lost."""
        self.lost_at = 0
        """The last LSN that may be its own, where that is not known."""

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
            if self.asleep and not self._wake_for_time():
                return
            super().tick()
            self.commit(Kind.TIME, None)

    def _wake_for_time(self) -> bool:
        """Wake for what is due; return whether there is a machine. What cannot be read now is tried again."""
        now = self._host.clock.now()
        if self.sleeps_until > now:
            if self.sleeps_until != NEVER:
                self._host.schedule(self, self.sleeps_until)
            return False
        try:
            self._wake(due=True)
        except HostError as error:
            self._host.observer.not_saved(f"{self.module.name}/{self.name}: {error}")
            self.look_again()
        return self.machine is not None

    def look_again(self) -> None:
        """Come back in a second, should nobody call: what is lost may have something due."""
        self.sleeps_until = self._host.clock.now() + _AGAIN_NS
        self._host.schedule(self, self.sleeps_until)

    def metrics(self) -> contract_pb2.ModuleMetrics:
        """Ask the module for its numbers; one that sleeps has none to give."""
        with self.lock:
            slept, self.asking = self.asleep, True
            try:
                metrics = super().metrics()
            finally:
                self.asking = False
            if self.asleep and not slept:  # it trapped: its state is made again
                self.recover_from_trap()
        return metrics

    # Being there

    @property
    def asleep(self) -> bool:
        """Whether its state is not in memory, and could be."""
        return self.machine is None and self.id > 0 and self.state is State.LIVE

    @property
    def deadline(self) -> int:
        """When the module next wants a tick, in ns since the epoch, or NEVER."""
        machine = self.machine
        return machine.deadline if machine is not None else self.sleeps_until

    def _ready(self) -> Machine:
        if self.asleep:
            self._wake()
        return super()._ready()

    def _make(self, now: int) -> Machine:
        """Make the instance for the first time, and say so in the journal."""
        host, module, name = self._host, self.module, self.name
        host.making(self, due=False)
        birth = birth_of(module, name, host.config_of(module, name), host.seed_of(module, name), self.level)
        machine = make_machine(module, name, now, seed=birth.seed, config=birth.config)
        self.store.keep_module(module)
        try:
            payload = birth.SerializeToString(deterministic=True)
            self.id = self.last_lsn = self.store.append(Kind.CREATE, 0, 0, now, payload=payload)
        except JournalFailed as failure:
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", str(failure)) from None
        self.birth = birth
        host.awake(self)
        return machine

    def _wake(self, *, due: bool = False, scanned: Scan | None = None) -> None:
        """Bring the state back from the disk; under the lock.

        Args:
            due: Whether that is for what is due in it, and not for a new call.
            scanned: The journal, if it was read since the failure that this instance comes back from.

        Raises:
            HostError: UNAVAILABLE/JOURNAL_FAILED.
        """
        self.store.check()
        self.store.sync(self.lost_at if self.last_lsn == UNREAD else self.last_lsn)
        self._host.making(self, due=due)
        try:
            history = self.store.history(self.id, self.last_lsn, scanned)
        except OSError as error:
            text = f"{self.module.name}/{self.name} cannot be read: {error.strerror or error}"
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", text) from error
        if history.damage and history.again:
            text = f"{self.module.name}/{self.name} cannot be read: {history.damage}"
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", text)
        if history.damage:
            self.refuse(history.damage)
            self._release()
            return
        self.restore(history.snapshot, history.entries)
        if self.machine is not None:
            self._host.awake(self)

    def restore(self, snapshot: Snapshot | None, entries: Iterable[Entry]) -> None:
        """Take the state of a snapshot and of the entries behind it; under the lock.

        Calls that were parked stay so, where their callers are here. The others'
        callers are gone: they are cancelled (reason 3), in rising order of id.
        """
        known, self.calls, self.parked_bytes, self.answers = self.calls, {}, 0, None
        self.last_lsn = self.last_now = self.unsaved_entries = self.unsaved_bytes = self.saved_lsn = 0
        self.trap_times.clear()
        host = self._host
        self._host = cast("DurableHost", Muted(host))
        self.replaying = True
        try:
            replay(self, snapshot, entries)
        except NotReplayed as error:
            self.machine = None
            self.refuse(str(error))
        except BaseException:  # cut short, by KeyboardInterrupt say: it sleeps on
            self.machine, self.calls, self.last_lsn = None, known, UNREAD
            raise
        finally:
            self._host, self.replaying = host, False
            self.begin_transaction()
        if self.machine is None:
            for call in known.values():
                self._finish(call, cancelled_as(CancelReason.RESTART))
            self._release()
            return
        self.machine.limit(self.module.limits.entry_budget_ms)
        for call_id, call in known.items():
            self._take_back(call_id, call)
        self._cancel_orphans(known.keys())
        self._leave(self.last_now)

    def _cancel_orphans(self, known: Set[int]) -> None:
        """Cancel the parked calls that nobody waits for, before anything becomes due that they would take."""
        host = self._host
        self._host = cast("DurableHost", Standing(host, self.last_now))
        try:
            for call_id in sorted(self.calls.keys() - known):
                if call_id in self.calls:
                    self.cancel(self.calls[call_id], CancelReason.RESTART)
        finally:
            self._host = host

    def _take_back(self, call_id: int, call: Call) -> None:
        parked = self.calls.get(call_id)
        if parked is None:
            self._finish(call, cancelled_as(CancelReason.RESTART))
            return
        self.calls[call_id] = call
        if call.identity:
            answers = self.known_answers()
            answers.resume(call, answers.checksum(parked))

    def recover_from_trap(self) -> None:
        """Make the state again without the entry that trapped; its parked calls go on."""
        try:
            self._wake(due=True)
        except HostError as error:
            self.lose(error.failure)
            self.look_again()

    # Not being there

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
            self.sleeps_until, self.machine, self.answers = machine.deadline, None, None
            self._host.asleep(self)
            if self.sleeps_until != NEVER:
                self._host.schedule(self, self.sleeps_until)
            return True

    def revive(self, scanned: Scan | None) -> None:
        """Come back after a failure of the journal, and do what is due.

        Args:
            scanned: The journal, read since then; None reads it again.

        Raises:
            HostError: It cannot be read now, or the journal failed again.
        """
        with self.lock:
            if self.asleep and self.last_lsn != UNREAD:
                if self.sleeps_until != NEVER:
                    self._host.schedule(self, self.sleeps_until)
            elif self.asleep:
                if scanned is not None and scanned.last_lsn < self.lost_at:  # it was lost once more since
                    scanned = None
                try:
                    self._wake(due=True, scanned=scanned)
                except HostError:
                    self.look_again()
                    raise
                self.commit(Kind.TIME, None)

    def lose(self, failure: JournalFailed | Fenced | Failure) -> None:
        """Forget all that is in memory: the disk may not have it. Every caller is told.

        One that sleeps has nothing there: it was on the disk before it was let go of.
        """
        told = (
            failure if isinstance(failure, Failure) else Failure(UNAVAILABLE, "JOURNAL_FAILED", str(failure))
        )
        with self.lock:
            if not self.asleep or self.last_lsn != self.saved_lsn:
                self._lose(told)

    def _lose(self, told: Failure) -> None:
        with self.store.barrier.lock:
            waiting = [call for call, _ in self._held] + list(self.calls.values())
            self.machine, self.answers, self.calls, self.parked_bytes = None, None, {}, 0
            self.begin_transaction()
            self.sleeps_until = NEVER
            self.losses += 1
            self.lost_at = self.store.journal.last_lsn
            if self.id > self.lost_at:
                self.id = self.last_lsn = self.saved_lsn = 0  # it never was
            elif self.id:
                self.last_lsn = UNREAD
            if self.state is State.DELETED:
                self.state = State.LIVE  # the disk does not have that either
            for call in waiting:
                call.done = True
                if call.answer is None:
                    call.deliver(told.record())

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

"""How an instance comes back from the disk: the first time, from sleep, after a trap, and after a failure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, cast

from interlock.journal.v1 import journal_pb2
from interlock_host.birth import make_machine
from interlock_host.calls import Call, CancelReason
from interlock_host.durability.head import birth_of
from interlock_host.durability.levels import Level
from interlock_host.durability.replay import Muted, NotReplayed, Standing, replay
from interlock_host.durability.store import Fenced, JournalFailed, Kind, Store
from interlock_host.durability.transaction import Transaction
from interlock_host.errors import UNAVAILABLE, Failure, HostError, cancelled_as
from interlock_host.instance import NEVER, State
from interlock_host.journal.entry import Entry
from interlock_host.journal.scan import Scan
from interlock_host.snapshot.form import Snapshot
from interlock_host.wasm.machine import Machine

if TYPE_CHECKING:
    from interlock_host.durability.host import DurableHost
    from interlock_host.module import Module

_AGAIN_NS = 1_000_000_000
UNREAD = -1
"""The last LSN of an instance whose last entries were lost, until it was read again."""


class Waking(Transaction):
    """An instance whose machine is in memory or not: what is not there is made again from the disk.

    An idle one sleeps in a snapshot, one that trapped is made again without the
    entry that did it, one that the disk may not have is read again.
    """

    remedy = "reinstate it to go on without what trapped, or delete it to begin anew"

    __slots__ = ("birth", "losses", "lost_at", "saved_lsn", "sleeps_until")

    def __init__(self, host: DurableHost, module: Module, name: str, store: Store, level: Level) -> None:
        super().__init__(host, module, name, store, level)
        self.birth = journal_pb2.Birth()
        self.saved_lsn = 0
        """Of its newest snapshot."""
        self.sleeps_until = NEVER
        """The deadline while its machine is not in memory."""
        self.losses = 0
        """How often what was in memory was lost."""
        self.lost_at = 0
        """The last LSN that may be its own, where that is not known."""

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
        known, self.calls, self.parked_bytes = self.calls, {}, 0
        self.forget_answers()
        self.last_lsn = self.last_now = self.unsaved_entries = self.unsaved_bytes = self.saved_lsn = 0
        self.trap_times.clear()
        host = self._host
        self._host = cast("DurableHost", Muted(host))
        self.replaying = True
        try:
            replay(self, snapshot, entries)
            if self.state is State.FAILED:
                self.refuse(self.failure)
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

    # What is lost

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
            self.machine, self.calls, self.parked_bytes = None, {}, 0
            self.forget_answers()
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

    def wake_for_time(self) -> bool:
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

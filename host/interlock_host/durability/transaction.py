"""What an entry emits is kept back until the journal has the entry, and then until the disk has it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import google_crc32c

from interlock.journal.v1 import journal_pb2
from interlock_host.calls import FINAL, Call, CancelReason, Record
from interlock_host.durability.levels import Level
from interlock_host.durability.store import Fenced, JournalFailed, Kind, Store
from interlock_host.errors import INTERNAL, Failure, cancelled_as
from interlock_host.instance import Instance, State
from interlock_host.outbox import ANSWER
from interlock_host.wasm.machine import Emitted, Trapped

if TYPE_CHECKING:
    from interlock_host.durability.host import DurableHost
    from interlock_host.module import Module

TICK = "interlock_tick"
_pack_head = struct.Struct("<QIHH").pack
_extend = google_crc32c.extend


class Replayed(Exception):
    """A trap in replay."""


class Transaction(Instance):
    """An instance whose public methods each end in `commit`.

    Between two commits lie a settle, at most one entry that is no tick, and the
    settle behind it: what one entry of the journal stands for. A read is never
    journaled; the settle before it is, as TIME, where that emitted anything.
    """

    __slots__ = (
        "_emitted", "_entered", "_held", "_outcome", "_voided", "id", "last_lsn", "level",
        "message_entered", "replaying", "store", "unsaved_bytes", "unsaved_entries",
    )  # fmt: skip

    _host: DurableHost

    def __init__(self, host: DurableHost, module: Module, name: str, store: Store, level: Level) -> None:
        super().__init__(host, module, name)
        self.store = store
        self.level = level
        self.id = 0
        """The LSN of its CREATE; 0 before there is one."""
        self.last_lsn = 0
        self.unsaved_entries = self.unsaved_bytes = 0
        """In the journal behind the newest snapshot."""
        self.replaying = False
        """Whether the module is asked for its metrics, which are no part of its history."""
        self.message_entered = b""
        self._held: list[tuple[Call, Record]] = []
        self.begin_transaction()

    def begin_transaction(self) -> None:
        """Forget what was noted since the last commit."""
        self._entered = ""
        self._emitted = False
        self._outcome = 0
        self._voided: journal_pb2.Voided | None = None
        self._held = []

    @property
    def outcome(self) -> int:
        """CRC32C of the records emitted since the last commit."""
        return self._outcome

    # What an entry emits

    def _enter(self, export: str, call: Call | None, first: int, second: int = 0, third: int = 0, /) -> bool:
        if export != TICK:
            self._entered = export
        return Instance._enter(self, export, call, first, second, third)

    def _note(self, record: Emitted, entered: Call | None) -> None:
        if entered is not None and entered.method.read:
            return
        call_id, status, flags, payload = record
        self._outcome = _extend(self._outcome, _pack_head(call_id, len(payload), status, flags) + payload)
        self._emitted = True

    def _answer(self, call: Call, payload: bytes) -> None:
        if call.done or len(payload) > self.module.limits.max_message_bytes:
            self._dispatch((call.id, 0, ANSWER, payload), call)
            return
        if not call.method.read:
            head = _pack_head(call.id, len(payload), 0, ANSWER)
            self._outcome = _extend(self._outcome, head + payload)
            self._emitted = True
        call.done = True
        if self.calls:
            self._forget(call)
        record = tuple.__new__(Record, (0, ANSWER, payload))  # as in Instance
        if call.identity:
            self._keep(call, record)
        self._held.append((call, record))

    def _dispatch(self, record: Emitted, entered: Call | None) -> None:
        self._note(record, entered)
        super()._dispatch(record, entered)

    def _deliver(self, call: Call, record: Record) -> None:
        if record.flags & FINAL:
            call.done = True
            self._forget(call)
            if call.identity:
                self._keep(call, record)
        self._held.append((call, record))

    def _finish(self, call: Call, failure: Failure) -> None:
        if not call.done:
            call.done = True
            if call.identity:
                self.known_answers().forget(call)
            self._held.append((call, failure.record()))
        self._forget(call)

    def repeat(self, call: Call, record: Record) -> None:
        """Answer a retry as before, and no earlier than the first answer."""
        call.done = True
        self._held.append((call, record))
        self._release()

    # Traps

    def _trapped(self, trap: Trapped, entered: Call | None, *, asked: bool = False) -> None:
        """Throw the machine away. Only what trapped is lost: the state is made again without it."""
        if self.replaying:
            raise Replayed(str(trap))
        self.machine = None
        self.traps += 1
        self._host.observer.trap(self, str(trap))
        if asked:
            return
        self.trap_times.append(self.last_now)
        export = TICK if entered is None else self._entered
        message = b"" if entered is None else self.message_entered
        self._voided = journal_pb2.Voided(export=export, trap=str(trap), message=message)
        if entered is None:
            self._unsettle()
        else:
            self._finish(entered, Failure(INTERNAL, "TRAP", f"{self.module.name} trapped: {trap}"))
        if entered is None or self.traps_too_often():
            self.refuse(str(trap))

    def _unsettle(self) -> None:
        """A settle that trapped is in no entry, so nothing that came before in it ever leaves."""
        held, self._held = self._held, []
        self._emitted, self._outcome = False, 0
        gone = cancelled_as(CancelReason.RESTART).record()
        self._held.extend((call, gone) for call, _ in held)

    def refuse(self, why: str) -> None:
        """Answer every call UNAVAILABLE/INSTANCE_FAILED from now on, until an operator acts."""
        self.machine = None
        self.state, self.failure = State.FAILED, why
        for call in list(self.calls.values()):
            self._finish(call, cancelled_as(CancelReason.RESTART))

    # The end of an entry

    def commit(self, kind: Kind, call: Call | None, payload: bytes = b"", detail: int = 0) -> None:
        """Append what happened since the last commit, and hand it on when the disk has it.

        Args:
            kind: What it was, if anything was entered that is not a read.
            call: Whose entry it was.
            payload: The message that was entered.
            detail: The reason of a CANCEL.
        """
        if self.replaying:
            return
        voided, self._voided = self._voided, None
        told = self._kind(kind, call, voided)
        if told is Kind.VOID:
            assert voided is not None
            payload = voided.SerializeToString(deterministic=True)
        elif told is Kind.TIME:
            call, payload, detail = None, b"", 0
        try:
            if told is not None:
                self.append(told, call, payload, detail)
        except (JournalFailed, Fenced) as failure:
            self.lose(failure)
            return
        self._entered, self._emitted, self._outcome = "", False, 0
        self._release()
        if voided is not None and self.state is State.LIVE:
            self.recover_from_trap()

    def _kind(self, kind: Kind, call: Call | None, voided: journal_pb2.Voided | None) -> Kind | None:
        read = call is not None and call.method.read
        if voided is not None and (voided.export == TICK or not read):
            return Kind.VOID
        if self._entered and not read:
            return kind
        return Kind.TIME if self._emitted else None

    def append(self, kind: Kind, call: Call | None, payload: bytes = b"", detail: int = 0) -> None:
        """Append an entry of this instance.

        Raises:
            JournalFailed: Nothing can be written now.
            Fenced: Somebody else wrote to this instance.
        """
        number, identity = 0, b""
        if call is not None:
            number = call.id
            if kind is Kind.CALL:
                detail, identity = call.method.index, call.identity
        self.last_lsn = self.store.append(
            kind, self.id, self.last_lsn, self.last_now,
            call=number, method=detail, outcome=self._outcome, identity=identity, payload=payload,
            urgent=self.level is Level.DURABLE,
        )  # fmt: skip
        self.unsaved_entries += 1
        self.unsaved_bytes += len(payload)
        options = self.store.options
        if self.unsaved_entries >= options.snapshot_entries or self.unsaved_bytes >= options.snapshot_bytes:
            self.save_soon()

    def _release(self) -> None:
        held, self._held = self._held, []
        if not held:
            return
        try:
            self.store.barrier.hold(self.last_lsn if self.level is Level.DURABLE else 0, held)
        except BaseException:
            self._held = held  # `lose` tells those that heard of nothing
            raise

    # What the whole instance adds

    def save_soon(self) -> None:
        """Ask for a snapshot: much is in the journal alone."""
        raise NotImplementedError

    def lose(self, failure: JournalFailed | Fenced) -> None:
        """Forget what the disk does not have."""
        raise NotImplementedError

    def recover_from_trap(self) -> None:
        """Make the state again without the entry that trapped."""
        raise NotImplementedError

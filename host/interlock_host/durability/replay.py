"""Replay: an instance does again what the journal says it did, and is held to every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from interlock.journal.v1 import journal_pb2
from interlock_host.birth import make_machine
from interlock_host.calls import Call, CancelReason
from interlock_host.clock import Clock, VirtualClock
from interlock_host.durability.head import read_head
from interlock_host.durability.transaction import TICK, Replayed
from interlock_host.errors import HostError, cancelled_as
from interlock_host.instance import State
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.scan import JournalDamaged
from interlock_host.observer import EngineObserver
from interlock_host.snapshot.form import Snapshot
from interlock_host.wasm.image import restore_machine
from interlock_host.wasm.program import StartFailed

if TYPE_CHECKING:
    from interlock_host.birth import Host
    from interlock_host.durability.waking import Waking

UNLIMITED = 0
"""No budget: what an entry took the first time, it may take again."""


class NotReplayed(Exception):
    """The entries do not lead to a state that can be trusted; says where."""


class Muted:
    """Stands in for the engine in replay: what is done again is not told again."""

    virtual = True  # a settle may take as long as it took

    def __init__(self, host: Host) -> None:
        self.clock: Clock = host.clock
        self.observer = EngineObserver()
        self.answer_room = host.answer_room

    def schedule(self, instance: object, deadline: int) -> None:
        """Leave it: an instance that is being made does nothing by itself."""


class Standing:
    """The engine, at the time when an instance was last entered."""

    def __init__(self, host: Host, now: int) -> None:
        self._host = host
        self.clock: Clock = VirtualClock(now)

    def __getattr__(self, name: str) -> object:
        return getattr(self._host, name)


def replay(instance: Waking, snapshot: Snapshot | None, entries: Iterable[Entry]) -> None:
    """Bring an instance without a machine to where its entries end.

    Args:
        instance: In replay; its host is muted.
        snapshot: Where to begin, or None: at its CREATE.
        entries: Behind the snapshot, in order.

    One that fails by its traps has its machine still, as it was before the last of them.

    Raises:
        NotReplayed: An entry is missing, trapped, or was answered differently.
    """
    entry: Entry | None = None
    try:
        if snapshot is not None:
            _load(instance, snapshot)
        for entry in entries:
            if instance.state is not State.LIVE and entry.kind not in (Kind.VOID, Kind.DELETE):
                break
            _apply(instance, entry)
    except NotReplayed:
        raise
    except (Replayed, HostError, StartFailed, JournalDamaged, KeyError, ValueError, DecodeError) as error:
        where = f"at LSN {entry.lsn}" if entry is not None else "in its snapshot"
        raise NotReplayed(f"replay stopped {where}: {type(error).__name__}: {error}") from error


def _load(instance: Waking, snapshot: Snapshot) -> None:
    head = read_head(instance, snapshot.head)
    instance.machine = restore_machine(
        instance.module.program,
        head.birth.limits.max_memory,
        UNLIMITED,
        snapshot.image,
        random_state=head.random,
        now=head.now,
    )
    instance.id, instance.last_lsn, instance.saved_lsn = snapshot.instance, snapshot.lsn, snapshot.lsn
    instance.unsaved_entries = instance.unsaved_bytes = 0


def _apply(instance: Waking, entry: Entry) -> None:
    if entry.previous != instance.last_lsn:
        text = f"LSN {entry.lsn} follows {entry.previous}, not {instance.last_lsn}: entries are missing"
        raise NotReplayed(text)
    instance.begin_transaction()
    enter = _ENTER.get(entry.kind)
    if enter is not None:
        now = entry.now
        instance._settle_at(now)
        enter(instance, entry)
        instance._leave(now)
    elif entry.kind == Kind.CREATE:
        _create(instance, entry)
    elif entry.kind == Kind.VOID:
        _void(instance, entry)
    elif entry.kind == Kind.DELETE:
        instance.machine, instance.state = None, State.DELETED
    else:
        raise NotReplayed(f"LSN {entry.lsn} is of kind {entry.kind}, which this version does not know")
    if instance.outcome != entry.outcome and instance.state is State.LIVE:
        text = (
            f"LSN {entry.lsn} was answered differently in replay: {instance.module.name} is not"
            " deterministic, or is not the module that wrote it"
        )
        raise NotReplayed(text)
    instance.last_lsn = entry.lsn
    instance.unsaved_entries += 1
    instance.unsaved_bytes += len(entry.payload)


def _create(instance: Waking, entry: Entry) -> None:
    birth = journal_pb2.Birth.FromString(entry.payload)
    instance.birth, instance.id = birth, entry.lsn
    instance.last_now = entry.now
    instance.machine = make_machine(
        instance.module,
        birth.name,
        entry.now,
        seed=birth.seed,
        config=birth.config,
        max_memory=birth.limits.max_memory,
        budget_ms=UNLIMITED,
    )


def _void(instance: Waking, entry: Entry) -> None:
    voided = journal_pb2.Voided.FromString(entry.payload)
    if voided.reinstated:
        instance.state, instance.failure = State.LIVE, ""
        instance.trap_times.clear()
        return
    instance.trap_times.append(entry.now)
    instance.last_id = max(instance.last_id, entry.call)
    if voided.export == TICK:
        instance.state, instance.failure = State.FAILED, voided.trap
        return
    instance._settle_at(entry.now)
    if instance.traps_too_often():
        instance.state, instance.failure = State.FAILED, voided.trap


def _call(instance: Waking, entry: Entry) -> None:
    methods = instance.module.methods_by_index
    if entry.method >= len(methods):
        raise NotReplayed(f"LSN {entry.lsn} calls method {entry.method}; the module has {len(methods)}")
    call = Call(methods[entry.method], entry.call, len(entry.payload), None)
    call.instance = instance
    instance.last_id = entry.call
    if entry.identity:
        call.identity = entry.identity
        instance.known_answers().begin(call, entry.payload)
    machine = instance.machine
    assert machine is not None
    instance._enter_message(machine, call, entry.payload, entry.now)
    if not call.done:
        instance.adopt(call)


def _message(instance: Waking, entry: Entry) -> None:
    machine = instance.machine
    assert machine is not None
    instance._enter_message(machine, instance.calls[entry.call], entry.payload, entry.now)


def _half_close(instance: Waking, entry: Entry) -> None:
    call = instance.calls[entry.call]
    instance._enter("interlock_half_close", call, call.id, entry.now)


def _cancel(instance: Waking, entry: Entry) -> None:
    call, reason = instance.calls[entry.call], CancelReason(entry.method)
    call.cancelled = True
    instance._enter("interlock_cancel", call, call.id, reason, entry.now)
    instance._finish(call, cancelled_as(reason))


def _time(instance: Waking, entry: Entry) -> None:
    """The settle was all."""


_ENTER: dict[int, Callable[[Waking, Entry], None]] = {
    Kind.CALL: _call,
    Kind.MESSAGE: _message,
    Kind.HALF_CLOSE: _half_close,
    Kind.CANCEL: _cancel,
    Kind.TIME: _time,
}

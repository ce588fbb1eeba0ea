"""An instance that failed by its traps: what it held is kept, and an operator may let it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from interlock.journal.v1 import journal_pb2
from interlock_host.durability.head import take_head
from interlock_host.durability.replay import Muted, NotReplayed, replay
from interlock_host.durability.store import Fenced, JournalFailed, Kind
from interlock_host.errors import FAILED_PRECONDITION, UNAVAILABLE, HostError
from interlock_host.instance import State

if TYPE_CHECKING:
    from interlock_host.durability.host import DurableHost
    from interlock_host.durability.instance import DurableInstance


def remade(instance: DurableInstance) -> DurableInstance:
    """Return another, which nobody calls, with the state that a failed instance had before its last trap.

    Raises:
        NotReplayed: It did not fail by its traps, or cannot be made again; says why.
        OSError: It cannot be read now.
    """
    if instance.state is not State.FAILED or not instance.id:
        raise NotReplayed(f"{instance.module.name}/{instance.name} did not fail, or is not kept")
    history = instance.store.history(instance.id, instance.last_lsn)
    if history.damage:
        raise NotReplayed(history.damage)
    host = cast("DurableHost", Muted(instance._host))
    other = type(instance)(host, instance.module, instance.name, instance.store, instance.level)
    other.replaying = True
    replay(other, history.snapshot, history.entries)
    if other.state is not State.FAILED or other.machine is None:
        raise NotReplayed(f"{instance.module.name}/{instance.name} failed otherwise than by its traps")
    return other


def save_failed(instance: DurableInstance) -> bool:
    """Write a snapshot of what a failed instance held, so that it needs no journal.

    Returns:
        Whether there is one.

    Raises:
        OSError: It cannot be read, or written, now.
    """
    if instance.saved_lsn == instance.last_lsn:
        return True
    try:
        other = remade(instance)
    except NotReplayed:
        return False  # it needs its journal: for whoever looks at what went wrong
    assert other.machine is not None
    instance.store.snapshots.write(instance.id, other.last_lsn, take_head(other)(), other.image())
    with instance.lock:
        if instance.state is not State.FAILED or instance.last_lsn != other.last_lsn:
            return False  # it was deleted or reinstated meanwhile; the snapshot is right for its LSN
        instance.saved_lsn = other.last_lsn
        instance.unsaved_entries = instance.unsaved_bytes = 0
    return True


def reinstate(instance: DurableInstance) -> str:
    """Let a failed instance go on, without the entries that trapped; return why it had failed.

    Its parked calls were answered when it failed; those are cancelled as it wakes (reason 3).
    What trapped in a tick is due still, and may well trap again.

    Raises:
        HostError: FAILED_PRECONDITION, it did not fail by its traps or cannot be made again;
            UNAVAILABLE/JOURNAL_FAILED.
    """
    instance.store.check()
    try:
        remade(instance)
    except NotReplayed as error:
        raise HostError(FAILED_PRECONDITION, "INSTANCE_FAILED", str(error)) from None
    except OSError as error:
        raise HostError(UNAVAILABLE, "JOURNAL_FAILED", str(error)) from error
    with instance.lock:
        failure = instance.failure
        if instance.state is not State.FAILED:
            raise HostError(
                FAILED_PRECONDITION, "INSTANCE_FAILED", "it was deleted or reinstated a moment ago"
            )
        instance.state, instance.failure = State.LIVE, ""
        instance.trap_times.clear()
        instance.begin_transaction()
        payload = journal_pb2.Voided(reinstated=True).SerializeToString()
        try:
            instance.append(Kind.VOID, None, payload)
        except (JournalFailed, Fenced) as failed:
            instance.lose(failed)
            raise HostError(UNAVAILABLE, "JOURNAL_FAILED", str(failed)) from None
        instance.look_again()
        lsn = instance.last_lsn
    instance.store.sync(lsn)
    return failure

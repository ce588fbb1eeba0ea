"""The host's part of a snapshot, and the birth of an instance, as messages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from interlock.journal.v1 import journal_pb2
from interlock_host.answers import Answers, Kept, SavedAnswers
from interlock_host.calls import Call
from interlock_host.durability.levels import Level, durability_of
from interlock_host.instance import State
from interlock_host.module import Module

if TYPE_CHECKING:
    from interlock_host.durability.instance import DurableInstance
    from interlock_host.durability.waking import Waking


def birth_of(module: Module, name: str, config: bytes, seed: int, level: Level) -> journal_pb2.Birth:
    """Return what an instance that is made now is made from."""
    return journal_pb2.Birth(
        package=module.package,
        digest=module.digest,
        name=name,
        config=config,
        seed=seed,
        limits=module.limits.message(),
        durability=durability_of(level),
    )


def take_head(instance: DurableInstance) -> Callable[[], bytes]:
    """Take the host's part of an instance that is between entries; under its lock.

    Returns:
        What writes it down, which needs no lock: with all the answers that an instance may
        keep, that takes longer than all else.
    """
    machine, answers = instance.machine, instance.known_answers()
    assert machine is not None
    head = journal_pb2.SnapshotHead(
        birth=instance.birth,
        last_call=instance.last_id,
        now=instance.last_now,
        deadline=machine.deadline,
        random=machine.random.state,
        parked=[_parked(call, answers) for _, call in sorted(instance.calls.items())],
        traps=instance.trap_times,
        failure=instance.failure if instance.state is State.FAILED else "",
    )
    return functools.partial(_written, head, *answers.take())


def _written(
    head: journal_pb2.SnapshotHead, saved: SavedAnswers | None, answered: list[tuple[bytes, Kept]]
) -> bytes:
    if saved is not None:
        head.answered.CopyFrom(saved.written())
    if answered:
        head.answered.MergeFrom(_answered(answered))
    return head.SerializeToString(deterministic=True)


def _parked(call: Call, answers: Answers) -> journal_pb2.ParkedCall:
    return journal_pb2.ParkedCall(
        id=call.id,
        method=call.method.name,
        size=call.request_bytes,
        identity=call.identity,
        checksum=answers.checksum(call) if call.identity else 0,
    )


def _answered(answers: list[tuple[bytes, Kept]]) -> journal_pb2.Answered:
    """Turn the table on its side: columns are copied without a line of Python for each answer."""
    identities, kept = zip(*answers, strict=True)
    checksums, sizes, statuses, flags, payloads, nows = zip(*kept, strict=True)
    return journal_pb2.Answered(
        identity=identities, checksum=checksums, size=sizes,
        status=statuses, flags=flags, payload=payloads, now=nows,
    )  # fmt: skip


def read_head(instance: Waking, data: bytes) -> journal_pb2.SnapshotHead:
    """Give an instance without a machine the host's part of a snapshot; return it."""
    head = journal_pb2.SnapshotHead.FromString(data)
    instance.birth = head.birth
    instance.last_id, instance.last_now = head.last_call, head.now
    instance.trap_times.extend(head.traps)
    if head.failure:
        instance.state, instance.failure = State.FAILED, head.failure
    answers = instance.known_answers()
    for parked in head.parked:
        call = Call(instance.module.methods[parked.method], parked.id, parked.size, None)
        call.instance, call.identity = instance, parked.identity
        instance.adopt(call)
        if call.identity:
            answers.resume(call, parked.checksum)
    if head.answered.identity:
        answers.wake_with(SavedAnswers(head.answered, most=len(data)))
    return head

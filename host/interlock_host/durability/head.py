"""The host's part of a snapshot, and the birth of an instance, as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.journal.v1 import journal_pb2
from interlock.v1 import contract_pb2
from interlock_host.answers import Answers, Kept
from interlock_host.calls import Call, Record
from interlock_host.durability.levels import Level, durability_of
from interlock_host.module import Limits, Module

if TYPE_CHECKING:
    from interlock_host.durability.instance import DurableInstance


def birth_of(module: Module, name: str, config: bytes, seed: int, level: Level) -> journal_pb2.Birth:
    """Return what an instance that is made now is made from."""
    return journal_pb2.Birth(
        package=module.package,
        digest=module.digest,
        name=name,
        config=config,
        seed=seed,
        limits=limits_message(module.limits),
        durability=durability_of(level),
    )


def limits_message(limits: Limits) -> contract_pb2.Limits:
    """Return limits as protos have them."""
    return contract_pb2.Limits(
        max_memory=limits.max_memory,
        max_message_bytes=limits.max_message_bytes,
        max_parked_calls=limits.max_parked_calls,
        max_parked_bytes=limits.max_parked_bytes,
        entry_budget_ms=limits.entry_budget_ms,
        stream_window=limits.stream_window,
    )


def write_head(instance: DurableInstance) -> bytes:
    """Return the host's part of an instance that is between entries; under its lock."""
    machine, answers = instance.machine, instance.known_answers()
    assert machine is not None
    head = journal_pb2.SnapshotHead(
        birth=instance.birth,
        last_call=instance.last_id,
        now=instance.last_now,
        deadline=machine.deadline,
        random=machine.random.state,
        parked=[_parked(call, answers) for _, call in sorted(instance.calls.items())],
        answered=[_answered(identity, kept) for identity, kept in answers.items()],
        traps=instance.trap_times,
    )
    return head.SerializeToString(deterministic=True)


def _parked(call: Call, answers: Answers) -> journal_pb2.ParkedCall:
    return journal_pb2.ParkedCall(
        id=call.id,
        method=call.method.name,
        size=call.request_bytes,
        identity=call.identity,
        checksum=answers.checksum(call) if call.identity else 0,
    )


def _answered(identity: bytes, kept: Kept) -> journal_pb2.Answered:
    status, flags, payload = kept.record
    return journal_pb2.Answered(
        identity=identity, checksum=kept.checksum, size=kept.size,
        status=status, flags=flags, payload=payload, now=kept.now,
    )  # fmt: skip


def read_head(instance: DurableInstance, head: journal_pb2.SnapshotHead) -> None:
    """Give an instance without a machine the host's part of a snapshot."""
    instance.birth = head.birth
    instance.last_id, instance.last_now = head.last_call, head.now
    instance.trap_times.extend(head.traps)
    answers = instance.known_answers()
    for parked in head.parked:
        call = Call(instance.module.methods[parked.method], parked.id, parked.size, None)
        call.instance, call.identity = instance, parked.identity
        instance.adopt(call)
        if call.identity:
            answers.resume(call, parked.checksum)
    for kept in head.answered:
        record = Record(kept.status, kept.flags, kept.payload)
        answers.put(kept.identity, Kept(kept.checksum, kept.size, record, kept.now))

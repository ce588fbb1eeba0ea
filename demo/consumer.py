"""A consumer: leases batches from the partitions that the group gave it, and counts their words.

demo/go/consumer.go and demo/typescript/consumer.ts do the same with stubs generated from protos/.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import interlock
from demo.job import (
    BATCH,
    GROUP,
    LEASE,
    MOST_ADDS,
    PARTITIONS,
    REBALANCE,
    SESSION,
    SHARDS,
    TOPIC,
    additions,
    queue_name,
    shard_name,
)
from demo.words import count
from interlock import Addition, Client, Delivery, Membership
from interlock.values import Partitions

IDLE = 0.05
"""Seconds to wait when no partition had anything."""


class Consumer:
    """One member of the group.

    Args:
        client: The place of queues, counters and group.
        name: The member's.
        say: Told what happens, by a name and numbers.
        between: Called after the Adds of each batch and before its Acks.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        say: Callable[..., None],
        between: Callable[[list[Delivery]], None] | None = None,
    ) -> None:
        self.stop = threading.Event()
        self._name = name
        self._say = say
        self._between = between
        self._group = client.rebalance(GROUP)
        self._queues = [client.queue(queue_name(partition)) for partition in range(PARTITIONS)]
        self._counters = [client.counter(shard_name(shard)) for shard in range(SHARDS)]
        self._in_hand: int | None = None
        self._changed = threading.Condition()

    def run(self) -> None:
        """Work until told to stop, then leave the group."""
        member = self._group.member(
            self._name, {TOPIC: PARTITIONS}, session=SESSION, rebalance=REBALANCE, on_revoke=self._settle
        )
        with member:
            self._say("joined")
            while not self.stop.is_set():
                worked = [self._work_on(member, partition) for partition in self._assigned(member)]
                if not any(worked):
                    self.stop.wait(IDLE)

    def _hold(self, partition: int | None) -> None:
        with self._changed:
            self._in_hand = partition
            self._changed.notify_all()

    def _settle(self, revoked: Partitions) -> None:
        """Return when no batch of a revoked partition is in hand: only then may another have it."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_hand not in revoked.get(TOPIC, ()))

    def _assigned(self, member: Membership) -> Iterator[int]:
        yield from member.assigned.get(TOPIC, ())

    def _work_on(self, member: Membership, partition: int) -> bool:
        """Count one batch of a partition; return whether there was one."""
        # In hand first, then looked up: `assigned` shrinks before _settle is asked.
        self._hold(partition)
        try:
            if self.stop.is_set() or partition not in self._assigned(member):
                return False
            batch = self._queues[partition].pop_many(BATCH, timeout=0, lease=LEASE)
            return bool(batch) and self._count(member, partition, batch)
        except interlock.Closed:
            return False
        finally:
            self._hold(None)

    def _count(self, member: Membership, partition: int, batch: list[Delivery]) -> bool:
        try:
            member.check({TOPIC: [partition]})
        except (interlock.Fenced, interlock.UnknownMember):
            # Another's by now. Counting it would do no harm, but it is not ours to do.
            self._queues[partition].nack_many(batch)
            return False
        known = self._add(batch)
        again = sum(item.attempt > 1 for item in batch)
        if again:
            self._say("again", partition=partition, items=again, known=known)
        if self._between is not None:
            self._between(batch)
        # One by one: the calls of Ack in /metrics are then the items, by language.
        for item in batch:
            _ack(item)
        return True

    def _add(self, batch: list[Delivery]) -> int:
        """Add the words of a batch; return how many additions were known already."""
        shards: list[list[Addition]] = [[] for _ in range(SHARDS)]
        for item in batch:
            for shard, adds in zip(shards, additions(item.id, count(item.data)), strict=True):
                shard.extend(adds)
        known: Counter[bool] = Counter()
        for counter, adds in zip(self._counters, shards, strict=True):
            for first in range(0, len(adds), MOST_ADDS):
                added = counter.add_many(adds[first : first + MOST_ADDS])
                known.update(not one.applied for one in added)
        return known[True]


def _ack(item: Delivery) -> None:
    try:
        item.ack()
    except interlock.LeaseLost:
        # Somebody gets it again, and adds nothing: each addition is applied once.
        return

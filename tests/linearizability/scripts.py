"""What the clients of a history do: a script yields a request and is sent its answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from random import Random

from google.protobuf.message import Message

from interlock.counter.v1 import counter_pb2 as counter
from interlock.queue.v1 import queue_pb2 as queue
from interlock.rebalance.v1 import rebalance_pb2 as group
from tests.linearizability.history import Answer

Script = Generator[Message, Answer, None]
Writer = Callable[[str, int, Random], Script]
"""Of an instance's name, the client's number, and its chance."""

WAIT_MS = 15
LEASE_MS = 600_000
"""Longer than a history: the models know no time."""
SESSION_MS = REBALANCE_MS = 3_600_000
PARTITIONS = 5
MAX_ITEMS = 6

_EDGE = (1 << 63) - 1


def count(name: str, client: int, chance: Random) -> Script:
    """Use two counters in turn: one call by call and key by key, one with several keys, and ids, a call."""
    yield from _in_turn(
        [_count_one(f"{name}-one", chance), _count_several(f"{name}-several", client, chance)], chance
    )


def _in_turn(scripts: list[Script], chance: Random) -> Script:
    requests = [next(script) for script in scripts]
    while True:
        which = chance.randrange(len(scripts))
        requests[which] = scripts[which].send((yield requests[which]))


def _count_one(name: str, chance: Random) -> Script:
    known = dict.fromkeys("abc", 0)
    while True:
        key, kind = chance.choice("abc"), chance.random()
        if kind < 0.4:
            answer = yield _addition(name, [key], chance.choice((1, 1, 5, -2)))
        elif kind < 0.45:
            answer = yield _addition(name, ["edge"], chance.choice((_EDGE, -_EDGE)))
        elif kind < 0.6:
            answer = yield counter.CompareAndSetRequest(
                instance=name, key=key, expected=known[key], value=chance.randint(0, 9)
            )
        elif kind < 0.65:
            answer = yield counter.ResetRequest(instance=name, keys=[key])
        elif kind < 0.72:
            answer = yield counter.WaitRequest(
                instance=name, key=key, at_least=known[key] + 1, wait_ms=WAIT_MS
            )
        else:
            answer = yield counter.GetRequest(instance=name, keys=[key])
        if isinstance(answer, counter.AddResponse | counter.GetResponse):
            known.update((one.key, one.value) for one in answer.values if one.key in known)


def _count_several(name: str, client: int, chance: Random) -> Script:
    for serial in itertools.count():
        keys = chance.sample("abc", 2)
        kind = chance.random()
        if kind < 0.3:
            yield _addition(name, keys, 1)
        elif kind < 0.6:
            yield _addition(name, keys[:1], 1, once=f"{client}-{serial // 12}")
        else:
            yield counter.GetRequest(instance=name, keys=keys)


def _addition(name: str, keys: list[str], delta: int, once: str = "") -> Message:
    adds = [counter.Addition(key=key, delta=delta, once=once) for key in keys]
    return counter.AddRequest(instance=name, adds=adds)


def configure(name: str) -> list[Message]:
    """Return the first calls of a queue's history: one of the two has a bound, so that pushes wait."""
    return [
        queue.ConfigureRequest(instance=f"{name}-bounded", max_items=MAX_ITEMS, dedupe_window_ms=LEASE_MS),
        queue.ConfigureRequest(instance=f"{name}-wide", dedupe_window_ms=LEASE_MS),
    ]


def work(name: str, client: int, chance: Random) -> Script:
    """Use two queues in turn."""
    bounded, wide = (
        _use(f"{name}-{kind}", client, chance, kind == "bounded") for kind in ("bounded", "wide")
    )
    yield from _in_turn([bounded, wide], chance)


def _use(name: str, client: int, chance: Random, bounded: bool) -> Script:
    """Push and pop with and without waiting, settle leases, look."""
    holds: list[int] = []
    for serial in itertools.count():
        kind = chance.random()
        if kind < 0.3:
            yield _push(name, f"{client}-{serial}", chance, bounded)
        elif kind < 0.6:
            answer = yield _pop(name, holds, chance)
            if isinstance(answer, queue.PopResponse):
                holds += [item.receipt for item in answer.items if item.receipt]
        elif kind < 0.9 and holds:
            picked = chance.sample(holds, chance.randint(1, len(holds)))
            holds = [one for one in holds if one not in picked]
            settle = queue.AckRequest if chance.random() < 0.7 else queue.NackRequest
            yield settle(instance=name, receipts=picked)
        elif kind < 0.92:
            yield queue.PurgeRequest(instance=name)
        else:
            yield queue.StatsRequest(instance=name)


def _push(name: str, data: str, chance: Random, bounded: bool) -> Message:
    # Where there is a bound, several items come in one by one, and a pop that waits may come between.
    count = 1 if bounded else chance.randint(1, 3)
    items = [queue.Item(data=f"{data}.{n}".encode()) for n in range(count)]
    if chance.random() < 0.3:
        items[0].id = data[:-1]
    return queue.PushRequest(instance=name, items=items, wait_ms=WAIT_MS * bounded * chance.randrange(2))


def _pop(name: str, holds: list[int], chance: Random) -> Message:
    waits = chance.random() < 0.4
    ack = [holds.pop()] if holds and chance.random() < 0.3 else []
    return queue.PopRequest(
        instance=name,
        max_items=chance.randint(1, 3),
        wait_ms=WAIT_MS * waits,
        lease_ms=chance.choice((0, LEASE_MS, LEASE_MS)),
        ack=ack,
    )


def belong(name: str, client: int, chance: Random) -> Script:
    """Be a member: join, beat, ask before commits, trespass, leave, look."""
    member = f"m{client}"
    mine, generation, joined = frozenset[int](), 0, False
    while True:
        kind = chance.random()
        if not joined:
            answer = yield _join(name, member, mine)
            if isinstance(answer, group.JoinResponse):
                generation, joined = answer.generation, not answer.revoke
                mine = frozenset(number for one in answer.assigned for number in one.partitions)
        elif kind < 0.4:
            answer = yield group.HeartbeatRequest(instance=name, member=member, generation=generation)
            if isinstance(answer, group.HeartbeatResponse):
                joined = answer.state == group.GROUP_STATE_STABLE
        elif kind < 0.6:
            yield _commit(name, member, generation, mine)
        elif kind < 0.75:
            numbers = chance.sample(range(PARTITIONS), 2)
            yield _commit(name, f"m{chance.randint(0, client)}", generation - chance.randint(0, 1), numbers)
        elif kind < 0.9:
            yield group.DescribeRequest(instance=name)
        else:
            yield group.LeaveRequest(instance=name, member=member)
            mine, joined = frozenset(), False


def depart(name: str, client: int) -> list[Message]:
    """Return the last call of a member: without it, others would wait for it to join."""
    return [group.LeaveRequest(instance=name, member=f"m{client}")]


def _join(name: str, member: str, owned: frozenset[int]) -> Message:
    return group.JoinRequest(
        instance=name,
        member=member,
        topics=[group.Topic(name="t", partitions=PARTITIONS)],
        owned=_listed(owned),
        session_ms=SESSION_MS,
        rebalance_ms=REBALANCE_MS,
    )


def _commit(name: str, member: str, generation: int, numbers: frozenset[int] | list[int]) -> Message:
    return group.CheckGenerationRequest(
        instance=name, member=member, generation=max(generation, 0), partitions=_listed(numbers)
    )


def _listed(numbers: frozenset[int] | list[int]) -> list[group.TopicPartitions]:
    return [group.TopicPartitions(topic="t", partitions=sorted(numbers))] if numbers else []

"""The clients of one instance: they send what a step says, and hear what comes back."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from interlock.counter.v1 import counter_pb2 as counter
from interlock.queue.v1 import queue_pb2 as queue
from interlock.rebalance.v1 import rebalance_pb2 as rebalance
from interlock.v1.error_pb2 import Error, Reason
from interlock_host.calls import Record
from tests.simulation.counter_reference import Counters
from tests.simulation.group_reference import Group
from tests.simulation.group_shares import Spot
from tests.simulation.queue_reference import Queue
from tests.simulation.reference import Reference, Refusal

Plain = tuple[Any, ...]
_REASONS = {number: name.removeprefix("REASON_") for name, number in Reason.items()}
NEVER_GIVEN = 0xABC << 32
"""A receipt that no queue gives."""


def refusal_of(record: Record) -> Refusal:
    """Read an error, without its sentence."""
    error = Error.FromString(record.payload)
    return Refusal(record.status, _REASONS.get(error.reason, ""), error.field)


class Clients:
    """What the clients of one instance know from the replies they had.

    `wire` and `plain` say one request to the engine and to the reference;
    `read` turns a reply into what the reference would have said.
    """

    package: Any
    reference: type[Reference]
    READS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: dict[tuple[str, Plain], bytes] = {}

    def say(self, method: str, arguments: Plain) -> tuple[bytes, Plain]:
        """Return a step's request for the engine, and for the reference."""
        plain = self.plain(method, arguments)
        wire = self._known.get((method, plain))
        if wire is None:
            fields = getattr(self, f"_{method}")(*plain)
            request = getattr(self.package, f"{method}Request")(instance=self.name, **fields)
            wire = request.SerializeToString()
            if len(self._known) < 5_000:
                self._known[method, plain] = wire
        return wire, plain

    def plain(self, method: str, arguments: Plain) -> Plain:
        """Return the request for the reference; steps name what clients know by its place."""
        return arguments

    def hear(self, method: str, plain: Plain, payload: bytes, expected: object) -> object:
        """Read a reply, and remember what a client would.

        Returns:
            It as the reference says it. `expected` tells the number of a lease
            whose receipt is new.
        """
        raise NotImplementedError


class QueueClients(Clients):
    """Know receipts. A lease's number is the reference's name for its receipt."""

    package = queue
    reference = Queue
    READS = frozenset({"Stats"})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.leases: list[int] = []
        self.receipts: dict[int, int] = {}
        self.given: dict[int, int] = {}

    def plain(self, method: str, arguments: Plain) -> Plain:
        if method in {"Ack", "Nack", "Extend"}:
            return (self._leases(arguments[0]), *arguments[1:])
        if method == "Pop":
            most, wait_ms, lease_ms, places, dead = arguments
            return most, wait_ms, lease_ms, self._leases(places), dead
        return arguments

    def _leases(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Places count from the newest lease; one beyond the oldest is of a lease that never was."""
        return tuple(self.leases[-1 - p] if p < len(self.leases) else -1 - p for p in places)

    def _receipts(self, leases: tuple[int, ...]) -> list[int]:
        return [self.receipts[n] if n > 0 else NEVER_GIVEN - n for n in leases]

    def _Configure(self, *wanted: int) -> dict[str, Any]:
        names = ("capacity_bytes", "max_items", "overflow", "lease_ms", "max_deliveries", "dedupe_window_ms")
        return dict(zip(names, wanted, strict=True))

    def _Push(self, items: tuple[tuple[str, str, int], ...], wait_ms: int) -> dict[str, Any]:
        made = [queue.Item(data=data.encode(), id=id_, delay_ms=delay) for data, id_, delay in items]
        return {"items": made, "wait_ms": wait_ms}

    def _Pop(
        self, most: int, wait_ms: int, lease_ms: int, ack: tuple[int, ...], dead: bool
    ) -> dict[str, Any]:
        numbers = {"max_items": most, "wait_ms": wait_ms, "lease_ms": lease_ms}
        return {**numbers, "ack": self._receipts(ack), "dead_letters": dead}

    def _Ack(self, leases: tuple[int, ...]) -> dict[str, Any]:
        return {"receipts": self._receipts(leases)}

    def _Nack(self, leases: tuple[int, ...], delay_ms: int) -> dict[str, Any]:
        return {"receipts": self._receipts(leases), "delay_ms": delay_ms}

    def _Extend(self, leases: tuple[int, ...], lease_ms: int) -> dict[str, Any]:
        return {"receipts": self._receipts(leases), "lease_ms": lease_ms}

    def _Subscribe(self, credit: int, lease_ms: int) -> dict[str, Any]:
        return {"credit": credit, "lease_ms": lease_ms}

    def _Stats(self) -> dict[str, Any]:
        return {}

    def _Purge(self, dead: bool) -> dict[str, Any]:
        return {"dead_letters": dead}

    def _Close(self) -> dict[str, Any]:
        return {}

    def hear(self, method: str, plain: Plain, payload: bytes, expected: object) -> object:
        if method in {"Pop", "Subscribe"}:
            items = queue.PopResponse.FromString(payload).items
            return self._deliveries(items, expected if isinstance(expected, list) else [])
        if method == "Push":
            push = queue.PushResponse.FromString(payload)
            return push.accepted, push.duplicates, push.first_sequence
        if method in {"Ack", "Nack", "Extend"}:
            # The three replies have the same fields under different names.
            settled = queue.AckResponse.FromString(payload)
            return settled.acked, self._unknown(plain[0], list(settled.unknown))
        reply = getattr(queue, f"{method}Response").FromString(payload)
        return tuple(getattr(reply, field.name) for field in reply.DESCRIPTOR.fields)

    def _unknown(self, asked: tuple[int, ...], unknown: list[int]) -> list[object]:
        names: dict[int, int] = dict(zip(self._receipts(asked), asked, strict=True))
        return [names.get(receipt, f"receipt {receipt}") for receipt in unknown]

    def _deliveries(self, items: Any, expected: list[Plain]) -> list[Plain]:
        leases = [item[3] for item in expected]
        read = []
        for place, item in enumerate(items):
            lease: Any = leases[place] if place < len(leases) else 0
            if not (lease and item.receipt) or self.given.get(item.receipt, lease) != lease:
                lease = f"receipt {item.receipt}" if item.receipt else 0
            elif item.receipt not in self.given:
                self.leases.append(lease)
                self.receipts[lease] = item.receipt
                self.given[item.receipt] = lease
            read.append((item.data.decode(), item.id, item.sequence, lease, item.attempt))
        return read


class CounterClients(Clients):
    """Know the tokens of pages."""

    package = counter
    reference = Counters
    READS = frozenset({"Get", "List"})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: dict[str, tuple[str, str]] = {}
        """By prefix: the last page's token, and the last key on it."""

    def plain(self, method: str, arguments: Plain) -> Plain:
        if method != "List":
            return arguments
        prefix, page_size, goes_on = arguments
        return prefix, page_size, self.pages[prefix][1] if goes_on and prefix in self.pages else None

    def _Add(self, adds: tuple[tuple[str, int, str], ...]) -> dict[str, Any]:
        return {"adds": [counter.Addition(key=key, delta=delta, once=once) for key, delta, once in adds]}

    def _Get(self, keys: tuple[str, ...]) -> dict[str, Any]:
        return {"keys": keys}

    _Reset = _Get

    def _CompareAndSet(self, key: str, expected: int, value: int) -> dict[str, Any]:
        return {"key": key, "expected": expected, "value": value}

    def _List(self, prefix: str, page_size: int, after: str | None) -> dict[str, Any]:
        token = self.pages[prefix][0] if after is not None else ""
        return {"prefix": prefix, "page_size": page_size, "page_token": token}

    def _Wait(self, key: str, least: int | None, most: int | None, wait_ms: int) -> dict[str, Any]:
        return {"key": key, "at_least": least, "at_most": most, "wait_ms": wait_ms}

    def hear(self, method: str, plain: Plain, payload: bytes, expected: object) -> object:
        reply = getattr(counter, f"{method}Response").FromString(payload)
        if method == "Add":
            return [(one.key, one.value, one.applied) for one in reply.values]
        if method == "Get":
            return [(one.key, one.value) for one in reply.values]
        if method == "List":
            values = [(one.key, one.value) for one in reply.values]
            if reply.next_page_token and values:
                self.pages[plain[0]] = reply.next_page_token, values[-1][0]
            else:
                self.pages.pop(plain[0], None)
            return values, bool(reply.next_page_token)
        return tuple(getattr(reply, field.name) for field in reply.DESCRIPTOR.fields)


class GroupClients(Clients):
    """Know what each member was assigned last, and in which generation."""

    package = rebalance
    reference = Group
    READS = frozenset({"CheckGeneration", "Describe", "Backoff"})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.assigned: dict[str, list[Spot]] = {}
        self.generation: Counter[str] = Counter()

    def plain(self, method: str, arguments: Plain) -> Plain:
        if method == "Join":
            member, topics, keeps, more, *numbers = arguments
            owned = (*(self.assigned.get(member, ()) if keeps else ()), *more)
            return (member, topics, owned, *numbers)
        if method in {"Heartbeat", "CheckGeneration"}:
            member, older, *rest = arguments
            return (member, max(self.generation[member] - older, 0), *rest)
        return arguments

    def _Join(  # noqa: PLR0917
        self, member: str, topics: tuple[Spot, ...], owned: tuple[Spot, ...], weight: int,
        session_ms: int, rebalance_ms: int,
    ) -> dict[str, Any]:  # fmt: skip
        return {
            "member": member,
            "topics": [rebalance.Topic(name=name, partitions=size) for name, size in topics],
            "owned": [rebalance.TopicPartitions(topic=topic, partitions=[number]) for topic, number in owned],
            "weight": weight, "session_ms": session_ms, "rebalance_ms": rebalance_ms,
        }  # fmt: skip

    def _Heartbeat(self, member: str, generation: int) -> dict[str, Any]:
        return {"member": member, "generation": generation}

    def _Leave(self, member: str) -> dict[str, Any]:
        return {"member": member}

    def _CheckGeneration(
        self, member: str, generation: int, topics: tuple[tuple[str, tuple[int, ...]], ...]
    ) -> dict[str, Any]:
        named = [rebalance.TopicPartitions(topic=topic, partitions=numbers) for topic, numbers in topics]
        return {"member": member, "generation": generation, "partitions": named}

    def _Describe(self) -> dict[str, Any]:
        return {}

    _Watch = _Describe

    def _Backoff(self, member: str, retry: int) -> dict[str, Any]:
        return {"member": member, "retry": retry}

    def hear(self, method: str, plain: Plain, payload: bytes, expected: object) -> object:
        reply = getattr(rebalance, f"{method}Response").FromString(payload)
        if method == "Join":
            assigned = _spots(reply.assigned)
            self.assigned[plain[0]] = assigned
            self.generation[plain[0]] = reply.generation
            return reply.generation, assigned, _spots(reply.revoke)
        if method in {"Describe", "Watch"}:
            members = [(m.name, m.weight, _spots(m.assigned), m.session_left_ms) for m in reply.members]
            picture = reply.state, reply.generation, members
            return (
                picture if method == "Watch" else (*picture, [(t.name, t.partitions) for t in reply.topics])
            )
        return tuple(getattr(reply, field.name) for field in reply.DESCRIPTOR.fields)


def _spots(listed: Any) -> list[Spot]:
    return [(topics.topic, number) for topics in listed for number in topics.partitions]


CLIENTS: dict[str, type[Clients]] = {
    "queue": QueueClients,
    "counter": CounterClients,
    "rebalance": GroupClients,
}

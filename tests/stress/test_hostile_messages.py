"""Ten thousand hostile requests for each method, between the calls of a bystander who must not notice."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, failure_of
from interlock_host.module import CAPS
from interlock_host.served import STANDARD_MODULES
from tests.host import gate, probe, puppet
from tests.host.conftest import Watcher
from tests.host.puppet import answer
from tests.host.session import Session
from tests.stress.hostile import SOAK, Attacker, decoded
from tests.stress.memory import resident_kib

EACH = 10_000 if SOAK else 500
"""Requests a method."""
ROUND = 25
"""Requests between two calls of the bystander; time moves in between."""
LIFE = 4
"""Rounds that an attacked instance lives for."""
BYSTANDER = "bystander"
MOST_PARKED = 200
MOST_GROWTH_KIB = 8 << 10
"""Between the first fifth of an attack and its end; what the attacker learns is in it."""
STANDARD = {
    "queue": "interlock.queue.v1.QueueService",
    "counter": "interlock.counter.v1.CounterService",
    "rebalance": "interlock.rebalance.v1.RebalanceService",
}
THIRD = {
    "gate": gate.SERVICE,
    "puppet": puppet.SERVICE.strip("/"),
    "probe": probe.SERVICE,
}

_ENDLESS = ("Flood",)
"""The gate's: it may emit for 10,000 ticks, minutes a call, and test_third_party.py has it."""
_ENDING = ("Close",)
"""What leaves an instance that refuses all else comes last in its life, and then as often as all others."""
_INVALID = ("INVALID_PROTO", "INSTANCE_MISSING", "INSTANCE_INVALID")
"""Why a request was refused before it meant anything."""

Bystander = Callable[[Session], Iterator[None]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules of others."""
    found = tmp_path_factory.mktemp("modules")
    gate.pack_gate(gate.compile_gate(found / "gate.raw"), found / "gate.wasm")
    puppet.build(found)
    return probe.write_probe(found)


class Shares:
    """What became of the requests, by method."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        """Answered, or parked."""
        self.invalid: Counter[str] = Counter()
        """Did not decode, or broke a rule of the proto."""
        self.other: Counter[str] = Counter()
        """Understood and refused, or a trap."""

    def refused(self, method: str, reason: str) -> None:
        (self.invalid if reason in _INVALID else self.other)[method] += 1

    def of(self, method: str | None = None) -> tuple[float, float, float]:
        """The shares of taken, invalid and other requests; of all methods, or of one."""
        counts = [c.total() if method is None else c[method] for c in (self.taken, self.invalid, self.other)]
        taken, invalid, other = (round(count / sum(counts), 2) for count in counts)
        return taken, invalid, other


class Siege:
    """One module under attack: its methods in turn, calls that stay open, calls that are let go."""

    def __init__(self, session: Session, chance: Random) -> None:
        self.session = session
        self.engine = session.engine
        self.chance = chance
        self.attacker = Attacker(chance)
        self.open: list[Call] = []
        self.shares = Shares()
        self.resident: list[int] = []
        """KiB after the end of each life of the instances."""
        self.decodes = session.messages.service.full_name in STANDARD.values()
        """Whether the module refuses what does not decode, and answers with what does."""
        self.methods = [m for m in session.messages.service.methods if m.name not in _ENDLESS]

    def run(self, rounds: int) -> Iterator[None]:
        """Attack each method in every round, and pause after it."""
        for number in range(1, rounds + 1):
            last = number % LIFE == 0
            for method in self.methods:
                times = LIFE * last if method.name in _ENDING else 1
                for _ in range(ROUND * times):
                    self.attack(method)
                yield
            self.let_go(MOST_PARKED)
            if last:
                self.delete()
                self.resident.append(resident_kib())

    def attack(self, method: Any) -> None:
        """Make one call. A refusal is a HostError and nothing else."""
        told: list[Record] = []

        def sink(record: Record) -> None:
            if not told:  # a stream's later records would pile up
                told.append(record)
            self._check(method, request, record)

        request = self.attacker.request(method.input_type)
        try:
            call = self._begin(method, request, sink)
        except HostError as error:
            self.shares.refused(method.name, error.failure.reason)
            return
        if call.answer is not None and not told:
            sink(call.answer)
        if not call.done:
            self.open.append(call)
        if told and told[0].status:
            self.shares.refused(method.name, failure_of(told[0]).reason)
        else:
            self.shares.taken[method.name] += 1
            if self.decodes:
                self.attacker.keep(method.input_type, request)

    def _begin(self, method: Any, request: bytes, sink: Callable[[Record], None]) -> Call:
        found = self.session.method(method.name)
        if not found.client_streaming:
            return self.engine.start(found, request, sink)
        call = self.engine.open_stream(found, sink)
        try:
            call.send(request)
            for _ in range(self.chance.randrange(4)):
                call.send(self.attacker.request(method.input_type))
            if self.chance.randrange(2):
                call.half_close()
        except HostError:
            call.cancel(CancelReason.OPERATOR)
            assert call.done
            raise
        return call

    def _check(self, method: Any, request: bytes, record: Record) -> None:
        if record.status:
            failure = failure_of(record)
            assert failure.code == record.status
            assert failure.message
        elif record.is_message and self.decodes:
            self.attacker.learn(
                decoded(method.input_type, request), decoded(method.output_type, record.payload)
            )

    def let_go(self, most: int) -> None:
        """Cancel open calls, for every reason, until so few are left."""
        self.open = [call for call in self.open if not call.done]
        self.chance.shuffle(self.open)
        while len(self.open) > most:
            call = self.open.pop()
            call.cancel(self.chance.choice(list(CancelReason)))
            assert call.done

    def delete(self) -> None:
        """End the attacked instances, misspelt ones too; the next request meets new ones."""
        for instance in self.engine.instances():
            if instance.name != BYSTANDER:
                self.engine.delete(instance.module.name, instance.name)


def besieged(engine: Engine, file: Path, service: str, bystander: Bystander, seed: int) -> Shares:
    """Attack a module while its bystander works; then nothing is left of the attack."""
    session = Session(engine, file, service)
    siege = Siege(session, Random(f"{seed}/{service}"))
    working = bystander(session)
    next(working)
    for _ in siege.run(EACH // ROUND):
        engine.advance(siege.chance.choice([0, 1, 1_000_000, 500_000_000, 5_000_000_000]))
        next(working)
        for instance in engine.instances():
            assert instance.memory_bytes <= instance.module.limits.max_memory
            assert instance.parked_calls <= instance.module.limits.max_parked_calls
    siege.let_go(0)
    module = session.method(session.messages.service.methods[0].name).module
    for instance in engine.instances(module):
        assert instance.parked_calls == 0
        assert instance.parked_bytes == 0
    siege.delete()
    next(working)
    warm, end = siege.resident[len(siege.resident) // 5], min(siege.resident[-3:])
    assert end - warm < MOST_GROWTH_KIB, f"resident: {siege.resident} KiB"
    return siege.shares


def queue_bystander(session: Session) -> Iterator[None]:
    """First in, first out, and nobody else's."""
    for number in range(1 << 30):
        pushed = session.send("Push", BYSTANDER, items=[{"data": b"%d" % number}]).reply
        (item,) = session.send("Pop", BYSTANDER, max_items=5).reply.items
        assert (item.data, item.sequence) == (b"%d" % number, pushed.first_sequence)
        yield


def counter_bystander(session: Session) -> Iterator[None]:
    """Counts what it added."""
    for number in range(1, 1 << 30):
        (value,) = session.send("Add", BYSTANDER, adds=[{"key": "k", "delta": 1}]).reply.values
        assert (value.value, value.applied) == (number, True)
        yield


def rebalance_bystander(session: Session) -> Iterator[None]:
    """A member that stays in its generation, with all its partitions."""
    topics = [{"name": "t", "partitions": 8}]
    joining = session.send("Join", BYSTANDER, member="m", topics=topics, session_ms=3_600_000)
    session.engine.advance(1_000_000_000)
    generation = joining.reply.generation
    while True:
        beat = session.send("Heartbeat", BYSTANDER, member="m", generation=generation).reply
        assert (beat.state, beat.generation) == (1, generation)
        (member,) = session.send("Describe", BYSTANDER).reply.members
        assert [list(part.partitions) for part in member.assigned] == [list(range(8))]
        yield


def echo_bystander(session: Session) -> Iterator[None]:
    """Hears itself."""
    for number in range(1 << 30):
        assert session.send("Echo", BYSTANDER, data=b"%d" % number).reply.data == b"%d" % number
        yield


def puppet_bystander(session: Session) -> Iterator[None]:
    """Hears what it says."""
    for number in range(1 << 30):
        said = b"\x0a\x02%02d" % (number % 100)
        (record,) = session.send("Do", BYSTANDER, script=answer(said)).records
        assert record.payload == said
        yield


def gate_bystander(session: Session) -> Iterator[None]:
    """Passes an open gate, as the only one."""
    assert session.send("Open", BYSTANDER).reply.released == 0
    for number in range(1, 1 << 30):
        assert session.send("Pass", BYSTANDER).reply.number == number
        yield


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "bystander"),
    [("queue", queue_bystander), ("counter", counter_bystander), ("rebalance", rebalance_bystander)],
)
def test_standard(name: str, bystander: Bystander) -> None:
    """No request makes a standard module trap, or break a rule of the ABI."""
    watcher = Watcher()
    engine = Engine(EngineConfig(seed=1), clock=VirtualClock(10**18), observer=watcher)
    shares = besieged(engine, STANDARD_MODULES / f"{name}.wasm", STANDARD[name], bystander, 1)
    engine.close()
    assert watcher.traps == []
    assert watcher.faults == []
    taken, invalid, other = shares.of()
    said = f"{taken} of the requests were taken, {invalid} invalid, {other} refused for another reason"
    print(said)
    assert taken >= 0.35, said
    assert taken + other >= 0.55, said
    assert invalid >= 0.15, said
    assert shares.taken.keys() == {method.name for method in engine.modules[name].methods.values()}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "bystander"),
    [("gate", gate_bystander), ("puppet", puppet_bystander), ("probe", echo_bystander)],
)
def test_third_party(folder: Path, name: str, bystander: Bystander) -> None:
    """Modules that trap, loop and emit nonsense hurt one instance at a time."""
    caps = dataclasses.replace(CAPS, entry_budget_ms=1)  # for what loops, and that is much
    config = EngineConfig(modules=(folder,), standard=False, seed=1, caps=caps)
    engine = Engine(config, clock=VirtualClock(10**18))
    besieged(engine, folder / f"{name}.wasm", THIRD[name], bystander, 2)
    engine.close()

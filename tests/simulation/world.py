"""The world that a script runs in: an engine in virtual time, and a reference beside each instance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import cancelled_as
from interlock_host.instance import Instance
from interlock_host.module import Method
from interlock_host.observer import EngineObserver
from tests.simulation.clients import CLIENTS, Clients, Plain, refusal_of
from tests.simulation.group_reference import Group, Spot
from tests.simulation.reference import MS, NEVER, Reference, Said

START_NS = 10**18
Step = tuple[Any, ...]
"""What happens next: its kind, as ("advance", ms) or ("call", module, instance, method, arguments…)."""


Seen = dict[str, Counter[str]]
"""By module, how often each state was reached."""


class Violation(Exception):
    """The engine said or did what the reference does not."""


class Alarm(EngineObserver):
    """Keeps what no module of ours may do."""

    def __init__(self) -> None:
        self.raised: list[str] = []

    def trap(self, instance: Instance, message: str) -> None:
        self.raised.append(f"{instance.name} trapped: {message}")

    def fault(self, instance: Instance, message: str) -> None:
        self.raised.append(f"{instance.name}: {message}")


class Actor:
    """One instance: its clients, its reference, and what was heard and must be said."""

    __slots__ = ("clients", "heard", "module", "name", "reference")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self.clients: Clients = CLIENTS[module](name)
        self.reference: Reference | None = None
        self.heard: list[tuple[int, Record]] = []


@dataclasses.dataclass(slots=True)
class Open:
    """A call that has no final answer yet."""

    actor: Actor
    method: str
    plain: Plain
    call: Call | None = None


class World:
    """Runs steps one by one; raises `Violation` at the first that goes wrong."""

    def __init__(self, seen: Seen | None = None) -> None:
        self.seen: Seen = {} if seen is None else seen
        self.alarm = Alarm()
        self.clock = VirtualClock(START_NS)
        self.engine = self.new_engine()
        self.actors: dict[tuple[str, str], Actor] = {}
        self.open: dict[int, Open] = {}
        """By the number of the call, which rises."""
        self.calls = 0
        self.done = 0
        """Steps that did something."""

    def new_engine(self) -> Engine:
        """Make an engine without entry budgets, which are real time."""
        engine = Engine(EngineConfig(seed=1), clock=self.clock, observer=self.alarm)
        for module in engine.modules.values():
            module.limits = dataclasses.replace(module.limits, entry_budget_ms=0)
        self._methods: dict[tuple[str, str], Method] = {
            (module.name, method.name): method
            for module in engine.modules.values()
            for method in module.methods.values()
        }
        return engine

    def run(self, steps: Iterable[Step]) -> None:
        """Run steps."""
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        """Do what the step says, and compare all that is heard of it."""
        try:
            getattr(self, f"_{step[0]}")(*step[1:])
        except Violation:
            raise
        except Exception as error:
            raise Violation(f"{type(error).__name__}: {error}") from error
        self.done += 1
        if self.alarm.raised:
            raise Violation(self.alarm.raised[0])

    def close(self) -> None:
        """End the engine."""
        self.engine.close()

    # Steps

    def _call(self, module: str, name: str, method: str, *arguments: Any) -> None:
        actor = self.actors.get((module, name))
        if actor is None:
            actor = self.actors[module, name] = Actor(module, name)
        wire, plain = actor.clients.say(method, arguments)
        self.calls = number = self.calls + 1
        opened = self.open[number] = Open(actor, method, plain)
        heard = actor.heard
        opened.call = call = self.engine.start(
            self._methods[module, method], wire, lambda record: heard.append((number, record))
        )
        reference = self._reference(actor, method)
        now = self.clock.now()
        reference.advance(now)
        reference.enter(number, method, plain)
        reference.advance(now)  # a timer may have been set for a time that has passed
        if call.answer is not None and not any(n == number for n, _ in heard):
            self._compare_own(number, call.answer, reference)
        if heard or reference.said:
            self._compare(actor, reference)

    def _cancel(self, place: int, reason: int) -> None:
        if not self.open:
            self.done -= 1
            return
        number = list(self.open)[place % len(self.open)]
        opened = self.open[number]
        reference = opened.actor.reference
        assert opened.call is not None and reference is not None
        opened.call.cancel(CancelReason(reason))
        self._cancel_reference(reference, number, CancelReason(reason))
        self._compare(opened.actor, reference)

    def _cancel_reference(self, reference: Reference, number: int, reason: CancelReason) -> None:
        if any(said.call == number and said.final for said in reference.said):
            return  # answered as another was cancelled
        now = self.clock.now()
        reference.advance(now)
        answered = reference.cancel(number)
        reference.advance(now)
        if not answered:
            failure = cancelled_as(reason)
            reference.refuse(number, failure.code, failure.reason)

    def _advance(self, ms: int) -> None:
        until = self.clock.now() + ms * MS
        while (due := self._next_choice()) <= until:
            self._advance_to(due)
        self._advance_to(until)

    def _advance_to(self, until: int) -> None:
        now = self.engine.advance(until - self.clock.now())
        for actor in self.actors.values():
            reference = actor.reference
            if reference is not None:
                reference.advance(now)
                if actor.heard or reference.said:
                    self._compare(actor, reference)

    def _next_choice(self) -> int:
        """When a group may next decide what its reference must ask for: before anything else happens."""
        groups = [a.reference for a in self.actors.values() if isinstance(a.reference, Group)]
        return min((group.next_due() for group in groups if group.mixed), default=NEVER)

    def _choose(self, actor: Actor) -> dict[str, list[Spot]]:
        """Ask a group what each member may work on, past its reference."""
        wire, plain = actor.clients.say("Describe", ())
        answer = self.engine.start(self._methods["rebalance", "Describe"], wire).answer
        assert answer is not None and not answer.status
        picture: Any = actor.clients.hear("Describe", plain, answer.payload, None)
        return {name: spots for name, _, spots, _ in picture[2]}

    def _delete(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        for number, opened in self.open.items():
            if opened.actor is actor:
                self._cancel_reference(actor.reference, number, CancelReason.OPERATOR)
        self.engine.delete(module, name)
        self._compare(actor, actor.reference)
        self.actors[module, name] = Actor(module, name)

    def _metrics(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        values = self.engine.instance(module, name).metrics().values
        metrics = {value.name: value.value for value in values}
        if metrics != actor.reference.metrics():
            raise Violation(f"{name} has {metrics}, not {actor.reference.metrics()}")

    def _reference(self, actor: Actor, method: str) -> Reference:
        """The actor's reference; a read of an absent instance is answered by one that is thrown away."""
        if actor.reference is not None:
            return actor.reference
        seen = self.seen.setdefault(actor.module, Counter())
        reference = actor.clients.reference(actor.name, self.clock.now(), seen)
        if method not in actor.clients.READS:
            actor.reference = reference
            if isinstance(reference, Group):
                reference.choose = partial(self._choose, actor)
        return reference

    # Comparing

    def _compare_own(self, number: int, answer: Record, reference: Reference) -> None:
        """A unary call that its entry answered: its place among the others' records is not known."""
        for place, said in enumerate(reference.said):
            if said.call == number:
                self._same(number, answer, reference.said.pop(place))
                return
        raise Violation(self._tell(number, f"was answered {self._shown(number, answer)}; it waits"))

    def _compare(self, actor: Actor, reference: Reference) -> None:
        heard, said = actor.heard, reference.said
        for (number, record), expected in zip(heard, said, strict=False):
            if number != expected.call:
                first = self._tell(expected.call, str(expected.value))
                raise Violation(self._tell(number, f"hears {self._shown(number, record)} before {first}"))
            self._same(number, record, expected)
        if len(heard) > len(said):
            number, record = heard[len(said)]
            raise Violation(
                self._tell(number, f"hears {self._shown(number, record)}; nothing was to be said")
            )
        if len(heard) < len(said):
            expected = said[len(heard)]
            raise Violation(self._tell(expected.call, f"hears nothing; it should {expected.value}"))
        heard.clear()
        said.clear()

    def _same(self, number: int, record: Record, expected: Said) -> None:
        value = self._value(number, record, expected.value)
        if value != expected.value or record.final != expected.final:
            raise Violation(self._tell(number, f"hears {value}; it should {expected.value}"))
        if record.final:
            del self.open[number]

    def _value(self, number: int, record: Record, expected: object) -> object:
        if record.status:
            return refusal_of(record)
        opened = self.open.get(number)
        if opened is None:
            return f"a record behind the final one: {record}"
        if not record.is_message:
            return None
        return opened.actor.clients.hear(opened.method, opened.plain, record.payload, expected)

    def _shown(self, number: int, record: Record) -> object:
        return self._value(number, record, None)

    def _tell(self, number: int, text: str) -> str:
        opened = self.open.get(number)
        if opened is None:
            return f"call {number} {text}"
        return f"call {number}, {opened.actor.name}.{opened.method}{opened.plain}, {text}"

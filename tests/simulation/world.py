"""The world that a script runs in: an engine in virtual time, and a reference beside each instance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from functools import partial
from typing import Any, NamedTuple

from interlock_host.calls import Call, CancelReason
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, cancelled_as
from interlock_host.module import Method
from tests.simulation.actor import Actor, Alarm, Open, Seen, Step, Violation
from tests.simulation.clients import Plain
from tests.simulation.group_reference import Group, Spot
from tests.simulation.hearing import Hearing
from tests.simulation.reference import MS, NEVER, Once, Reference, Refusal, Said

START_NS = 10**18


class Known(NamedTuple):
    """What a call with a request id that came before gets."""

    value: object
    carrier: int
    """The parked call that it waits with; 0: it was answered, with `value`."""
    other: bool
    """Whether it is another request under the same id, which is refused."""


class Sent(NamedTuple):
    """A call with a request id."""

    actor: Actor
    method: str
    plain: Plain
    once: Once


class World(Hearing):
    """Runs steps one by one; raises `Violation` at the first that goes wrong."""

    def __init__(self, seen: Seen | None = None) -> None:
        super().__init__()
        self.seen: Seen = {} if seen is None else seen
        self.alarm = Alarm()
        self.clock = VirtualClock(START_NS)
        self.actors: dict[tuple[str, str], Actor] = {}
        self.sent: dict[int, Sent] = {}
        """Calls with a request id, by that, which may be sent again."""
        self.calls = 0
        self.done = 0
        """Steps that did something."""
        self._methods: dict[tuple[str, str], Method] = {}
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        """Make an engine."""
        return self.prepare(Engine(EngineConfig(seed=1), clock=self.clock, observer=self.alarm))

    def prepare(self, engine: Engine) -> Engine:
        """Lift entry budgets, which are real time."""
        for module in engine.modules.values():
            module.limits = dataclasses.replace(module.limits, entry_budget_ms=0)
            self._methods.update({(module.name, name): method for name, method in module.methods.items()})
        return engine

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

    # Calls

    def _call(self, module: str, name: str, method: str, *arguments: Any) -> None:
        actor = self._actor(module, name)
        wire, plain = actor.clients.say(method, arguments)
        self.send(actor, method, plain, (b"", wire))

    def _once(self, id_: int, module: str, name: str, method: str, *arguments: Any) -> None:
        """Call with a request id of its own."""
        actor = self._actor(module, name)
        wire, plain = actor.clients.say(method, arguments)
        once = b"%d" % id_, wire
        self.sent[id_] = Sent(actor, method, plain, once)
        self.send(actor, method, plain, once)

    def _retry(self, id_: int) -> None:
        """Send a call with a request id again."""
        if id_ in self.sent:
            self.send(*self.sent[id_])
        else:
            self.done -= 1

    def _reuse(self, id_: int, other: int) -> None:
        """Send a call with the request id of another."""
        if id_ in self.sent:
            actor, method, plain, (_, wire) = self.sent[id_]
            self.send(actor, method, plain, (b"%d" % other, wire))
        else:
            self.done -= 1

    def _actor(self, module: str, name: str) -> Actor:
        if (module, name) not in self.actors:
            self.actors[module, name] = self.new_actor(module, name)
        return self.actors[module, name]

    def new_actor(self, module: str, name: str) -> Actor:
        """Return an instance that is not there yet."""
        return Actor(module, name)

    def send(self, actor: Actor, method: str, plain: Plain, once: Once) -> None:
        """Make a call, and compare what comes of it."""
        self.calls = number = self.calls + 1
        opened = self.open[number] = Open(actor, number, method, plain, once)
        known = self.known(opened)
        try:
            opened.call = self.start(opened)
        except HostError as error:
            self.refused(opened, known, error)
            return
        if known is not None and known.other:
            raise Violation(self.tell(number, "is taken for a retry of another request"))
        reference = self.enter(opened, known)
        if opened.call.answer is not None and not any(n == number for n, _ in actor.heard):
            self.hear_own(opened, reference)
        if actor.heard or reference.said:
            self.hear_said(actor, reference)

    def start(self, opened: Open) -> Call:
        """Make a call to the engine."""
        number, heard = opened.number, opened.actor.heard
        scope, wire = opened.once
        method = self._methods[opened.actor.module, opened.method]
        return self.engine.start(method, wire, lambda record: heard.append((number, record)), None, scope)

    def known(self, opened: Open) -> Known | None:
        """Return what is known of a call that came before with the same request id."""
        reference, key, wire = opened.actor.reference, opened.key, opened.once[1]
        if reference is None or not key:
            return None
        answered = reference.answered.get(key)
        if answered is not None:
            return Known(answered.value, 0, answered.request != wire)
        parked = ((number, request) for number, (k, request) in reference.identified.items() if k == key)
        number, request = next(parked, (0, b""))
        return Known(None, number, request != wire) if number else None

    def refused(self, opened: Open, known: Known | None, error: HostError) -> None:
        """The host refused a call."""
        if known is None or not known.other or error.failure.reason != "REQUEST_ID_REUSED":
            raise Violation(self.tell(opened.number, f"is refused: {error.failure}")) from error
        del self.open[opened.number]

    def enter(self, opened: Open, known: Known | None) -> Reference:
        """Make the call to the reference too; return that."""
        reference = opened.actor.reference or self.new_reference(opened.actor, opened.method)
        if known is not None:
            self.repeat(opened, known, reference)
            return reference
        now = self.clock.now()
        reference.advance(now)
        reference.enter(opened.number, opened.method, opened.plain, (opened.key, opened.once[1]))
        reference.advance(now)  # a timer may have been set for a time that has passed
        return reference

    def repeat(self, opened: Open, known: Known, reference: Reference) -> None:
        """A retry enters nothing: it gets an answer, or waits with the call that it repeats."""
        self.seen.setdefault("retries", Counter())["waits too" if known.carrier else "answered again"] += 1
        if known.carrier:
            opened.carrier = known.carrier
            self.open[known.carrier].riders.append(opened.number)
        else:
            reference.said.append(Said(opened.number, True, known.value))

    def new_reference(self, actor: Actor, method: str) -> Reference:
        """A read of an absent instance is answered by one that is thrown away."""
        seen = self.seen.setdefault(actor.module, Counter())
        reference = actor.clients.reference(actor.name, self.clock.now(), seen)
        if method not in actor.clients.READS:
            actor.reference = reference
            if isinstance(reference, Group):
                reference.choose = partial(self._choose, actor)
        return reference

    # Ends

    def _cancel(self, place: int, reason: int) -> None:
        callers = [number for number, opened in self.open.items() if not opened.left]
        if not callers:
            self.done -= 1
            return
        opened = self.open[callers[place % len(callers)]]
        assert opened.call is not None
        opened.call.cancel(CancelReason(reason))
        self.cancelled(opened, CancelReason(reason))
        self.hear(opened.actor)

    def cancelled(self, opened: Open, reason: CancelReason) -> None:
        """A client gave its call up: so does the reference, unless a retry waits for the answer."""
        carrier = self.open[opened.carrier] if opened.carrier else opened
        if opened.carrier:
            self.hear_lost(opened, reason)
            carrier.riders.remove(opened.number)
            if carrier.riders or not carrier.left:
                return
        elif opened.riders and reason in {CancelReason.DEADLINE, CancelReason.DISCONNECT}:
            self.hear_lost(opened, reason)
            self.open[opened.number] = opened
            opened.left = True
            return
        self.leave(carrier, reason)

    def leave(self, opened: Open, reason: CancelReason) -> None:
        """Take a call from the reference."""
        reference, now = opened.actor.reference, self.clock.now()
        assert reference is not None
        if any(said.call == opened.number and said.final for said in reference.said):
            return  # answered as another was cancelled
        reference.advance(now)
        answered = reference.leave(opened.number)
        reference.advance(now)
        if not answered:
            reference.said.append(self.lost(opened, reason))

    def lost(self, opened: Open, reason: CancelReason) -> Said:
        """Return what a client hears of a call that it gave up."""
        failure = cancelled_as(reason)
        return Said(opened.number, True, Refusal(failure.code, failure.reason))

    def hear_lost(self, opened: Open, reason: CancelReason) -> None:
        """A client that leaves others behind hears so at once."""
        heard = opened.actor.heard
        place = next((at for at, (number, _) in enumerate(heard) if number == opened.number), None)
        if place is None:
            raise Violation(self.tell(opened.number, "is cancelled and hears nothing"))
        self.same(*heard.pop(place), self.lost(opened, reason))

    def _delete(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        self.engine.delete(module, name)
        for opened in [
            opened for opened in self.open.values() if opened.actor is actor and not opened.carrier
        ]:
            self.leave(opened, CancelReason.OPERATOR)
        self.hear(actor)
        self.forget(actor)

    def forget(self, actor: Actor) -> None:
        """An instance is gone; what its clients knew means nothing to another of its name."""
        del self.actors[actor.module, actor.name]
        self.sent = {id_: sent for id_, sent in self.sent.items() if sent.actor is not actor}

    # Time

    def _advance(self, ms: int) -> None:
        until = self.clock.now() + ms * MS
        while (due := self._next_choice()) <= until:
            self.advance_to(due)
        self.advance_to(until)

    def advance_to(self, until: int) -> None:
        """Let time pass, and compare what comes of it."""
        now = self.engine.advance(until - self.clock.now())
        for actor in self.actors.values():
            if actor.reference is not None:
                actor.reference.advance(now)
                if actor.heard or actor.reference.said:
                    self.hear(actor)

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

    # What is heard

    def _metrics(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        values = self.engine.instance(module, name).metrics().values
        metrics = {value.name: value.value for value in values}
        if metrics != actor.reference.metrics():
            raise Violation(f"{name} has {metrics}, not {actor.reference.metrics()}")

    def hear_own(self, opened: Open, reference: Reference) -> None:
        """A unary call that its entry answered: its place among the others' records is not known."""
        assert opened.call is not None and opened.call.answer is not None
        for place, said in enumerate(reference.said):
            if said.call == opened.number:
                self.same(opened.number, opened.call.answer, reference.said.pop(place))
                return
        value = self.value(opened.number, opened.call.answer)
        raise Violation(self.tell(opened.number, f"is answered {value}; it should wait"))

    def hear(self, actor: Actor) -> None:
        """Compare all that was heard of an instance with all that was to be said."""
        assert actor.reference is not None
        self.hear_said(actor, actor.reference)

    def hear_said(self, actor: Actor, reference: Reference) -> None:
        """As `hear`, where the reference is perhaps thrown away."""
        heard, said = actor.heard, self.expected(reference.said)
        for (number, record), expected in zip(heard, said, strict=False):
            self.same(number, record, expected)
        if len(heard) > len(said):
            number, record = heard[len(said)]
            raise Violation(self.tell(number, f"hears {self.value(number, record)} for no reason"))
        if len(heard) < len(said):
            raise Violation(
                self.tell(said[len(heard)].call, f"hears nothing; it should {said[len(heard)].value}")
            )
        heard.clear()
        reference.said.clear()

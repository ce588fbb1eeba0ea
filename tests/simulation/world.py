"""The world that a script runs in: an engine in virtual time, and a reference beside each instance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from interlock_host.calls import CancelReason
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.wasm.machine import Emitted, Machine, Trapped
from tests.simulation.actor import Actor, Alarm, Open, Seen, Step, Violation
from tests.simulation.calling import Calling, Sent
from tests.simulation.group_reference import Group
from tests.simulation.group_shares import Spot
from tests.simulation.reference import MS, NEVER, Refusal, Said

START_NS = 10**18
MINUTE = 60_000 * MS
MOST_TRAPS = 2
TRAPPED = Refusal(13, "TRAP")


class World(Calling):
    """Runs steps one by one; raises `Violation` at the first that goes wrong."""

    def __init__(self, seen: Seen | None = None) -> None:
        super().__init__()
        self.seen: Seen = {} if seen is None else seen
        self.alarm = Alarm()
        self.clock = VirtualClock(START_NS)
        self.actors: dict[tuple[str, str], Actor] = {}
        self.sent: dict[int, Sent] = {}
        """Calls with a request id, by that, which may be sent again."""
        self.done = 0
        """Steps that did something."""
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        """Make an engine."""
        return self.prepare(Engine(EngineConfig(seed=1), clock=self.clock, observer=self.alarm))

    def prepare(self, engine: Engine) -> Engine:
        """Lift entry budgets, which are real time."""
        for module in engine.modules.values():
            module.limits = dataclasses.replace(module.limits, entry_budget_ms=0)
            self.methods.update({(module.name, name): method for name, method in module.methods.items()})
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

    def _trap(self, module: str, name: str, method: str, *arguments: Any) -> None:
        """Make a call whose entry does its work and traps then. Three in a minute would be one too many."""
        actor, now = self._actor(module, name), self.clock.now()
        actor.trapped = [time for time in actor.trapped if time + MINUTE > now]
        if len(actor.trapped) >= MOST_TRAPS or self.is_odd():
            self.done -= 1
            return
        actor.trapped.append(now)
        wire, plain = actor.clients.say(method, arguments)
        self.calls += 1
        opened = self.open[self.calls] = Open(actor, self.calls, method, plain, (b"", wire))
        self.alarm.expects_trap = True
        with mock.patch.object(Machine, "enter", _enter_and_trap(method)):
            self.trap(opened)
        self.alarm.expects_trap = False
        self.seen.setdefault(module, Counter())["trapped"] += 1

    def is_odd(self) -> bool:
        """Whether so much goes wrong that what a trap leads to cannot be said."""
        return False

    def trap(self, opened: Open) -> None:
        """All that an instance without a disk holds goes with it, and every caller is told."""
        actor = opened.actor
        opened.call = self.start(opened)
        said = [Said(opened.number, True, TRAPPED)]
        for other in self._parked(actor):
            if other is not opened:
                said.append(self.lost(other, CancelReason.RESTART))
        assert opened.call.answer is not None
        actor.heard.insert(0, (opened.number, opened.call.answer))
        self.hear_all(actor, said)
        self.forget(actor)
        self._actor(actor.module, actor.name).trapped = actor.trapped

    def _parked(self, actor: Actor) -> list[Open]:
        """The calls that the module knows, in their order."""
        return [o for _, o in sorted(self.open.items()) if o.actor is actor and not o.carrier]

    def _actor(self, module: str, name: str) -> Actor:
        if (module, name) not in self.actors:
            self.actors[module, name] = self.new_actor(module, name)
        return self.actors[module, name]

    def new_actor(self, module: str, name: str) -> Actor:
        """Return an instance that is not there yet."""
        return Actor(module, name)

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

    def _delete(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        self.engine.delete(module, name)
        for opened in self._parked(actor):
            self.leave(opened, CancelReason.OPERATOR)
        self.hear(actor)
        self.forget(actor)

    def forget(self, actor: Actor) -> None:
        """An instance is gone; what its clients knew means nothing to another of its name."""
        del self.actors[actor.module, actor.name]
        self.forget_sent(actor)

    def forget_sent(self, actor: Actor) -> None:
        """No call of an instance's is sent again."""
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

    def choose(self, actor: Actor) -> dict[str, list[Spot]]:
        """Ask a group what each member may work on, past its reference."""
        wire, plain = actor.clients.say("Describe", ())
        answer = self.engine.start(self.methods["rebalance", "Describe"], wire).answer
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


def _enter_and_trap(method: str) -> Callable[..., Sequence[Emitted]]:
    enter = Machine.enter
    trapped = False

    def entered(machine: Machine, name: str, *arguments: int) -> Sequence[Emitted]:
        nonlocal trapped
        records = enter(machine, name, *arguments)
        if name == method and not trapped:  # what is entered again as the state is made again, goes well
            trapped = True
            raise Trapped("a planted trap")
        return records

    return entered

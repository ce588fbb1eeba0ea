"""Calls that clients make, end, and repeat: to the engine and to the reference alike."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import NamedTuple

from interlock_host.calls import Call, CancelReason, Sink
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine
from interlock_host.errors import HostError, cancelled_as
from interlock_host.module import Method
from tests.simulation.actor import Actor, Open, Seen, Violation
from tests.simulation.clients import Plain
from tests.simulation.group_reference import Group
from tests.simulation.group_shares import Spot
from tests.simulation.hearing import Hearing
from tests.simulation.reference import ANSWERS_KEPT_MS, MS, Answered, Once, Reference, Refusal, Said


class Known(NamedTuple):
    """What a call with a request id that came before gets."""

    value: object
    carrier: int
    """The parked call that it waits with; 0: it was answered, with `value`."""
    other: bool
    """Whether it is another request under the same id, which is refused."""
    lapsed: Answered | None = None
    """Its answer, if the time is over for which that must be known: it may be forgotten or not."""


class Sent(NamedTuple):
    """A call with a request id."""

    actor: Actor
    method: str
    plain: Plain
    once: Once


class Calling(Hearing):
    """What can be done with a call; a world does it."""

    engine: Engine
    clock: VirtualClock
    seen: Seen

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.methods: dict[tuple[str, str], Method] = {}

    def choose(self, actor: Actor) -> dict[str, list[Spot]]:
        """Ask a group what each member may work on, past its reference."""
        raise NotImplementedError

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
        known = self.still(opened, known)
        if known is not None and known.other:
            raise Violation(self.tell(number, "is taken for a retry of another request"))
        reference = self.enter(opened, known)
        if opened.call.answer is not None and not any(n == number for n, _ in actor.heard):
            self.hear_own(opened, reference)
        if actor.heard or reference.said:
            self.hear_said(actor, reference)

    def start(self, opened: Open) -> Call:
        """Make a call to the engine."""
        scope, wire = opened.once
        method = self.methods[opened.actor.module, opened.method]
        return self.engine.start(method, wire, self.ear(opened), None, scope)

    def ear(self, opened: Open) -> Sink:
        """Return what hears the records of a call."""
        number, heard = opened.number, opened.actor.heard
        return lambda record: heard.append((number, record))

    def known(self, opened: Open) -> Known | None:
        """Return what is known of a call that came before with the same request id."""
        reference, key, wire = opened.actor.reference, opened.key, opened.once[1]
        if reference is None or not key:
            return None
        answered = reference.answered.get(key)
        if answered is not None:
            lapsed = answered.now + ANSWERS_KEPT_MS * MS < self.clock.now()
            return Known(answered.value, 0, answered.request != wire, answered if lapsed else None)
        parked = ((number, request) for number, (k, request) in reference.identified.items() if k == key)
        number, request = next(parked, (0, b""))
        return Known(None, number, request != wire) if number else None

    def still(self, opened: Open, known: Known | None) -> Known | None:
        """Return what the engine did know of a call; where it had the choice, the call says it."""
        assert opened.call is not None
        if known is None or known.lapsed is None or not opened.call.id:
            return known
        reference = opened.actor.reference
        if reference is not None and reference.answered.get(opened.key) is known.lapsed:
            del reference.answered[opened.key]
        return None

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
                reference.choose = partial(self.choose, actor)
        return reference

    # Ends

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

    # What is heard

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
        self.hear_all(actor, reference.said)
        reference.said.clear()

    def hear_all(self, actor: Actor, must: list[Said]) -> None:
        """Compare all that was heard of an instance with this."""
        heard, said = actor.heard, self.expected(must)
        for (number, record), expected in zip(heard, said, strict=False):
            self.same(number, record, expected)
        if len(heard) > len(said):
            number, record = heard[len(said)]
            raise Violation(self.tell(number, f"hears {self.value(number, record)} for no reason"))
        if len(heard) < len(said):
            missing = said[len(heard)]
            raise Violation(self.tell(missing.call, f"hears nothing; it should {missing.value}"))
        heard.clear()

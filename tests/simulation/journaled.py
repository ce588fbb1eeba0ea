"""A world whose engine keeps a journal, which the references follow entry by entry."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any, NamedTuple
from unittest import mock

from interlock_host import engine as engine_module
from interlock_host.calls import CancelReason, Record
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.store import History, Kind, Store
from interlock_host.durability.waking import UNREAD
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.journal.scan import Scan
from interlock_host.module import Module
from tests.simulation.actor import Actor, Open, Seen, Violation
from tests.simulation.calling import Known
from tests.simulation.clients import Plain
from tests.simulation.kept import Entered, Kept
from tests.simulation.reference import NOT_ONCE, Once, Reference, Refusal, Said
from tests.simulation.world import TRAPPED, World

NOT_WRITTEN = Refusal(14, "JOURNAL_FAILED")
AMPLE = 10_000
_READ_AGAIN_NS = 1_000_000_000
_module = functools.cache(Module)


class Appended(NamedTuple):
    """An entry, as the engine handed it to its journal."""

    lsn: int
    kind: int
    instance: int
    previous: int
    now: int
    call: int
    detail: int
    """The reason of a CANCEL."""


class JournaledWorld(World):
    """As `World`; answers are heard once their entries are on the disk."""

    actors: dict[tuple[str, str], Kept]  # type: ignore[assignment]

    def __init__(self, seen: Seen | None = None) -> None:
        self.appended: list[Appended] = []
        self.entering: Open | None = None
        """The call that is being made."""
        self.journaled = 0
        """The number of the call that was journaled last."""
        self.cap = AMPLE
        """How many instances may be in memory."""
        self.failed = False
        """Whether the disk refused an entry, and nothing was written since."""
        self.disk_seen: Counter[str] = Counter()
        super().__init__(seen)
        self.disk_seen = self.seen.setdefault("disk", self.disk_seen)

    def open_engine(self, store: Store, config: EngineConfig) -> Engine:
        """Make an engine, and note what it appends from the first entry on."""
        append, history = store.append, store.history

        def appended(kind: Kind, instance: int, previous: int, now: int, **rest: Any) -> int:
            lsn = append(kind, instance, previous, now, **rest)
            call, detail = rest.get("call", 0), rest.get("method", 0)
            self.appended.append(Appended(lsn, kind, instance or lsn, previous, now, call, detail))
            return lsn

        def woken(instance: int, last_lsn: int, scanned: Scan | None = None) -> History:
            self.disk_seen["woke"] += 1
            return history(instance, last_lsn, scanned)

        store.append, store.history = appended, woken  # type: ignore[method-assign]
        with mock.patch.object(engine_module, "Module", _module):
            return self.prepare(Engine(config, clock=self.clock, observer=self.alarm, store=store))

    @property
    def store(self) -> Store:
        """The engine's."""
        assert self.engine.life is not None
        return self.engine.life.store

    def disk_refused(self) -> bool:
        """Whether an operation of the disk failed in this step."""
        raise NotImplementedError

    def new_actor(self, module: str, name: str) -> Kept:
        """Return an instance that is not there yet."""
        return Kept(module, name)

    # Calls

    def send(self, actor: Actor, method: str, plain: Plain, once: Once) -> None:
        """Make a call; what it says is heard when the disk has it."""
        self.calls = number = self.calls + 1
        opened = self.open[number] = Open(actor, number, method, plain, once)
        known = self.known(opened)
        if not self._enters(opened, known):
            return
        known = self.still(opened, known)
        if known is not None and known.other:
            raise Violation(self.tell(number, "is taken for a retry of another request"))
        self.enter(opened, known)
        self.hear_at_once(opened)

    def _enters(self, opened: Open, known: Known | None) -> bool:
        """Make a call, and bring the references to where the journal is; False if the host refuses it."""
        self.entering = opened
        try:
            opened.call = self.start(opened)
        except HostError as error:
            self.refused(opened, known, error)
            return False
        finally:
            self.catch_up()
            self.entering = None
        return True

    def hear_at_once(self, opened: Open) -> None:
        """A call may be answered as it returns: nothing that it tells of may be lost from now on."""
        actor = opened.actor
        assert isinstance(actor, Kept) and opened.call is not None
        if opened.call.answer is not None and not any(number == opened.number for number, _ in actor.heard):
            self._hear_own(opened, opened.call.answer, actor)
        self.listen(actor)

    def _hear_own(self, opened: Open, answer: Record, actor: Kept) -> None:
        for place, (lsn, said) in enumerate(actor.pending):
            if said.call == opened.number:
                del actor.pending[place]
                self.same(opened.number, answer, said)
                actor.hears_of(lsn)
                return
        value = self.value(opened.number, answer)
        raise Violation(self.tell(opened.number, f"is answered {value}; it should wait"))

    def refused(self, opened: Open, known: Known | None, error: HostError) -> None:
        """The host refused a call: for its request id, or because it cannot be written."""
        reason = error.failure.reason
        if reason == "JOURNAL_FAILED" and (self.failed or self.alarm.disk_failed or self.disk_refused()):
            self.disk_seen["refused while failed"] += 1
        elif reason == "TOO_MANY_INSTANCES" and self.cap < AMPLE:
            self.disk_seen["no room for another"] += 1
        else:
            super().refused(opened, known, error)
            return
        del self.open[opened.number]

    def enter(self, opened: Open, known: Known | None) -> Reference:
        """Ask the reference what was not journaled: reads and retries. `catch_up` did the rest."""
        actor = opened.actor
        assert isinstance(actor, Kept)
        reads = opened.method in actor.clients.READS
        if known is None and not reads:
            if self.journaled != opened.number:
                raise Violation(self.tell(opened.number, "was entered and not journaled"))
            assert actor.reference is not None
            return actor.reference
        reference = actor.reference or self.new_reference(actor, opened.method)
        if known is not None:
            self.repeat(opened, known, reference)
        else:
            reference.advance(self.clock.now())
            reference.enter(opened.number, opened.method, opened.plain)
        actor.drain(reference, actor.lsn)
        return reference

    # What was journaled

    def catch_up(self) -> None:
        """Bring the references to where the journal is."""
        if not self.appended:
            return
        by_id = {actor.id: actor for actor in self.actors.values() if actor.id}
        appended, self.appended = self.appended, []
        for entry in appended:
            self._apply(entry, by_id)

    def _apply(self, entry: Appended, by_id: dict[int, Kept]) -> None:
        if entry.kind == Kind.CREATE:
            assert self.entering is not None
            actor = self.entering.actor
            assert isinstance(actor, Kept)
            if self.entering.method in actor.clients.READS:
                raise Violation(self.tell(self.entering.number, "is a read, and made the instance"))
            by_id[entry.instance] = actor
            self.new_reference(actor, self.entering.method).now = entry.now
            actor.created(entry.lsn)
            return
        actor = by_id[entry.instance]
        assert actor.reference is not None
        now = actor.reference.now if entry.kind == Kind.DELETE else entry.now
        actor.check(entry.lsn, entry.previous, now)
        if entry.kind == Kind.CALL:
            self._apply_call(actor, entry)
        elif entry.kind == Kind.CANCEL:
            self._apply_cancel(actor, entry)
        elif entry.kind == Kind.TIME:
            actor.do(Entered(entry.lsn, entry.now, 0, "", (), NOT_ONCE, 0))
        elif entry.kind == Kind.VOID:
            self._apply_void(actor, entry)
        elif entry.kind == Kind.DELETE:
            actor.deleted = entry.lsn
        else:
            raise Violation(f"{actor.name}: an entry of kind {Kind(entry.kind).name}")
        actor.drain(actor.reference, entry.lsn)

    def _apply_call(self, actor: Kept, entry: Appended) -> None:
        opened = self.entering
        assert opened is not None and opened.actor is actor
        actor.numbers[entry.call] = self.journaled = opened.number
        once = opened.key, opened.once[1]
        actor.do(Entered(entry.lsn, entry.now, opened.number, opened.method, opened.plain, once, 0))

    def _apply_cancel(self, actor: Kept, entry: Appended) -> None:
        number = actor.numbers[entry.call]
        self.disk_seen["a parked call lost its caller"] += entry.detail == CancelReason.RESTART
        actor.do(Entered(entry.lsn, entry.now, number, "", (), NOT_ONCE, entry.detail))

    def _apply_void(self, actor: Kept, entry: Appended) -> None:
        """What was due was done; what trapped was not."""
        if self.entering is None or not self.alarm.expects_trap:
            raise Violation(f"{actor.name}: an entry trapped")
        assert actor.reference is not None
        actor.do(Entered(entry.lsn, entry.now, 0, "", (), NOT_ONCE, 0))
        actor.reference.said.append(Said(self.entering.number, True, TRAPPED))

    def trap(self, opened: Open) -> None:
        """An instance on a disk loses nothing but the entry that trapped."""
        if self._enters(opened, None):
            self.hear_at_once(opened)

    # What is heard

    def listen(self, actor: Actor) -> None:
        """Compare what was heard with what was to be said, in order."""
        assert isinstance(actor, Kept)
        heard = actor.heard
        while heard:
            if self._hears_of_failure(*heard[0]):
                del self.open[heard.pop(0)[0]]
                continue
            if not actor.pending:
                number, record = heard[0]
                raise Violation(self.tell(number, f"hears {self.value(number, record)} for no reason"))
            lsn, said = actor.pending.popleft()
            for expected in self.expected([said]):
                if not heard:
                    raise Violation(self.tell(expected.call, f"hears nothing; it should {expected.value}"))
                self.same(*heard.pop(0), expected)
                actor.hears_of(lsn)

    def _hears_of_failure(self, number: int, record: Record) -> bool:
        failed = self.failed or self.alarm.disk_failed
        return failed and number in self.open and self.value(number, record) == NOT_WRITTEN

    def nothing_waits(self) -> None:
        """Nothing is held back any more: so nobody may wait to hear something."""
        for actor in self.actors.values():
            for _, said in actor.pending:
                if self.expected([said]):
                    raise Violation(self.tell(said.call, f"hears nothing, for ever; it should {said.value}"))

    # Ends

    def cancelled(self, opened: Open, reason: CancelReason) -> None:
        """A client gave its call up; the journal says whether the module was told."""
        goes_on = reason in {CancelReason.DEADLINE, CancelReason.DISCONNECT}
        if opened.carrier:
            self.hear_lost(opened, reason)
            self.open[opened.carrier].riders.remove(opened.number)
        elif opened.riders and goes_on and any(number == opened.number for number, _ in opened.actor.heard):
            self.hear_lost(opened, reason)
            self.open[opened.number] = opened
            opened.left = True
        self.catch_up()

    def hear(self, actor: Actor) -> None:
        """As `listen`: all that may be heard now is heard after the step."""
        self.listen(actor)

    def _delete(self, module: str, name: str) -> None:
        actor = self.actors.get((module, name))
        if actor is None or actor.reference is None:
            self.done -= 1
            return
        try:
            self.engine.delete(module, name)
        except HostError as error:
            if error.failure.reason != "JOURNAL_FAILED":
                raise
            return
        finally:
            self.catch_up()
        self.listen(actor)
        self.forget(actor)

    # Time

    def advance_to(self, until: int) -> None:
        """Let time pass."""
        began = self.clock.now()
        now = self.engine.advance(until - began)
        self.catch_up()
        if self.failed or self.alarm.disk_failed:
            return
        for actor in self.actors.values():
            if self._is_unread(actor):  # its time stands still until the disk gives its entries
                if now - began > _READ_AGAIN_NS and not self.disk_refused():
                    raise Violation(f"{actor.name} was lost, and not read again")
            elif actor.reference is not None:
                actor.reference.advance(now)
                # A tick before a crash, done again here for callers that are gone, is nobody's.
                for said in self.expected(actor.reference.said):
                    raise Violation(self.tell(said.call, f"was due {said.value}; nothing was done"))
                actor.reference.said.clear()

    def _metrics(self, module: str, name: str) -> None:
        if self.failed or not self._is_awake(module, name):
            self.done -= 1
            return
        super()._metrics(module, name)

    def _is_unread(self, actor: Kept) -> bool:
        """Whether the engine has still to read it again after a failure."""
        if not actor.id:
            return False
        instance = self.engine.instance(actor.module, actor.name)
        return isinstance(instance, DurableInstance) and instance.last_lsn == UNREAD

    def _is_awake(self, module: str, name: str) -> bool:
        actor = self.actors.get((module, name))
        return actor is not None and actor.id > 0 and self.engine.instance(module, name).machine is not None

"""A world with a disk: power fails, processes are killed, disks refuse, instances sleep and wake."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import mock

from interlock_host import engine as engine_module
from interlock_host.calls import CancelReason
from interlock_host.clock import VirtualClock
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level
from interlock_host.durability.store import History, Kind, Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.module import Module
from tests.simulation.actor import Actor, Open, Seen, Step, Violation
from tests.simulation.disk import NEVER, PowerLost, SimDisk
from tests.simulation.kept import Entered, Kept
from tests.simulation.reference import MS, NOT_ONCE, Reference, Refusal
from tests.simulation.world import Known, World

OPTIONS = StoreOptions(
    segment_bytes=4 << 10, snapshot_entries=100, snapshot_bytes=16 << 10, journal_bytes=32 << 10,
    idle_seconds=0.05,
)  # fmt: skip
NOT_WRITTEN = Refusal(14, "JOURNAL_FAILED")
STATES = (
    "power lost", "power lost in a write", "power lost in a sync", "power lost in another operation",
    "power lost in recovery", "killed", "stopped", "an entry was lost", "an unheard entry was kept",
    "an instance was lost", "the journal was cut", "write failed", "sync failed", "another operation failed",
    "resumed", "refused while failed", "slept", "woke", "recovered", "a parked call lost its caller",
    "clock went back", "no room for another",
)  # fmt: skip
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


class DurableWorld(World):
    """As `World`, with a data directory on a `SimDisk`.

    The engine says which of the entries that nobody heard of it found again. That
    it found all that anybody heard of is checked, and the references go on from
    exactly these: a state between two entries would be none of theirs.
    """

    actors: dict[tuple[str, str], Kept]  # type: ignore[assignment]

    def __init__(self, seen: Seen | None = None, disk: SimDisk | None = None, power_seed: int = 0) -> None:
        self.disk = disk or SimDisk()
        self.power_seed = power_seed
        """How what was not synced is found, where power fails in a step."""
        self.cap = 10_000
        self.appended: list[Appended] = []
        self.entering: Open | None = None
        self.failed = False
        super().__init__(seen)
        self.disk_seen = self.seen.setdefault("disk", Counter())

    def new_engine(self) -> Engine:
        """Open the data directory as it is."""
        store = Store(self.disk, OPTIONS, threads=False)
        append = store.append

        def spied(kind: Kind, instance: int, previous: int, now: int, **rest: Any) -> int:
            lsn = append(kind, instance, previous, now, **rest)
            call, detail = rest.get("call", 0), rest.get("method", 0)
            self.appended.append(Appended(lsn, kind, instance or lsn, previous, now, call, detail))
            return lsn

        store.append = spied  # type: ignore[method-assign]
        history = store.history

        def woken(instance: int, last_lsn: int) -> History:
            self.seen.setdefault("disk", Counter())["woke"] += 1
            return history(instance, last_lsn)

        store.history = woken  # type: ignore[method-assign]
        self.barrier = store.barrier
        config = EngineConfig(seed=1, level_of=lambda module, name: Level.DURABLE, max_instances=self.cap)
        with mock.patch.object(engine_module, "Module", _module):
            return self.prepare(Engine(config, clock=self.clock, observer=self.alarm, store=store))

    def close(self) -> None:
        """End the engine, which may not be able to write any more."""
        self.disk.faults.clear()
        self.disk.power_ends = NEVER
        if not self.disk.dead:
            super().close()

    @property
    def store(self) -> Store:
        """The engine's."""
        assert self.engine.life is not None
        return self.engine.life.store

    def new_actor(self, module: str, name: str) -> Kept:
        """Return an instance that is not there yet."""
        return Kept(module, name)

    def step(self, step: Step) -> None:
        """Do what the step says; where power fails in it, find out what is left."""
        try:
            super().step(step)
            self._after_step()
        except PowerLost:
            self.done += 1
            self._power_lost()

    def _after_step(self) -> None:
        self.catch_up()
        for actor in list(self.actors.values()):
            if actor.heard:
                self.listen(actor)
        if self.alarm.disk_failed:
            self._disk_failed()
        if not self.failed and not len(self.barrier):
            self._nothing_waits()

    def _nothing_waits(self) -> None:
        """Nothing is held back any more: so nobody may wait to hear something."""
        for actor in self.actors.values():
            for _, said in actor.pending:
                if self.expected([said]):
                    raise Violation(self.tell(said.call, f"hears nothing, for ever; it should {said.value}"))

    # Calls

    def send(self, actor: Actor, method: str, plain: Any, once: Any) -> None:
        """Make a call; what it says is heard when the disk has it."""
        self.calls = number = self.calls + 1
        opened = self.open[number] = self.entering = Open(actor, number, method, plain, once)
        known = self.known(opened)
        try:
            opened.call = self.start(opened)
        except HostError as error:
            self.refused(opened, known, error)
            return
        finally:
            self.catch_up()
            self.entering = None
        if known is not None and known.other:
            raise Violation(self.tell(number, "is taken for a retry of another request"))
        reference = self.enter(opened, known)
        if opened.call.answer is not None and not any(n == number for n, _ in actor.heard):
            self.hear_own(opened, reference)
        self.listen(actor)

    def hear_own(self, opened: Open, reference: Reference) -> None:
        """A call that is answered as it returns: nothing that it tells of may be lost from now on."""
        actor = opened.actor
        assert isinstance(actor, Kept) and opened.call is not None and opened.call.answer is not None
        for place, (lsn, said) in enumerate(actor.pending):
            if said.call == opened.number:
                del actor.pending[place]
                self.same(opened.number, opened.call.answer, said)
                actor.heard_of = max(actor.heard_of, lsn)
                return
        value = self.value(opened.number, opened.call.answer)
        raise Violation(self.tell(opened.number, f"is answered {value}; it should wait"))

    def refused(self, opened: Open, known: Known | None, error: HostError) -> None:
        """The host refused a call: for its request id, or because it cannot be written."""
        reason = error.failure.reason
        if reason == "JOURNAL_FAILED" and (self.failed or self.alarm.disk_failed or self.disk.failures):
            self.disk_seen["refused while failed"] += 1
        elif reason == "TOO_MANY_INSTANCES":
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
            if opened.number not in actor.numbers.values():
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
        actor.check(
            entry.lsn, entry.previous, entry.now if entry.kind != Kind.DELETE else actor.reference.now
        )
        if entry.kind == Kind.CALL:
            self._apply_call(actor, entry)
        elif entry.kind == Kind.CANCEL:
            self._apply_cancel(actor, entry)
        elif entry.kind == Kind.TIME:
            actor.do(Entered(entry.lsn, entry.now, 0, "", (), NOT_ONCE, 0))
        elif entry.kind == Kind.DELETE:
            actor.deleted = True
        else:
            raise Violation(f"{actor.name}: an entry of kind {Kind(entry.kind).name}")
        actor.drain(actor.reference, entry.lsn)

    def _apply_call(self, actor: Kept, entry: Appended) -> None:
        opened = self.entering
        assert opened is not None and opened.actor is actor
        actor.numbers[entry.call] = opened.number
        once = opened.key, opened.once[1]
        actor.do(Entered(entry.lsn, entry.now, opened.number, opened.method, opened.plain, once, 0))

    def _apply_cancel(self, actor: Kept, entry: Appended) -> None:
        number = actor.numbers[entry.call]
        self.disk_seen["a parked call lost its caller"] += entry.detail == CancelReason.RESTART
        actor.do(Entered(entry.lsn, entry.now, number, "", (), NOT_ONCE, entry.detail))

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
                actor.heard_of = max(actor.heard_of, lsn)

    def _hears_of_failure(self, number: int, record: Any) -> bool:
        failed = self.failed or self.alarm.disk_failed
        return failed and number in self.open and self.value(number, record) == NOT_WRITTEN

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
        now = self.engine.advance(until - self.clock.now())
        self.catch_up()
        if self.failed or self.alarm.disk_failed:
            return
        for actor in self.actors.values():
            if actor.reference is not None:
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

    def _is_awake(self, module: str, name: str) -> bool:
        actor = self.actors.get((module, name))
        return actor is not None and actor.id > 0 and self.engine.instance(module, name).machine is not None

    # The disk

    def _cap(self, instances: int) -> None:
        """Keep so many instances in memory, and no more."""
        self.cap = instances
        self.engine.config = dataclasses.replace(self.engine.config, max_instances=instances)

    def _flush(self) -> None:
        if not self.failed:
            self.store.flush()

    def _keep(self) -> None:
        """Save, let sleep, and trim."""
        if self.failed:
            return
        asleep = sum(instance.asleep for instance in self._instances())
        assert self.engine.life is not None
        self.engine.life.keep()
        self.disk_seen["slept"] += max(0, sum(i.asleep for i in self._instances()) - asleep)

    def _instances(self) -> list[DurableInstance]:
        return [instance for instance in self.engine.instances() if isinstance(instance, DurableInstance)]

    def _fault(self, kind: str, number: int, after: int) -> None:
        """Let an operation of the disk fail: one of a kind, after some that go well."""
        self.disk.faults[kind] = [0] * after + [number]

    def _disk_failed(self) -> None:
        """Nothing of what was not on the disk was ever there: every client was told."""
        self.alarm.disk_failed = False
        if self.failed:
            return
        self.failed = True
        self.disk_seen[f"{self.disk.failed_kind} failed"] += 1
        if self.open:
            number = next(iter(self.open))
            raise Violation(self.tell(number, "was not told that the journal failed"))
        for actor in self.actors.values():
            actor.suspend(self.store.journal.durable_lsn, self.seen.setdefault(actor.module, Counter()))

    def _resume(self) -> None:
        if not self.failed or not self.store.resume():
            self.done -= 1
            return
        self.failed = False
        self.disk_seen["resumed"] += 1
        for actor in list(self.actors.values()):
            if not actor.resume():
                self._lost(actor)
        self.catch_up()

    # Power and processes

    def _power(self, operations: int, byte: int, seed: int) -> None:
        """Let power fail in an operation to come."""
        self.disk.power_ends, self.disk.power_ends_byte = self.disk.operations + operations, byte
        self.power_seed = seed

    def _power_lost(self) -> None:
        kind = self.disk.last_kind
        self.disk_seen[
            f"power lost in a {kind}" if kind in {"write", "sync"} else "power lost in another operation"
        ] += 1
        self._restart(lambda: self.disk.after_power_loss(self.power_seed))

    def _crash(self, seed: int, back_ms: int, again: int) -> None:
        """Power fails between operations, and perhaps again in an operation of the recovery.

        The clock may be behind afterwards.
        """
        self.disk_seen["power lost"] += 1
        self._restart(lambda: self.disk.after_power_loss(seed), back_ms, again)

    def _kill(self) -> None:
        """The process ends; what it wrote is there."""
        self.disk_seen["killed"] += 1
        self._restart(self.disk.after_kill)

    def _stop(self) -> None:
        """The process ends as it should."""
        self.disk_seen["stopped"] += 1
        self.engine.close()
        self._after_step()
        self._restart(self.disk.after_kill)

    def _restart(self, disk: Callable[[], SimDisk], back_ms: int = 0, again: int = 0) -> None:
        self.catch_up()
        for actor in self.actors.values():
            self.listen(actor)
        self.open.clear()
        self.failed = self.alarm.disk_failed = False
        self.disk = disk()
        self.disk.power_ends = again or NEVER
        self.disk_seen["clock went back"] += back_ms > 0
        self.clock = VirtualClock(self.clock.now() - back_ms * MS)
        self.engine = self._recovered_engine()
        assert self.engine.recovered is not None
        if self.engine.recovered.refused:
            raise Violation(f"was not recovered: {self.engine.recovered.refused}")
        self.disk_seen["the journal was cut"] += self.store.scan.cut is not None
        self._recovered()

    def _recovered_engine(self) -> Engine:
        self.appended.clear()
        try:
            engine = self.new_engine()
        except PowerLost:
            self.disk_seen["power lost in recovery"] += 1
            self.disk = self.disk.after_power_loss(self.disk.operations)
            self.appended.clear()
            engine = self.new_engine()
        self.disk.power_ends = NEVER
        return engine

    def _recovered(self) -> None:
        found = {instance.id: instance for instance in self._instances()}
        claims = {id_: instance.last_lsn for id_, instance in found.items()}
        for entry in reversed(self.appended):
            claims[entry.instance] = entry.previous
        for actor in list(self.actors.values()):
            claim = claims.pop(actor.id, None)
            if claim is None:
                self._lost(actor)
            else:
                self._rebuild(actor, claim)
        if claims:
            raise Violation(f"instances came back that were deleted: {sorted(claims)}")
        self.catch_up()
        for instance in found.values():
            if instance.parked_calls:
                raise Violation(f"{instance.name} has {instance.parked_calls} parked calls, and no client")

    def _lost(self, actor: Kept) -> None:
        """Nothing of an instance is left."""
        if actor.heard_of and not actor.deleted:
            raise Violation(f"{actor.name} is gone; its LSN {actor.heard_of} was heard of")
        self.disk_seen["an instance was lost"] += actor.id > 0
        self.forget(actor)

    def _rebuild(self, actor: Kept, lsn: int) -> None:
        """Go on from the entry that the engine goes on from."""
        self.disk_seen["recovered"] += 1
        self.disk_seen["an entry was lost"] += lsn < actor.lsn
        self.disk_seen["an unheard entry was kept"] += lsn > actor.heard_of
        actor.recover(lsn, self.seen.setdefault(actor.module, Counter()))

"""An instance whose entries are on a disk, and the reference that can go back to any of them."""

from __future__ import annotations

import pickle
from collections import Counter, deque
from typing import NamedTuple

from interlock_host.calls import CancelReason
from interlock_host.errors import cancelled_as
from tests.simulation.actor import Actor, Violation
from tests.simulation.clients import Plain
from tests.simulation.reference import Once, Reference, Refusal, Said

_ENTERED_MOST = 400


class Entered(NamedTuple):
    """An entry, as the reference has it."""

    lsn: int
    now: int
    number: int
    method: str
    """Empty of a CANCEL, and of a TIME, whose number is 0."""
    plain: Plain
    once: Once
    reason: int
    """Of a CANCEL."""


class Kept(Actor):
    """An instance with a history."""

    reference: Reference | None

    def __init__(self, module: str, name: str) -> None:
        super().__init__(module, name)
        self.id = 0
        """The LSN of its CREATE; 0 before there is one."""
        self.lsn = 0
        """Of its last entry."""
        self.heard_of = 0
        """The highest LSN that no disk may lose: somebody heard of it, or, where that promises nothing, it
        was synced."""
        self.is_async = False
        """Whether it is answered before the disk has what it says."""
        self.deleted = 0
        """The LSN of its DELETE, if there is one."""
        self.pending: deque[tuple[int, Said]] = deque()
        """What must be heard once its LSN is on the disk."""
        self.entered: list[Entered] = []
        """Behind `_base`."""
        self.numbers: dict[int, int] = {}
        """The numbers of calls, by the engine's ids."""
        self._base = b""
        self._lsns: list[int] = []
        """Of its entries from `_base` on."""
        self._doubtful: tuple[list[Entered], list[int], int] | None = None
        """All entries, and a DELETE, where the last ones may be on the disk although that failed."""

    def hears_of(self, lsn: int) -> None:
        """Somebody heard of this LSN."""
        if not self.is_async:
            self.heard_of = max(self.heard_of, lsn)

    def synced(self, lsn: int) -> None:
        """All entries of the journal up to this one are on the disk."""
        if self.is_async:
            self.heard_of = max(self.heard_of, self.last_by(lsn))

    def created(self, lsn: int) -> None:
        """Begin its history."""
        self.id = self.lsn = lsn
        self._base, self._lsns = pickle.dumps(self.reference), [lsn]

    def _save(self) -> None:
        """Let the history begin with what nobody may lose any more."""
        if self._doubtful is not None or self.heard_of < self.id:
            return
        self._base = pickle.dumps(self._at(self.heard_of))
        self.entered = [entry for entry in self.entered if entry.lsn > self.heard_of]
        self._lsns = [own for own in self._lsns if own >= self.heard_of]

    def _at(self, lsn: int) -> Reference:
        reference: Reference = pickle.loads(self._base)
        for entry in self.entered:
            if entry.lsn <= lsn:
                _do(reference, entry)
        reference.said.clear()
        return reference

    def check(self, lsn: int, previous: int, now: int) -> None:
        """Check what every entry must keep, and note it."""
        assert self.reference is not None
        if previous != self.lsn:
            raise Violation(f"{self.name}: an entry follows {previous}; the last one was {self.lsn}")
        if now < self.reference.now:
            raise Violation(f"{self.name}: an entry is {self.reference.now - now} ns before the last one")
        self.lsn = lsn
        self._lsns.append(lsn)

    def do(self, entry: Entered) -> None:
        """Enter something."""
        assert self.reference is not None
        self.entered.append(entry)
        _do(self.reference, entry)

    def drain(self, reference: Reference, lsn: int) -> None:
        """What the reference said since, waits for this LSN."""
        self.pending.extend((lsn, said) for said in reference.said)
        reference.said.clear()
        if len(self.entered) > _ENTERED_MOST and self.entered[_ENTERED_MOST // 2].lsn <= self.heard_of:
            self._save()

    def last_by(self, lsn: int) -> int:
        """Return the LSN of its last entry up to one of the journal's."""
        return max((own for own in self._lsns if own <= lsn), default=0)

    def suspend(self, lsn: int, seen: Counter[str]) -> None:
        """Go back to what was on the disk before it failed; a restart may find more."""
        self._doubtful = self.entered, self._lsns, self.deleted
        if not 0 < self.id <= lsn:
            self.reference = None
        else:
            self.rebuild(self.last_by(lsn), seen)

    @property
    def may_be_gone(self) -> bool:
        """Whether nothing of it may be found."""
        doubtful = self._doubtful is not None and self._doubtful[2] > 0
        return doubtful or self.deleted > 0 or not self.heard_of

    def resume(self) -> bool:
        """The disk takes entries again, and has none that it refused; whether there is anything left."""
        self._doubtful = None
        return self.reference is not None

    def recover(self, lsn: int, now: int, seen: Counter[str]) -> None:
        """Go on from an entry that was found on the disk, and from a time after it."""
        if self._doubtful is not None:
            self.entered, self._lsns, _ = self._doubtful
            self._doubtful = None
        self.rebuild(lsn, seen)
        assert self.reference is not None
        if now < self.reference.now:
            raise Violation(f"{self.name} is {self.reference.now - now} ns before its last entry")
        self.reference.advance(now)
        self.reference.said.clear()

    def rebuild(self, lsn: int, seen: Counter[str]) -> None:
        """Go back to an entry of its history; nobody hears of what came after.

        Raises:
            Violation: Somebody did hear of it, or it is none of its entries.
        """
        if lsn < self.heard_of:
            raise Violation(f"{self.name} goes on from LSN {lsn}; LSN {self.heard_of} was heard of")
        if lsn not in self._lsns:
            raise Violation(f"{self.name} goes on from LSN {lsn}, and ended at LSN {self.lsn}")
        if self.is_async and lsn < self.lsn:  # what clients heard of is not so
            self.clients = type(self.clients)(self.name)
        self._save()
        self._lsns = [own for own in self._lsns if own <= lsn]
        self.entered = [entry for entry in self.entered if entry.lsn <= lsn]
        self.reference = self._at(lsn)
        self.reference.seen = seen
        self.pending.clear()
        self.lsn = lsn
        self.deleted = 0


def _do(reference: Reference, entry: Entered) -> None:
    reference.advance(entry.now)
    if entry.method:
        reference.enter(entry.number, entry.method, entry.plain, entry.once)
    elif entry.number and not reference.leave(entry.number):
        failure = cancelled_as(CancelReason(entry.reason))
        reference.said.append(Said(entry.number, True, Refusal(failure.code, failure.reason)))
    reference.advance(entry.now)

"""The first answers of calls that came with a request id: what their retries get.

A table an instance, after the client tables of Viewstamped Replication (Liskov
and Cowling, "Viewstamped Replication Revisited", 2012, section 4) and RIFL (Lee
et al., "Implementing Linearizability at Large Scale and Low Latency", SOSP
2015). There a client numbers its calls; here an id is any text, so what is old
is forgotten by age and by room instead.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Final

import google_crc32c

from interlock.journal.v1 import journal_pb2
from interlock_host.calls import Call, Record, Rider
from interlock_host.errors import INVALID_ARGUMENT, HostError

if TYPE_CHECKING:
    from interlock_host.answer_room import AnswerRoom, Owner

KEPT_NS = 600_000_000_000
"""How long an answer is kept, by the instance's time."""
KEPT_ANSWERS = 16_384
KEPT_BYTES = 8 << 20
"""The most that one instance keeps; the oldest goes first."""
KEPT_IN_ALL = 256 << 20
"""Bytes of memory that a host has for the answers of all its instances, unless it is told otherwise."""


Kept = tuple[int, int, int, int, bytes, int]
"""The answer of a call that ended: CRC32C and bytes of the request; status, flags and payload of the record;
when it was answered, in ns since the epoch. A plain tuple: every call with a request id makes one."""


def checksum_of(request: bytes) -> int:
    """Return what tells one request from another under the same id."""
    checksum: int = google_crc32c.value(request)
    return checksum


def identity_of(method: str, scope: bytes) -> bytes:
    """Return what names a call within its instance: the method beside principal and request id."""
    return method.encode() + b"\0" + scope


_PAYLOAD: Final = 4
_NOW: Final = 5
_EACH: Final = 320
"""Bytes of memory that an answer takes beside its identity and its payload."""
_STEP: Final = 1_024
"""Bytes of identities and payloads by which an instance's sum changes before the room hears of it."""


class SavedAnswers:
    """The answers of a snapshot, as it has them: in columns, without a row for each. At least one.

    Most of them are never asked for, and 16,384 rows take longer to make than all else of a wake.
    """

    __slots__ = ("_asked", "_first", "_most", "_places", "_size", "columns")

    def __init__(self, columns: journal_pb2.Answered, most: int, first: int = 0) -> None:
        """Take them as they are.

        Args:
            most: They have no more bytes than this.
            first: The place of the oldest.

        Raises:
            ValueError: The columns are not as long as each other.
        """
        parts = (columns.checksum, columns.size, columns.status, columns.flags, columns.payload, columns.now)
        if any(len(part) != len(columns.identity) for part in parts):
            raise ValueError("the columns of the answers are not as long as each other")
        self.columns = columns
        self._first = first
        self._asked = False
        self._places: dict[bytes, int] | None = None
        self._size: int | None = None
        self._most = most

    def __len__(self) -> int:
        return len(self.columns.identity) - self._first

    def copy(self) -> SavedAnswers:
        """Return the same ones, from which nothing is dropped."""
        return SavedAnswers(self.columns, self._most, self._first)

    def get(self, identity: bytes) -> Kept | None:
        """Return an answer, if it is there."""
        if self._places is None:
            if not self._asked:  # the call that wakes an instance is a new one, as a rule: one scan will do
                self._asked = True
                if identity not in self.columns.identity:
                    return None
            identities = self.columns.identity[:]
            self._places = dict(zip(identities, range(len(identities)), strict=True))
        place, columns = self._places.get(identity, -1), self.columns
        if place < self._first:
            return None
        return (
            columns.checksum[place], columns.size[place], columns.status[place], columns.flags[place],
            columns.payload[place], columns.now[place],
        )  # fmt: skip

    def is_over(self, room: int) -> bool:
        """Tell whether their identities and payloads have more bytes than there is room for."""
        return self._most > room and self.size > room

    @property
    def size(self) -> int:
        """The bytes of their identities and payloads."""
        if self._size is None:
            identities, payloads = self.columns.identity[self._first :], self.columns.payload[self._first :]
            self._size = sum(map(len, identities)) + sum(map(len, payloads))
        return self._size

    @property
    def held(self) -> int:
        """The bytes that they take: the columns stay whole until the last answer goes."""
        return self._most

    @property
    def oldest(self) -> int:
        """When the oldest was answered, in ns since the epoch."""
        return self.columns.now[self._first]

    def drop_oldest(self) -> None:
        """Forget the oldest."""
        first, columns = self._first, self.columns
        if self._size is not None:
            self._size -= len(columns.identity[first]) + len(columns.payload[first])
        self._first += 1

    def written(self) -> journal_pb2.Answered:
        """Return them as columns again."""
        columns, first = self.columns, self._first
        return journal_pb2.Answered(
            identity=columns.identity[first:], checksum=columns.checksum[first:], size=columns.size[first:],
            status=columns.status[first:], flags=columns.flags[first:], payload=columns.payload[first:],
            now=columns.now[first:],
        )  # fmt: skip


class Answers:
    """Of one instance; used under its lock.

    Args:
        owner: The instance.
        room: Told of their bytes; None counts them nowhere.
    """

    __slots__ = ("_bytes", "_high", "_kept", "_low", "_open", "_owner", "_room", "_saved")

    def __init__(self, owner: Owner | None = None, room: AnswerRoom | None = None) -> None:
        self._owner = owner
        self._room = room
        self._saved: SavedAnswers | None = None
        """What was kept before all else here."""
        self._kept: collections.OrderedDict[bytes, Kept] = collections.OrderedDict()
        self._open: dict[bytes, tuple[int, Call]] = {}
        self._bytes = 0
        """Without the saved ones."""
        self._low = self._high = -1
        """The room need not hear of it while `_bytes` is within these."""

    def __len__(self) -> int:
        return len(self._kept) + (len(self._saved) if self._saved is not None else 0)

    @property
    def size(self) -> int:
        """The bytes of memory that they take, within a few per cent."""
        saved = self._saved
        return self._bytes + _EACH * len(self._kept) + (saved.held if saved is not None else 0)

    @property
    def oldest(self) -> int:
        """When the oldest was answered, in ns since the epoch; there is one."""
        if self._saved is not None:
            return self._saved.oldest
        return self._kept[next(iter(self._kept))][_NOW]

    def wake_with(self, saved: SavedAnswers) -> None:
        """Take what a snapshot has, before anything else is kept."""
        self._saved = saved
        self._tell()

    def take(self) -> tuple[SavedAnswers | None, list[tuple[bytes, Kept]]]:
        """Return what is kept, the oldest first: what is left of a snapshot's, and what came since."""
        saved = self._saved.copy() if self._saved is not None else None
        return saved, list(self._kept.items())

    def kept(self, identity: bytes, request: bytes) -> Record | None:
        """Return the answer that this call had before, if it had one.

        Raises:
            HostError: INVALID_ARGUMENT/REQUEST_ID_REUSED, it was another request.
        """
        found = self._kept.get(identity)
        if found is None and self._saved is not None:
            found = self._saved.get(identity)
        if found is None:
            return None
        checksum, size, status, flags, payload, _ = found
        _check(size == len(request) and checksum == checksum_of(request))
        return Record(status, flags, payload)

    def rider(self, identity: bytes, request: bytes, rider: Rider) -> bool:
        """Let `rider` wait for the answer of the same call, if that is parked still.

        Raises:
            HostError: INVALID_ARGUMENT/REQUEST_ID_REUSED, it was another request.
        """
        found = self._open.get(identity)
        if found is None:
            return False
        checksum, call = found
        _check(call.request_bytes == len(request) and checksum == checksum_of(request))
        rider.board(call)
        return True

    def begin(self, call: Call, request: bytes) -> None:
        """Note a call that was not seen before."""
        self._open[call.identity] = (checksum_of(request), call)

    def resume(self, call: Call, checksum: int) -> None:
        """Note a call that was parked when its instance was saved."""
        self._open[call.identity] = (checksum, call)

    def checksum(self, call: Call) -> int:
        """Return the CRC32C of an open call's request."""
        return self._open[call.identity][0]

    def forget(self, call: Call) -> None:
        """Drop a call that ended without an answer of its module's: a retry is a new call."""
        self._open.pop(call.identity, None)

    def keep(self, call: Call, record: Record, now: int) -> None:
        """Keep the answer of an open call, and let go of what is too old or too much."""
        found = self._open.pop(call.identity, None)
        if found is not None:
            status, flags, payload = record
            self._put(call.identity, (found[0], call.request_bytes, status, flags, payload, now))

    def _put(self, identity: bytes, kept: Kept) -> None:
        if identity in self._kept:  # in replay: it had been let go of when the call came again
            self._bytes -= len(identity) + len(self._kept.pop(identity)[_PAYLOAD])
        self._kept[identity] = kept
        self._bytes += len(identity) + len(kept[_PAYLOAD])
        while self._over(kept[_NOW]):
            self._drop_oldest()
        if not self._low <= self._bytes <= self._high:
            self._tell()

    def _over(self, now: int) -> bool:
        saved = self._saved
        if saved is None:
            full, oldest = self._bytes > KEPT_BYTES, self._kept[next(iter(self._kept))][_NOW]
        else:
            full, oldest = saved.is_over(KEPT_BYTES - self._bytes), saved.oldest
        count = len(self)
        return count > 1 if full or count > KEPT_ANSWERS else oldest + KEPT_NS < now

    def _drop_oldest(self) -> None:
        saved = self._saved
        if saved is None:
            gone, old = self._kept.popitem(last=False)
            self._bytes -= len(gone) + len(old[_PAYLOAD])
            return
        saved.drop_oldest()
        if not len(saved):
            self._saved = None
            self._high = -1

    # The room

    def _tell(self) -> None:
        self._low, self._high = self._bytes - _STEP, self._bytes + _STEP
        if self._room is not None and self._owner is not None:
            self._room.tell(self._owner, self.size, self.oldest)

    def age(self, now: int) -> None:
        """Drop those whose time is over."""
        while len(self) and self.oldest + KEPT_NS < now:
            self._drop_oldest()
        self._low = self._high = -1  # it asks for their size, and is told of the next one

    def drop(self, size: int, until: int) -> None:
        """Drop the oldest, and those behind it until so many bytes are free or one came after `until`."""
        size = self.size - size
        while len(self):
            self._drop_oldest()
            if self.size <= size or not len(self) or self.oldest > until:
                break
        self._low = self._high = -1  # it asks for their size, and is told of the next one


def _check(same: bool) -> None:
    if not same:
        text = "this request id came before, with another request; an id names one request and its retries"
        raise HostError(INVALID_ARGUMENT, "REQUEST_ID_REUSED", text)

"""The first answers of calls that came with a request id: what their retries get.

A table an instance, after the client tables of Viewstamped Replication (Liskov
and Cowling, "Viewstamped Replication Revisited", 2012, section 4) and RIFL (Lee
et al., "Implementing Linearizability at Large Scale and Low Latency", SOSP
2015). There a client numbers its calls; here an id is any text, so what is old
is forgotten by age and by room instead.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Final

import google_crc32c

from interlock_host.calls import Call, Record, Rider
from interlock_host.errors import INVALID_ARGUMENT, HostError

KEPT_NS = 600_000_000_000
"""How long an answer is kept, by the instance's time."""
KEPT_ANSWERS = 16_384
KEPT_BYTES = 8 << 20
"""The most that one instance keeps; the oldest goes first."""


Kept = tuple[int, int, int, int, bytes, int]
"""The answer of a call that ended: CRC32C and bytes of the request; status, flags and payload of the record;
when it was answered, in ns since the epoch. Plain: an instance may wake with 16,384, and named tuples take
six times as long to make."""


def checksum_of(request: bytes) -> int:
    """Return what tells one request from another under the same id."""
    checksum: int = google_crc32c.value(request)
    return checksum


def identity_of(method: str, scope: bytes) -> bytes:
    """Return what names a call within its instance: the method beside principal and request id."""
    return method.encode() + b"\0" + scope


_PAYLOAD: Final = 4
_NOW: Final = 5


class Answers:
    """Of one instance; used under its lock."""

    __slots__ = ("_bytes", "_kept", "_open", "load")

    def __init__(self) -> None:
        self.load: Callable[[], dict[bytes, Kept]] | None = None
        """Reads what was kept before all else here; called when first asked for, as nobody may ask."""
        self._kept: collections.OrderedDict[bytes, Kept] = collections.OrderedDict()
        self._open: dict[bytes, tuple[int, Call]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._table())

    def items(self) -> list[tuple[bytes, Kept]]:
        """Return what is kept, the oldest first."""
        return list(self._table().items())

    def _table(self) -> collections.OrderedDict[bytes, Kept]:
        if self.load is not None:
            load, self.load = self.load, None
            self._kept.update(load())
            self._bytes = sum(map(len, self._kept)) + sum(len(kept[_PAYLOAD]) for kept in self._kept.values())
        return self._kept

    def kept(self, identity: bytes, request: bytes) -> Record | None:
        """Return the answer that this call had before, if it had one.

        Raises:
            HostError: INVALID_ARGUMENT/REQUEST_ID_REUSED, it was another request.
        """
        found = self._table().get(identity)
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
        answers = self._table()
        answers[identity] = kept
        self._bytes += len(identity) + len(kept[_PAYLOAD])
        while self._over(kept[_NOW]):
            gone, old = answers.popitem(last=False)
            self._bytes -= len(gone) + len(old[_PAYLOAD])

    def _over(self, now: int) -> bool:
        count = len(self._kept)
        if count > KEPT_ANSWERS or self._bytes > KEPT_BYTES:
            return count > 1
        return self._kept[next(iter(self._kept))][_NOW] + KEPT_NS < now


def _check(same: bool) -> None:
    if not same:
        text = "this request id came before, with another request; an id names one request and its retries"
        raise HostError(INVALID_ARGUMENT, "REQUEST_ID_REUSED", text)

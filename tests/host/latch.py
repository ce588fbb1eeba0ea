"""The latch in one language, called in process; and scripts of calls whose replies are to be compared."""

from __future__ import annotations

import random
from pathlib import Path

from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.observer import EngineObserver
from tests.host.conftest import START_NS
from tests.host.session import Session

SERVICE = "acme.latch.v1.LatchService"
MS = 1_000_000
MOST_PARKED = 1_000
LARGEST_MESSAGE = 8_192


class Latch(Session):
    """Calls a guest, alone in its engine."""

    def __init__(self, packed: Path, observer: EngineObserver | None = None) -> None:
        config = EngineConfig(modules=(packed.parent,), standard=False, seed=1)
        super().__init__(Engine(config, clock=VirtualClock(START_NS), observer=observer), packed, SERVICE)

    def advance(self, milliseconds: int) -> None:
        self.engine.advance(milliseconds * MS)

    def begin(self, method: str, request: bytes) -> tuple[Call, list[Record]]:
        """Begin a call; its records, to which those that come later are added."""
        sent = self.send_bytes(method, request)
        return sent.call, sent.records

    @property
    def memory_bytes(self) -> int:
        return sum(instance.memory_bytes for instance in self.engine.instances())


# What no encoder of ours writes after the fields of a request, but a decoder meets.
ODD = {
    "unknown varint": b"\x18\x80\x01",
    "unknown bytes": b"\x22\x03abc",
    "unknown empty": b"\x22\x00",
    "unknown fixed32": b"\x1d\x01\x02\x03\x04",
    "unknown fixed64": b"\x19\x01\x02\x03\x04\x05\x06\x07\x08",
    "largest field": b"\xf8\xff\xff\xff\x0f\x01",
    "long": b"\x22\xc0\x3e" + b"x" * 8_000,
    "time as bytes": b"\x12\x02\x10\x05",
    "time as fixed32": b"\x15\x01\x00\x00\x00",
    "second time": b"\x10\x0b",
    "time of 10 bytes": b"\x10\x87\x80\x80\x80\x80\x80\x80\x80\x80\x00",
    "time above 32 bits": b"\x10\x85\x80\x80\x80\x10",
    "negative time": b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    "varint above 64 bits": b"\x18" + b"\xff" * 9 + b"\x7f",
    "tag of 2 bytes": b"\x90\x00\x09",
}
# What a decoder refuses.
MALFORMED = {
    "tag cut": b"\x90",
    "varint cut": b"\x10\x80",
    "varint of 11 bytes": b"\x10" + b"\x80" * 10 + b"\x01",
    "size cut": b"\x22\x80",
    "bytes cut": b"\x22\x05abcd",
    "bytes above 32 bits": b"\x22\xff\xff\xff\xff\x1f" + b"abc",
    "bytes above 63 bits": b"\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + b"abc",
    "fixed32 cut": b"\x1d\x01\x02\x03",
    "fixed64 cut": b"\x19\x01\x02\x03\x04\x05\x06\x07",
    "field 0": b"\x00\x01",
    "tag above 32 bits": b"\x80\x80\x80\x80\x10\x01",
    "group": b"\x1b\x18\x01\x1c",
    "end of a group": b"\x1c",
    "wire type 6": b"\x1e\x01",
    "wire type 7": b"\x1f\x01",
}

Line = tuple[int, int, int, bytes]
"""A record: the number of its call in the script, its status, flags and payload."""


class Script:
    """Random calls, the same for the same seed, and every record that they get."""

    _METHODS = ("Wait", "Wait", "Wait", "Open", "Close", "Peek")
    _TIMES = (0, 1, 7, 30, 127, 128, 300, 2**32 - 1)

    def __init__(self, latch: Latch, seed: int) -> None:
        self._latch = latch
        self._draw = random.Random(seed)
        self._calls: list[Call] = []
        self._records: list[list[Record]] = []

    def run(self, steps: int) -> list[Line]:
        for _ in range(steps):
            match self._draw.randrange(10):
                case 0:
                    self._latch.advance(self._draw.randrange(40))
                case 1 if self._calls:
                    self._draw.choice(self._calls[-20:]).cancel(CancelReason.DEADLINE)
                case _:
                    self._call()
        return [(number, *record) for number, records in enumerate(self._records) for record in records]

    def _call(self) -> None:
        method = self._draw.choice(self._METHODS)
        try:
            call, records = self._latch.begin(method, self._request(method))
        except HostError as error:
            self._records.append([error.failure.record()])
            return
        self._calls.append(call)
        self._records.append(records)

    def _request(self, method: str) -> bytes:
        fields: dict[str, object] = {"instance": self._draw.choice("ab")}
        if method in ("Wait", "Open"):
            fields["wait_ms" if method == "Wait" else "for_ms"] = self._draw.choice(self._TIMES)
        request = self._latch.messages.request(method, **fields)
        match self._draw.randrange(12):
            case 0:
                return request + self._draw.choice(list(MALFORMED.values()))
            case 1:
                return request[: self._draw.randrange(len(request))]
            case 2 | 3:
                return request + self._draw.choice(list(ODD.values()))
        return request

"""HTTP/2 on a bare socket, for what no library sends: frames of RFC 9113, and RFC 7541 without Huffman."""

from __future__ import annotations

import collections
import contextlib
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT = range(5)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = range(5, 10)
CONNECT_ERROR, ENHANCE_YOUR_CALM = 10, 11

Fields = Iterable[tuple[bytes, bytes]]

_HEADER_TABLE_SIZE, _INITIAL_WINDOW_SIZE = 1, 4
_TRUE_BINARY = 0xFE03
"""gRPC's own setting: `-bin` metadata comes as bytes behind a 0, not in base64 under Huffman's code."""
_STATIC = {
    8: (b":status", b"200"),
    12: (b":status", b"400"),
    13: (b":status", b"404"),
    31: (b"content-type", b""),
}
"""Of HPACK's static table, what a gRPC server answers with."""
_FIRST_WINDOW = 65_535
LARGEST_FRAME = 16_384
_SECONDS = 20.0
"""How long an answer may take before a test fails."""


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """Return the bytes of a frame. Nothing is checked: the frame may be any nonsense."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def settings(values: dict[int, int]) -> bytes:
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in values.items()))


def integer(value: int, bits: int, first: int = 0) -> bytes:
    """RFC 7541, 5.1: a number in the low `bits` of a byte, and in as many more as it needs."""
    top = (1 << bits) - 1
    if value < top:
        return bytes((first | value,))
    rest = bytearray((first | top,))
    value -= top
    while value >= 0x80:
        rest.append(0x80 | value & 0x7F)
        value >>= 7
    rest.append(value)
    return bytes(rest)


def literals(fields: Fields) -> bytes:
    """A header block of literals that enter no table."""
    return b"".join(b"\0" + integer(len(n), 7) + n + integer(len(v), 7) + v for n, v in fields)


def request_fields(path: bytes, extra: Fields = ()) -> list[tuple[bytes, bytes]]:
    """The header fields of a gRPC call; `extra` ones take the place of their namesakes, or go last."""
    fields = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": path,
        b":authority": b"localhost",
        b"content-type": b"application/grpc",
        b"te": b"trailers",
    }
    return list((fields | dict(extra)).items())


def message(body: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    """A gRPC message in its envelope, whose `flag` and `length` may lie."""
    return struct.pack(">BI", flag, len(body) if length is None else length) + body


def read_block(block: bytes) -> dict[str, bytes]:
    """Decode a header block of a peer that was forbidden to keep a table.

    Raises:
        ValueError: It uses Huffman's code, or an entry that `_STATIC` has not.
    """
    found: dict[str, bytes] = {}
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80:
            index, at = _read_integer(block, at, 7)
            name, value = _static(index)
        elif first & 0xE0 == 0x20:
            _, at = _read_integer(block, at, 5)
            continue
        else:
            index, at = _read_integer(block, at, 6 if first & 0x40 else 4)
            name, at = (_static(index)[0], at) if index else _read_string(block, at)
            value, at = _read_string(block, at)
        found[name.decode()] = value
    return found


def _static(index: int) -> tuple[bytes, bytes]:
    if index not in _STATIC:
        raise ValueError(f"HPACK entry {index}")
    return _STATIC[index]


def _read_integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    value, at = block[at] & (1 << bits) - 1, at + 1
    if value == (1 << bits) - 1:
        for shift in range(0, 35, 7):
            value += (block[at] & 0x7F) << shift
            at += 1
            if block[at - 1] < 0x80:
                break
    return value, at


def _read_string(block: bytes, at: int) -> tuple[bytes, int]:
    if block[at] & 0x80:
        raise ValueError("Huffman's code")
    size, at = _read_integer(block, at, 7)
    return block[at : at + size], at + size


class Ending(NamedTuple):
    """How a peer ended a call, or the connection."""

    how: str
    """"trailers", "reset", "goaway", or "closed": no word, only the end of the socket."""
    code: int = 0
    """The gRPC status, or the HTTP/2 error code."""
    text: str = ""
    """`grpc-message`, or the debug data of the GOAWAY."""
    fields: dict[str, bytes] = {}  # noqa: RUF012
    """Of trailers."""
    data: bytes = b""
    """What came before, envelopes included."""


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        connection.connect(address.removeprefix("unix:"))
        return connection
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), _SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Connection:
    """One connection. It sends what it is told, and reads what comes."""

    def __init__(self, address: str, *, greet: bool = True, window: int = 1 << 24) -> None:
        self.socket = _connected(address)
        self._coming = bytearray()
        self._kept: collections.deque[Frame] = collections.deque()
        self._credit: collections.Counter[int] = collections.Counter()
        """Bytes granted beyond the first window, less those sent, by stream; 0 is the connection."""
        self._gained = 0
        """The same for every stream, by the peer's settings."""
        if greet:
            self.greet(window)

    def greet(self, window: int = 1 << 24) -> None:
        """Send the preface, and settings that make the answer simple to read.

        Args:
            window: Bytes that the peer may send on a stream before it must wait.
        """
        self.send(PREFACE, settings({_HEADER_TABLE_SIZE: 0, _INITIAL_WINDOW_SIZE: window, _TRUE_BINARY: 1}))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def send_lost(self, *parts: bytes) -> None:
        """Send to a peer that may hang up in the middle, as it should."""
        with contextlib.suppress(ConnectionError):
            self.send(*parts)

    def call(
        self, path: str, body: bytes | None = None, *, stream: int = 1, extra: Fields = (), end: bool = True
    ) -> None:
        """Begin a call, with its only message if there is one."""
        parts = [frame(HEADERS, END_HEADERS, stream, literals(request_fields(path.encode(), extra)))]
        if body is not None:
            parts.append(frame(DATA, END_STREAM if end else 0, stream, message(body)))
        self.send(*parts)

    def upload(self, data: bytes, stream: int = 1) -> None:
        """Send as much at a time as the peer's windows allow, to the end or until it ends the call."""
        at = 0
        while at < len(data):
            window = _FIRST_WINDOW + min(self._credit[0], self._credit[stream] + self._gained)
            size = min(LARGEST_FRAME, window, len(data) - at)
            if size > 0:
                part, at = data[at : at + size], at + size
                self._credit[0] -= size
                self._credit[stream] -= size
                self.send_lost(frame(DATA, END_STREAM if at == len(data) else 0, stream, part))
                continue
            coming = next(self.frames(), None)
            if coming is None or coming.kind in (HEADERS, RST_STREAM, GOAWAY):
                self._kept.extend([coming] if coming else [])
                return

    def frames(self) -> Iterator[Frame]:
        """What comes, until the peer closes; settings and pings are answered on the way.

        Raises:
            TimeoutError: Nothing came for a long time.
        """
        while self._kept:
            yield self._kept.popleft()
        while (head := self._read(9)) is not None:
            size, kind, flags, stream = int.from_bytes(head[:3]), head[3], head[4], int.from_bytes(head[5:])
            payload = self._read(size)
            if payload is None:
                return
            if kind in (SETTINGS, PING) and not flags & ACK:
                self.send_lost(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == SETTINGS:
                self._settle(payload)
            if kind == WINDOW_UPDATE:
                self._credit[stream] += int.from_bytes(payload)
            yield Frame(kind, flags, stream, payload)

    def _settle(self, payload: bytes) -> None:
        """Learn how much a stream may send; those that are open gain the difference (RFC 9113, 6.9.2)."""
        for setting, value in struct.iter_unpack(">HI", payload):
            if setting == _INITIAL_WINDOW_SIZE:
                self._gained = value - _FIRST_WINDOW

    def _read(self, size: int) -> bytes | None:
        while len(self._coming) < size:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                return None
            if not more:
                return None
            self._coming += more
        taken = bytes(self._coming[:size])
        del self._coming[:size]
        return taken

    def ending(self, stream: int = 1) -> Ending:
        """Read until the stream or the connection ends."""
        fields: dict[str, bytes] = {}
        data = bytearray()
        for kind, flags, of, payload in self.frames():
            if kind == GOAWAY:
                code, said = int.from_bytes(payload[4:8]), payload[8:].decode("utf-8", "replace")
                if code or int.from_bytes(payload[:4]) < stream:
                    return Ending("goaway", code, said, fields, bytes(data))
            if of != stream:
                continue
            if kind == RST_STREAM:
                return Ending("reset", int.from_bytes(payload), "", fields, bytes(data))
            if kind == DATA:
                data += payload
            if kind == HEADERS:
                fields |= read_block(payload)
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                code = int(fields.get("grpc-status", b"-1"))
                text = fields.get("grpc-message", b"").decode("utf-8", "replace")
                return Ending("trailers", code, text, fields, bytes(data))
        return Ending("closed", 0, "", fields, bytes(data))

    def settled(self) -> None:
        """Wait until the peer has read all that was sent: it answers a ping behind it."""
        mark = b"settled?"
        self.send(frame(PING, payload=mark))
        for kind, flags, _, payload in self.frames():
            if kind == PING and flags & ACK and payload == mark:
                return
        raise ConnectionError("the peer closed")

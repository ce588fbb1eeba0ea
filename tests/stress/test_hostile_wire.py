"""Bytes that no gRPC library sends: each is refused with its cause, or hurts nobody but its sender."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable
from typing import NamedTuple

import pytest

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from tests.stress import raw_http2 as h2
from tests.stress.bystander import COUNTER, HOUR_MS, QUEUE, Bystander, unharmed
from tests.stress.daemon import Daemon
from tests.stress.hostile import SOAK
from tests.stress.raw_http2 import Connection, frame

ROUNDS = 20 if SOAK else 1
GET = f"{COUNTER}/Get"
PUSH = f"{QUEUE}/Push"
POP = f"{QUEUE}/Pop"
READ = counter_pb2.GetRequest(instance="target", keys=["k"]).SerializeToString()
PARK = queue_pb2.PopRequest(instance="target", wait_ms=HOUR_MS).SerializeToString()
LARGEST = 4_128_768
"""What the queue's contract takes; the host reads 64 KiB more, so that the refusal is its own."""
MIB = 1 << 20


class Refused(NamedTuple):
    """How an attack must end."""

    how: str
    code: int
    says: str = ""
    """Part of the text of the status."""
    reason: bytes = b""
    """Of the ErrorInfo; none where grpc itself refuses."""


class Attack(NamedTuple):
    act: Callable[[Connection], None]
    refused: Refused


def _message(body: bytes, **lies: int) -> Callable[[Connection], None]:
    """Send a message whose envelope lies."""

    def act(c: Connection) -> None:
        c.call(GET)
        c.send(frame(h2.DATA, h2.END_STREAM, 1, h2.message(body, **lies)))

    return act


def _encoded(body: bytes, encoding: bytes) -> Callable[[Connection], None]:
    """Send a message that says to be compressed so."""

    def act(c: Connection) -> None:
        c.call(PUSH, extra=[(b"grpc-encoding", encoding)])
        c.upload(h2.message(body, flag=1))

    return act


def _sized(size: int) -> Callable[[Connection], None]:
    """Push so many bytes."""

    def act(c: Connection) -> None:
        c.call(PUSH)
        c.upload(h2.message(b"\x0a\x06target\x12" + bytes(size)))

    return act


def _fields(*extra: tuple[bytes, bytes], path: bytes = GET.encode()) -> Callable[[Connection], None]:
    """Make a call with such header fields; they may be longer than a frame."""

    def act(c: Connection) -> None:
        block = h2.literals(h2.request_fields(path, extra))
        first, *rest = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
        c.send(frame(h2.HEADERS, 0 if rest else h2.END_HEADERS, 1, first))
        for number, part in enumerate(rest, 1):
            c.send_lost(frame(h2.CONTINUATION, h2.END_HEADERS if number == len(rest) else 0, 1, part))
        c.send_lost(frame(h2.DATA, h2.END_STREAM, 1, h2.message(READ)))

    return act


def _block(block: bytes) -> Callable[[Connection], None]:
    """Send a header block that is none."""
    return lambda c: c.send(frame(h2.HEADERS, h2.END_HEADERS, 1, block))


def _after_headers(*frames: bytes) -> Callable[[Connection], None]:
    """Begin a call, and go on with such frames."""

    def act(c: Connection) -> None:
        c.call(GET)
        c.send_lost(*frames)

    return act


TRAILERS, RESET, CLOSED = "trailers", "reset", "closed"
UNKNOWN = Refused(TRAILERS, 12, "no module here serves this method", b"UNKNOWN_METHOD")
ATTACKS = {
    # Sizes
    "announces 4 GiB": Attack(
        _message(b"", length=2**32 - 1), Refused(TRAILERS, 8, "4294967295 vs. 4194304")
    ),
    "over the module's limit": Attack(
        _sized(LARGEST), Refused(TRAILERS, 8, "queue takes 4128768", b"MESSAGE_TOO_LARGE")
    ),
    "over grpc's limit": Attack(_sized(5 * MIB), Refused(TRAILERS, 8, "Received message larger than max")),
    "1 GiB in 1 MiB of gzip": Attack(
        _encoded(gzip.compress(bytes(1024 * MIB if SOAK else 64 * MIB), 9), b"gzip"),
        Refused(TRAILERS, 8, "Decompressed message larger than max"),
    ),
    # Messages that lie
    "shorter than it is": Attack(
        _message(READ, length=len(READ) - 2), Refused(TRAILERS, 3, "keys", b"INVALID_PROTO")
    ),
    "compressed by nothing": Attack(
        _message(READ, flag=1), Refused(TRAILERS, 13, "Compression bit set but no encoding")
    ),
    "gzip that is none": Attack(_encoded(READ, b"gzip"), Refused(TRAILERS, 13, "Decompression failed")),
    "an encoding of its own": Attack(_encoded(READ, b"rot13"), Refused(TRAILERS, 13, "grpc-encoding")),
    # Header fields
    "not base64": Attack(_fields((b"x-bin", b"!?")), Refused(TRAILERS, 13, "illegal base64")),
    "no name": Attack(_fields((b"X-\xff", b"a")), Refused(TRAILERS, 13, "Illegal header key")),
    "no method": Attack(_block(h2.literals([(b":method", b"POST")])), Refused(RESET, h2.INTERNAL_ERROR)),
    "GET": Attack(_fields((b":method", b"GET")), Refused(RESET, h2.INTERNAL_ERROR)),
    "an integer without end": Attack(_block(b"\xff" * 8), Refused(TRAILERS, 13, "integer overflow")),
    "an entry that is none": Attack(_block(b"\xfe"), Refused(TRAILERS, 13, "Invalid HPACK index")),
    "no path": Attack(_fields(path=b""), UNKNOWN),
    "a path of one word": Attack(_fields(path=b"Get"), UNKNOWN),
    "a path of 8,000 bytes": Attack(_fields(path=b"/" + b"x" * 7_000 + b"/y"), UNKNOWN),
    "a method of none": Attack(_fields(path=GET.encode() + b"\0"), UNKNOWN),
    # Frames
    "too long a frame": Attack(
        _after_headers(frame(h2.DATA, 0, 1, bytes(h2.LARGEST_FRAME + 1))),
        Refused(TRAILERS, 14, "larger than max"),
    ),
    "10,000 pings": Attack(
        lambda c: c.send_lost(frame(h2.PING, payload=bytes(8)) * 10_000),
        Refused("goaway", h2.ENHANCE_YOUR_CALM, "too_many_pings"),
    ),
}

FORGIVEN = {
    "data on a stream that never was": frame(h2.DATA, h2.END_STREAM, 99, bytes(9)),
    "data on no stream": frame(h2.DATA, 0, 0, bytes(9)),
    "an end of a stream that never was": frame(h2.RST_STREAM, 0, 99, bytes(4)),
    "a frame of no known kind": frame(0xEE, 0xFF, 1, bytes(100)),
    "settings that nobody knows": h2.settings({0xBEEF: 0xFFFFFFFF}),
    "50,000 settings": h2.settings({4: 1 << 20}) * 50_000,
    "10,000 empty frames": frame(h2.DATA, 0, 99) * 10_000,
}

STRANGERS = {
    "HTTP/1.1": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "noise": bytes(range(256)) * 64,
    "a preface with one wrong byte": h2.PREFACE[:-1] + b"!" + h2.settings({}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_refused(daemon: Daemon, bystander: Bystander, name: str) -> None:
    with unharmed(daemon, bystander, grown_mib=40):
        for _ in range(ROUNDS):
            with Connection(daemon.address) as c:
                act, refused = ATTACKS[name]
                act(c)
                end = c.ending()
                assert (end.how, end.code) == (refused.how, refused.code), end
                assert refused.says in end.text
                assert refused.reason in end.fields.get("grpc-status-details-bin", b"")


def test_header_fields_without_end(daemon: Daemon, bystander: Bystander) -> None:
    """Frames of them, 16 kB each, and none is the last: the connection ends, and they are forgotten."""
    with unharmed(daemon, bystander, grown_mib=40):
        for _ in range(ROUNDS):
            with Connection(daemon.address) as c:
                c.settled()
                c.send(frame(h2.HEADERS, 0, 1, h2.literals(h2.request_fields(GET.encode()))))
                for _ in range(5_000 if SOAK else 500):
                    c.send_lost(frame(h2.CONTINUATION, 0, 1, h2.literals([(b"x", bytes(16_000))])))
                c.send_lost(frame(h2.PING, payload=bytes(8)))
                assert c.ending().how in (TRAILERS, CLOSED)


@pytest.mark.parametrize(
    "path",
    [
        "/interlock.host.v1.HostService/ListInstances",
        "/interlock.host.v1.HostService/Advance",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ],
)
def test_host_service(daemon: Daemon, bystander: Bystander, path: str) -> None:
    """What does not decode is refused as by a module, and writes no traceback into the log."""
    with unharmed(daemon, bystander, grown_mib=8):
        for body in (b"\xff", b"\x0a\xff", bytes(100)):
            with Connection(daemon.address) as c:
                c.call(path, body)
                end = c.ending()
                assert end[:3] == (TRAILERS, 3, "the request does not decode")
                assert b"INVALID_PROTO" in end.fields["grpc-status-details-bin"]


@pytest.mark.parametrize("name", FORGIVEN)
def test_forgiven(daemon: Daemon, bystander: Bystander, name: str) -> None:
    """grpc passes over some nonsense; the call behind it is answered on the same connection."""
    with unharmed(daemon, bystander, grown_mib=40):
        for _ in range(ROUNDS):
            with Connection(daemon.address) as c:
                c.send(FORGIVEN[name])
                c.call(GET, READ)
                assert answered(c)


def answered(c: Connection, stream: int = 1) -> bool:
    """Whether the target's counter was read."""
    end = c.ending(stream)
    return end[:2] == ("trailers", 0) and b"\x10\x01" in end.data


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers(daemon: Daemon, bystander: Bystander, name: str) -> None:
    """What speaks another protocol is hung up on."""
    with unharmed(daemon, bystander, grown_mib=8):
        for _ in range(ROUNDS):
            with Connection(daemon.address, greet=False) as c:
                c.send_lost(STRANGERS[name])
                assert c.ending().how == CLOSED


@pytest.mark.parametrize(
    "extra",
    [
        (b"x-text", b"\xff\xfe\x80"),
        (b"user-agent", b"\xc3\x28 grpc-go"),
        (b"interlock-language", b"\xff"),
        (b"traceparent", b"\xff" * 55),
        (b":authority", b"\xff"),
        (b"grpc-timeout", b"99999999999999H"),
        (b"content-type", b"text/html"),
    ],
)
def test_fields_that_say_nothing(daemon: Daemon, bystander: Bystander, extra: tuple[bytes, bytes]) -> None:
    """Metadata is text of the client's own choice: no nonsense in it spoils the call."""
    with unharmed(daemon, bystander, grown_mib=8), Connection(daemon.address) as c:
        c.call(GET, READ, extra=[extra])
        assert answered(c)


def test_data_behind_the_end(daemon: Daemon, bystander: Bystander) -> None:
    with unharmed(daemon, bystander, grown_mib=8), Connection(daemon.address) as c:
        c.call(GET, READ)
        c.send(frame(h2.DATA, h2.END_STREAM, 1, h2.message(READ)) * 3)
        assert answered(c)
        c.send(frame(h2.DATA, h2.END_STREAM, 1, h2.message(READ)))
        c.call(GET, READ, stream=3)
        assert answered(c, 3)


def test_a_byte_a_frame(daemon: Daemon, bystander: Bystander) -> None:
    """A call that comes in single bytes is a call."""
    with unharmed(daemon, bystander, grown_mib=8), Connection(daemon.address) as c:
        block = h2.literals(h2.request_fields(GET.encode()))
        c.send(frame(h2.HEADERS, 0, 1))
        for byte in block:
            c.send(frame(h2.CONTINUATION, 0, 1, bytes((byte,))))
        c.send(frame(h2.CONTINUATION, h2.END_HEADERS, 1))
        for byte in h2.message(READ):
            c.send(frame(h2.DATA, 0, 1, bytes((byte,))), frame(h2.DATA, 0, 1))
        c.send(frame(h2.DATA, h2.END_STREAM, 1))
        assert answered(c)


@pytest.mark.parametrize(
    "word", [frame(h2.RST_STREAM, 0, 1, h2.CANCEL.to_bytes(4)), frame(h2.GOAWAY, payload=bytes(8))]
)
def test_gone_in_the_middle(daemon: Daemon, bystander: Bystander, word: bytes) -> None:
    """A stream that is reset, and a connection that is given up, take their parked call along."""
    with unharmed(daemon, bystander, grown_mib=8):
        for _ in range(ROUNDS):
            with Connection(daemon.address) as c:
                c.call(POP, PARK)
                daemon.until(
                    lambda: daemon.gauge("interlock_parked_calls", "queue") == 2
                )  # and the bystander's
                c.send(word)
                # Who only says farewell still wants its answer, until it hangs up.
                daemon.until(
                    lambda: bool(word[3] == h2.GOAWAY or daemon.gauge("interlock_parked_calls", "queue") == 1)
                )


@pytest.mark.parametrize("unix", [False, True])
def test_path_that_is_no_text(daemon: Daemon, bystander: Bystander, unix: bool) -> None:
    """It brings grpc.aio's server down (see Listener): another serves at once, and open calls live on."""
    address = daemon.addresses[1 if unix else 0]
    for _ in range(ROUNDS):
        # The bystander's next call goes to the new server, and its parked one stays with the fallen one.
        with unharmed(daemon, bystander, grown_mib=8, files=1), Connection(daemon.address) as parked:
            parked.call(POP, PARK)
            parked.settled()
            with Connection(address) as c:
                c.call(GET)
                c.send(frame(h2.HEADERS, h2.END_HEADERS, 3, h2.literals(h2.request_fields(b"/\xff"))))
                assert c.ending(3)[:2] == ("trailers", 1)
            for each in daemon.addresses:
                daemon.until(functools.partial(serves, each))
            bystander.check()
            parked.settled()


def serves(address: str) -> bool:
    """Whether a call to this address is answered."""
    try:
        with Connection(address) as c:
            c.call(GET, READ)
            return answered(c)
    except (ConnectionError, FileNotFoundError, TimeoutError):
        return False

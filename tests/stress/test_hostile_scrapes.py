"""/metrics under attack: no client writes a label, and slow scrapers keep nobody out."""

from __future__ import annotations

import contextlib
import socket

import grpc
import pytest

from interlock.queue.v1 import queue_pb2
from interlock_host.call_tally import BUCKETS
from interlock_host.language import LANGUAGES
from tests.stress.bystander import QUEUE, Bystander, unharmed
from tests.stress.conftest import Report
from tests.stress.daemon import Daemon
from tests.stress.hostile import SOAK
from tests.stress.raw_http2 import Connection

CALLS = 20_000 if SOAK else 1_000
PEERS = 1_000 if SOAK else 200
MOST_THREADS = 64
"""That MetricsServer has at a time."""


def test_labels_are_bounded(daemon: Daemon, bystander: Bystander, report: Report) -> None:
    """Thousands of methods, languages, agents and instances that nobody knows make a few series."""
    with unharmed(daemon, bystander, grown_mib=16), Connection(daemon.address) as c:
        before = set(daemon.scrape())
        for number in range(CALLS):
            noise = b"noise-%d" % number
            extra = [(b"user-agent", noise + b"/1 grpc-go/noise")]
            extra += [(b"interlock-language", noise)] if number % 3 else []
            path = (
                f"/interlock.queue.v1.QueueService/{noise.decode()}"
                if number % 2
                else f"/{noise.decode()}/Pop"
            )
            c.call(path, b"", stream=4 * number + 1, extra=extra)
            assert c.ending(4 * number + 1).code == grpc.StatusCode.UNIMPLEMENTED.value[0]
            pop = queue_pb2.PopRequest(instance=f"NOISE-{number}").SerializeToString()
            c.call(f"{QUEUE}/Pop", pop, stream=4 * number + 3, extra=extra)
            assert c.ending(4 * number + 3).code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        after = set(daemon.scrape())
    values = [value for _, labels in after for _, value in labels]
    assert not any("noise" in value.lower() for value in values)
    assert {dict(labels).get("language", "other") for _, labels in after} <= set(LANGUAGES)
    report(f"{2 * CALLS} calls of strangers: {len(after - before)} new series of {len(after)}")
    # Of two languages and two methods: a count each, and a histogram.
    assert len(after - before) <= 2 * 2 * (len(BUCKETS) + 6)


def test_slow_scrapers(daemon: Daemon, bystander: Bystander, report: Report) -> None:
    """Peers who never finish a request have as many threads as there are, until others need them."""
    threads = daemon.threads()
    with unharmed(daemon, bystander, grown_mib=16), contextlib.ExitStack() as stack:
        for number in range(PEERS):
            peer = stack.enter_context(connected(daemon))
            peer.send(b"GET /metrics HTTP/1.1\r\nX: "[: 1 + number % 26])
            if number % 50 == 0:
                daemon.scrape()
        daemon.scrape()
        report(f"{PEERS} peers that never finish: {daemon.threads() - threads} threads")
        assert daemon.threads() - threads <= 2 * MOST_THREADS  # with those that are about to end
        daemon.until(lambda: daemon.threads() - threads <= MOST_THREADS + 8)
        bystander.check()


REQUESTS = {
    "a line without end": (b"GET /" + b"a" * 70_000, b" 414 "),
    "a field without end": (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b" 431 "),
    "too many fields": (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b" 431 "),
    "a body of 100 GB": (b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b" 405 "),
    "a version of the future": (b"GET /metrics HTTP/9.9\r\n\r\n", b"Error code: 505"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"Error code: 505"),
    "TLS": (b"\x16\x03\x01" + bytes(100) + b"\r\n", b"Error code: 400"),
    "an Accept of noise": (b"GET /metrics HTTP/1.1\r\nAccept: " + b"\xff" * 99 + b"\r\n\r\n", b" 200 "),
    "the series of nobody": (b"GET /metrics?name[]=" + b"x&name[]=" * 3_000 + b" HTTP/1.1\r\n\r\n", b" 200 "),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests(daemon: Daemon, bystander: Bystander, name: str) -> None:
    request, says = REQUESTS[name]
    with unharmed(daemon, bystander, grown_mib=8):
        for _ in range(20 if SOAK else 1):
            with connected(daemon) as peer:
                peer.sendall(request)
                assert says in received(peer)


def connected(daemon: Daemon) -> socket.socket:
    host, port = daemon.metrics.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 30)


def received(peer: socket.socket) -> bytes:
    """What comes until the end; a server that hangs up on what it has not read resets the connection."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while more := peer.recv(1 << 16):
            answer += more
    return answer

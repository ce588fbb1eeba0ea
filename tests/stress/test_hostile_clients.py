"""Clients that vanish, stall, flood or never read: the host waits for none of them, and keeps nothing."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from tests.stress import raw_http2 as h2
from tests.stress.bystander import COUNTER, HOUR_MS, QUEUE, Bystander, unharmed
from tests.stress.conftest import Report
from tests.stress.daemon import Daemon
from tests.stress.hostile import SOAK
from tests.stress.raw_http2 import Connection, frame
from tests.stress.vanish import CALLS, LEASE_MS

ROOT = Path(__file__).parents[2]
CLIENTS = 1_000 if SOAK else 52
"""Divisible by the kinds of call that they wait in."""
ROUNDS = 5 if SOAK else 1
FLOOD = 20_000 if SOAK else 1_000
KEPT_MIB = 64 if SOAK else 24
"""The host gives back what is more than 32 MiB, every ten seconds."""
POP, GET = f"{QUEUE}/Pop", f"{COUNTER}/Get"
READ = counter_pb2.GetRequest(instance="target", keys=["k"]).SerializeToString()
PARK = queue_pb2.PopRequest(instance="target", wait_ms=HOUR_MS).SerializeToString()
CANCEL = h2.CANCEL.to_bytes(4)


class Target:
    """The queue that is attacked, as an honest client sees it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._channel = grpc.insecure_channel(daemon.address)

    def close(self) -> None:
        self._channel.close()

    def push(self, *items: bytes) -> None:
        request = queue_pb2.PushRequest(instance="target", items=[{"data": data} for data in items])
        assert self._call("Push", request).accepted == len(items)

    def drained(self) -> list[bytes]:
        """Take all items, once and for all: those that are visible, and those whose leases run out."""
        taken: list[bytes] = []
        request = queue_pb2.PopRequest(instance="target", max_items=4096)
        for _ in range(3):  # the third time nothing may come
            while items := self._call("Pop", request).items:
                taken += [item.data for item in items]
            self._daemon.advance(LEASE_MS)
        assert (self.stats().depth, self.stats().leased) == (0, 0)
        return taken

    def stats(self) -> Any:
        return self._call("Stats", queue_pb2.StatsRequest(instance="target"))

    def until_leased(self, count: int) -> None:
        self._daemon.until(lambda: bool(self.stats().leased == count))

    def _call(self, name: str, request: Any) -> Any:
        reply = getattr(queue_pb2, f"{name}Response")
        call: Any = self._channel.unary_unary(f"{QUEUE}/{name}", request.SerializeToString, reply.FromString)
        return call(request, timeout=60)


@pytest.fixture
def target(daemon: Daemon, bystander: Bystander) -> Iterator[Target]:
    target = Target(daemon)
    yield target
    target.drained()  # of what a test that failed left behind
    target.close()


@contextlib.contextmanager
def clients(daemon: Daemon) -> Iterator[subprocess.Popen[bytes]]:
    """Many clients in one process, all waiting. Killed at the end if not before."""
    command = [sys.executable, "-m", "tests.stress.vanish", daemon.address, str(CLIENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"waiting\n"
            yield process
        finally:
            process.kill()


def parked(daemon: Daemon) -> float:
    return sum(daemon.gauge("interlock_parked_calls", m) for m in ("queue", "counter", "rebalance"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", ["waiting", "answered", "while answered"])
def test_vanish(daemon: Daemon, bystander: Bystander, target: Target, report: Report, when: str) -> None:
    """Clients are killed in the middle of their calls: what they had leased comes back, once."""
    items = [b"%d" % number for number in range(CLIENTS // len(CALLS))]
    for _ in range(ROUNDS):
        with unharmed(daemon, bystander, grown_mib=64):
            before, resident = parked(daemon), daemon.resident_kib()
            with clients(daemon) as process:
                daemon.until(lambda start=before: parked(daemon) == start + CLIENTS)  # type: ignore[misc]
                report(f"{CLIENTS} clients {when}: {daemon.resident_kib() - resident} KiB")
                if when != "waiting":
                    target.push(*items)
                if when == "answered":
                    target.until_leased(len(items))
                process.kill()
            daemon.until(lambda start=before: parked(daemon) == start)  # type: ignore[misc]
            if when == "waiting":
                target.push(*items)
            # What a subscriber held is back at once, what was popped when its lease runs out.
            assert sorted(target.drained()) == sorted(items)
            assert target.stats().waiters == 0


@pytest.mark.parametrize("window", [0, 60])
def test_never_reads(daemon: Daemon, bystander: Bystander, target: Target, window: int) -> None:
    """A stream that its client leaves untaken ends, and its items come back."""
    items = [b"%d" % number for number in range(600)]
    request = queue_pb2.SubscribeRequest(instance="target", credit=4096, lease_ms=LEASE_MS)
    with unharmed(daemon, bystander, grown_mib=16):
        before = parked(daemon)
        with Connection(daemon.address, window=window) as c:
            c.settled()
            c.call(f"{QUEUE}/Subscribe", request.SerializeToString())
            daemon.until(lambda: parked(daemon) == before + 1)
            for item in items:
                target.push(item)
            daemon.until(lambda: parked(daemon) == before)
            c.send(frame(h2.WINDOW_UPDATE, 0, 1, (1 << 20).to_bytes(4)))
            end = c.ending()
            assert (end.how, end.code) == ("trailers", grpc.StatusCode.RESOURCE_EXHAUSTED.value[0])
            assert b"SLOW_CONSUMER" in end.fields["grpc-status-details-bin"]
        assert sorted(target.drained()) == sorted(items)


def test_reset_while_subscribed(daemon: Daemon, bystander: Bystander, target: Target) -> None:
    """Many streams on one connection, each reset behind its first item."""
    streams = range(1, 2 * CLIENTS, 2)
    items = [b"%d" % number for number in streams]
    request = queue_pb2.SubscribeRequest(instance="target", credit=1, lease_ms=LEASE_MS)
    with unharmed(daemon, bystander, grown_mib=40):
        before = parked(daemon)
        with Connection(daemon.address) as c:
            for stream in streams:
                c.call(f"{QUEUE}/Subscribe", request.SerializeToString(), stream=stream)
            daemon.until(lambda: parked(daemon) == before + CLIENTS)
            target.push(*items)
            arrived: set[int] = set()
            for kind, _, stream, _ in c.frames():
                if kind == h2.DATA:
                    arrived.add(stream)
                    c.send(frame(h2.RST_STREAM, 0, stream, CANCEL))
                    if len(arrived) == CLIENTS:
                        break
            assert arrived == set(streams)
            daemon.until(lambda: parked(daemon) == before)
        assert sorted(target.drained()) == sorted(items)


_BEGUN = frame(h2.HEADERS, h2.END_HEADERS, 1, h2.literals(h2.request_fields(GET.encode())))
HALVES = {
    "a header field": frame(h2.HEADERS, 0, 1, b"\0\x05:pa"),
    "the header": _BEGUN,
    "an envelope": _BEGUN + frame(h2.DATA, 0, 1, b"\0\0\0"),
    "a message": _BEGUN + frame(h2.DATA, 0, 1, h2.message(READ)[:-2]),
    "a message that ends early": _BEGUN
    + frame(h2.DATA, h2.END_STREAM, 1, h2.message(READ, length=len(READ) + 100)),
    "a flag that nobody knows": _BEGUN + frame(h2.DATA, h2.END_STREAM, 1, h2.message(READ, flag=0x7F)),
    "no message, and the end": _BEGUN + frame(h2.DATA, h2.END_STREAM, 1),
    "a frame": frame(h2.DATA, 0, 1, bytes(100))[:50],
}


@pytest.mark.parametrize("half", HALVES)
def test_half_and_silence(daemon: Daemon, bystander: Bystander, half: str) -> None:
    """Connections that stop in the middle hold nobody up, and are forgotten when they end."""
    for _ in range(ROUNDS):
        with unharmed(daemon, bystander, grown_mib=40), contextlib.ExitStack() as stack:
            before = parked(daemon)
            for _ in range(CLIENTS):
                c = stack.enter_context(Connection(daemon.address))
                c.send(HALVES[half])
            bystander.check()
            with Connection(daemon.address) as honest:
                honest.call(GET, READ)
                assert honest.ending()[:2] == ("trailers", 0)
            assert parked(daemon) == before


_HEAD = h2.literals(h2.request_fields(POP.encode()))
FLOODS: dict[str, Callable[[int], bytes]] = {
    "calls begun": lambda s: frame(h2.HEADERS, h2.END_HEADERS, s, _HEAD),
    "calls without a message": lambda s: frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s, _HEAD),
    "calls that are reset": lambda s: (
        frame(h2.HEADERS, h2.END_HEADERS, s, _HEAD)
        + frame(h2.DATA, h2.END_STREAM, s, h2.message(PARK))
        + frame(h2.RST_STREAM, 0, s, CANCEL)
    ),
    "calls that park": lambda s: (
        frame(h2.HEADERS, h2.END_HEADERS, s, _HEAD) + frame(h2.DATA, h2.END_STREAM, s, h2.message(PARK))
    ),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", FLOODS)
def test_flood(daemon: Daemon, bystander: Bystander, report: Report, kind: str) -> None:
    """One flood behind another on one connection each: what they took is given back."""
    for _ in range(1 + ROUNDS):
        resident = daemon.resident_kib()
        with unharmed(daemon, bystander, grown_mib=KEPT_MIB):
            with Connection(daemon.address) as c:
                for stream in range(1, 2 * FLOOD, 2):
                    c.send(FLOODS[kind](stream))
                c.settled()
            peak = daemon.resident_kib() - resident
        report(f"{FLOOD} {kind}: {peak} KiB, of which {daemon.resident_kib() - resident} KiB kept")


def test_more_connections_than_files(tmp_path: Path) -> None:
    """Silent connections take what files they may; /metrics, and clients who were there, are served."""
    daemon = Daemon("--clock", "virtual", log=tmp_path / "log", files=300)
    try:
        bystander = Bystander(daemon)
        with unharmed(daemon, bystander, grown_mib=16), contextlib.ExitStack() as stack:
            silent = [stack.enter_context(Connection(daemon.address, greet=False)) for _ in range(400)]
            ended = sum(c.socket.recv(1 << 16) == b"" for c in silent[200:])
            assert ended == 200
            bystander.check()
            assert parked(daemon) == 1
            if SOAK:  # whoever says nothing for ten seconds is hung up on
                daemon.until(lambda: daemon.open_files() < 50)
        with Connection(daemon.address) as c:
            c.call(GET, READ)
            assert c.ending()[:2] == ("trailers", 0)
        bystander.close()
    finally:
        daemon.stop()

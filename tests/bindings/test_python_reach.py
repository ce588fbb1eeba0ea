"""A host that is not reached: the error says why, in words a person can act on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

import interlock
from interlock.transport import wire
from interlock.url import parse
from tests.behaviour.daemon import serving
from tests.host.secured import Authority

KINDS = ("sync", "aio")


def _failure(kind: str, url: str, **options: Any) -> interlock.Unavailable:
    """What a read answers where no host does; it is asked once."""
    options = {"retries": 0, "reconnect": 0, **options}

    def read() -> None:
        with interlock.open(url, **options) as il:
            il.counter("hits").get()

    async def read_by_task() -> None:
        async with interlock.aio.open(url, **options) as il:
            await il.counter("hits").get()

    with pytest.raises(interlock.Unavailable) as caught:
        read() if kind == "sync" else asyncio.run(read_by_task())
    return caught.value


def _wrapped(taken: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(taken, server_side=True) if tls else taken


@contextlib.contextmanager
def listening(first: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port of loopback whose server greets, and reads on until the client has left."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    taken = server.accept()[0]
                except OSError:
                    return
                with contextlib.suppress(OSError), taken, _wrapped(taken, tls) as one:
                    one.sendall(first)
                    while one.recv(4096):
                        pass

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(pair: tuple[Path, Path], client_ca: Path | None = None) -> tuple[grpc.Server, int]:
    cert, key = (file.read_bytes() for file in pair)
    trusted = client_ca.read_bytes() if client_ca else None
    shown = grpc.ssl_server_credentials([(key, cert)], trusted, client_ca is not None)
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_secure_port("127.0.0.1:0", shown)
    server.start()
    return server, port


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "theirs")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_listens(kind: str, tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        error = _failure(kind, f"grpc://{place}")
    assert error.message.startswith(f"nothing listens at {place} (failed to connect to all addresses")
    assert not error.sent
    absent = _failure(kind, f"unix://{tmp_path}/absent")
    assert absent.message.startswith(f"the socket {tmp_path}/absent does not exist (")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{tmp_path}/left")
    assert _failure(kind, f"unix://{tmp_path}/left").message.startswith(
        f"nothing listens at {tmp_path}/left ("
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_such_name(kind: str) -> None:
    error = _failure(kind, "grpc://nobody.invalid:7070")
    assert error.message.startswith("no address is known for nobody.invalid (")
    assert not error.sent


@pytest.mark.parametrize("kind", KINDS)
def test_no_grpc_host(kind: str, ours: Authority) -> None:
    words = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with listening(words) as port:
        error = _failure(kind, f"grpc://localhost:{port}")
    assert error.message.startswith(f"what listens at localhost:{port} is no gRPC host (")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*ours.issue("web", "localhost"))
    with listening(words, tls) as port:
        error = _failure(kind, f"grpcs://localhost:{port}", ca=ours.file)
    assert error.message.startswith(f"what listens at localhost:{port} is no gRPC host (")


@pytest.mark.parametrize("kind", KINDS)
def test_tls_and_plaintext(kind: str, ours: Authority, tmp_path: Path) -> None:
    server, port = _serve(ours.issue("host", "localhost"))
    try:
        plain = _failure(kind, f"grpc://localhost:{port}")
    finally:
        server.stop(0).wait()
    assert plain.message.startswith(f"localhost:{port} hung up: it may speak TLS; then write grpcs://")
    with serving(tmp_path) as (_, url):
        port = int(url.rpartition(":")[2])
        coded = _failure(kind, f"grpcs://localhost:{port}", ca=ours.file)
    assert coded.message.startswith(f"what listens at localhost:{port} does not speak TLS: write grpc://")


@pytest.fixture(params=["not trusted", "expired", "another name"])
def untrusted(request: pytest.FixtureRequest, ours: Authority) -> Iterator[tuple[str, int]]:
    """What is the matter with a host's certificate, and the host's port."""
    words: str = request.param
    name = "db.internal" if words == "another name" else "localhost"
    server, port = _serve(ours.issue("host", name, expired=words == "expired"))
    yield words, port
    server.stop(0).wait()


@pytest.mark.parametrize("kind", KINDS)
def test_certificates(kind: str, untrusted: tuple[str, int], ours: Authority, theirs: Authority) -> None:
    words, port = untrusted
    trusted = theirs if words == "not trusted" else ours
    error = _failure(kind, f"grpcs://localhost:{port}", ca=trusted.file)
    said = error.message.partition(" (")[0]
    assert said.startswith(f"the certificate of localhost:{port} ")
    assert words in said
    if words == "not trusted":
        assert str(theirs.file) in said
        system = _failure(kind, f"grpcs://localhost:{port}")
        assert system.message.startswith(f"the certificate of localhost:{port} is not trusted: ca= names")


@pytest.mark.parametrize("kind", KINDS)
def test_client_certificates(kind: str, ours: Authority, theirs: Authority) -> None:
    server, port = _serve(ours.issue("host", "localhost"), client_ca=ours.file)
    cert, key = theirs.issue("stranger", "client.internal")
    try:
        none = _failure(kind, f"grpcs://localhost:{port}", ca=ours.file)
        strange = _failure(kind, f"grpcs://localhost:{port}", ca=ours.file, cert=cert, key=key)
    finally:
        server.stop(0).wait()
    assert "it may ask for a client's certificate" in none.message
    assert "it may not trust the client's certificate" in strange.message


@pytest.mark.parametrize("opened", [interlock.open, interlock.aio.open])
def test_files_of_tls(opened: Any, tmp_path: Path, ours: Authority, theirs: Authority) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate\n")
    cert, key = ours.issue("one", "one.internal")
    other = theirs.issue("other", "other.internal")[1]
    absent = tmp_path / "absent.pem"
    for options, field in (
        ({"ca": junk}, "ca"),
        ({"ca": absent}, "ca"),
        ({"cert": absent, "key": key}, "cert"),
        ({"cert": cert, "key": absent}, "key"),
        ({"cert": junk, "key": key}, "cert"),
        ({"cert": cert, "key": other}, "key"),
    ):
        with pytest.raises(interlock.Invalid, match=str(options[field].name)) as caught:
            opened("grpcs://localhost:1", **options)
        assert caught.value.field == field


def test_a_distant_host_has_time_to_answer() -> None:
    """The name is of the pause between attempts, but it is what gRPC takes for an attempt's own time."""
    options = dict(wire.channel_options(parse("grpc://db.internal:7070")))
    assert options["grpc.min_reconnect_backoff_ms"] >= 1_000
    assert options["grpc.initial_reconnect_backoff_ms"] <= 100

"""TLS and client certificates: real handshakes on loopback, and what is refused before any."""

from __future__ import annotations

import asyncio
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from interlock_host.config import HostConfig
from interlock_host.server.address import Address
from interlock_host.server.daemon import Daemon
from tests.host.secured import (
    Authority,
    Secured,
    certificate_entry,
    refuses_to_start,
    secured,
    token_entry,
    write_tokens,
)
from tests.host.serving import refused

Pair = tuple[Path, Path]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "theirs")


@pytest.fixture
def pair(ours: Authority) -> Pair:
    return ours.issue("host", "localhost", "127.0.0.1")


async def turned_away(host: Secured, trust: bytes, client: Any = ()) -> None:
    async with refused() as failure:
        await host.echo(trust, client)
    assert failure["code"] == "UNAVAILABLE"
    assert not list(host.daemon.engine.instances())


async def test_tls(tmp_path: Path, ours: Authority, pair: Pair) -> None:
    async with secured(tmp_path, pair) as host:
        assert await host.echo(ours.pem) == b"hello"


async def test_wrong_authority(tmp_path: Path, pair: Pair, theirs: Authority) -> None:
    async with secured(tmp_path, pair) as host:
        await turned_away(host, theirs.pem)


async def test_expired(tmp_path: Path, ours: Authority) -> None:
    async with secured(tmp_path, ours.issue("old", "localhost", expired=True)) as host:
        await turned_away(host, ours.pem)


async def test_another_name(tmp_path: Path, ours: Authority) -> None:
    async with secured(tmp_path, ours.issue("other", "db.internal")) as host:
        await turned_away(host, ours.pem)


async def test_plaintext_is_not_answered(tmp_path: Path, pair: Pair) -> None:
    async with (
        secured(tmp_path, pair) as host,
        grpc.aio.insecure_channel(f"127.0.0.1:{host.port}") as channel,
    ):
        call: Any = channel.unary_unary("/any.Service/Method")
        async with refused() as failure:
            await call(b"")
        assert failure["code"] == "UNAVAILABLE"


async def test_client_certificates(tmp_path: Path, ours: Authority, theirs: Authority, pair: Pair) -> None:
    async with secured(tmp_path, pair, client_ca=ours.file) as host:
        for client in (
            (),
            theirs.issue("stranger", "client.internal"),
            ours.issue("late", "client.internal", expired=True),
        ):
            await turned_away(host, ours.pem, client)
        assert await host.echo(ours.pem, ours.issue("client", "client.internal")) == b"hello"


async def test_a_certificate_is_a_principal(tmp_path: Path, ours: Authority, pair: Pair) -> None:
    tokens = write_tokens(
        tmp_path,
        token_entry("ci", "probe/ci:rw"),
        certificate_entry("billing", "san", "billing.internal", "probe/bills:rw"),
        certificate_entry("audit", "common_name", "auditor", "probe/audit:rw"),
    )
    async with secured(tmp_path, pair, client_ca=ours.file, tokens=tokens) as host:
        billing = ours.issue("billing", "x.internal", "billing.internal")
        audit = ours.issue("audit", "y.internal", common_name="auditor")
        named = ours.issue("named", "z.internal", common_name="billing.internal")
        assert await host.echo(ours.pem, billing, instance="bills") == b"hello"
        assert await host.echo(ours.pem, audit, instance="audit") == b"hello"
        assert await host.echo(ours.pem, billing, token="ci-token", instance="ci") == b"hello"
        for client, token, instance, code in (
            (billing, "", "audit", "PERMISSION_DENIED"),
            (named, "", "bills", "UNAUTHENTICATED"),
            (billing, "wrong", "bills", "UNAUTHENTICATED"),
            (billing, "ci-token", "bills", "PERMISSION_DENIED"),
        ):
            async with refused() as failure:
                await host.echo(ours.pem, client, token, instance)
            assert failure["code"] == code


async def test_a_certificate_that_is_nobodys_learns_nothing(
    tmp_path: Path, ours: Authority, pair: Pair
) -> None:
    tokens = write_tokens(tmp_path, certificate_entry("billing", "san", "billing.internal", "probe:rw"))
    async with (
        secured(tmp_path, pair, client_ca=ours.file, tokens=tokens) as host,
        host.channel(ours.pem, ours.issue("nobody", "nobody.internal")) as channel,
    ):
        answers = set()
        for path in (
            "/test.probe.v1.ProbeService/Echo",
            "/interlock.host.v1.HostService/Drain",
            "/no.such/Method",
        ):
            call: Any = channel.unary_unary(path)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"")
            error = caught.value
            answers.add((error.code(), error.details(), tuple(error.trailing_metadata())))
        assert [code for code, *_ in answers] == [grpc.StatusCode.UNAUTHENTICATED]


async def test_a_new_certificate_is_used(tmp_path: Path, ours: Authority, theirs: Authority) -> None:
    """On every port that it is for, without a restart; an open connection keeps what it has."""
    files = ours.issue("host", "localhost")
    async with (
        secured(tmp_path, files, listen=("127.0.0.1:0", "127.0.0.1:0")) as host,
        host.channel(ours.pem) as open_before,
    ):
        await open_before.channel_ready()
        for new, used in zip(theirs.issue("new", "localhost"), files, strict=True):
            new.replace(used)
        host.daemon.security.check_files()
        call: Any = open_before.unary_unary("/grpc.health.v1.Health/Check")
        assert await call(b"")
        for address in reversed(host.daemon.listening):
            host.daemon.listening = [address]
            assert await host.echo(theirs.pem) == b"hello"
            async with refused():
                await host.echo(ours.pem)


async def test_a_new_client_authority_is_used(
    tmp_path: Path, ours: Authority, theirs: Authority, pair: Pair
) -> None:
    client = theirs.issue("client", "client.internal")
    async with secured(tmp_path, pair, client_ca=ours.file) as host:
        await turned_away(host, ours.pem, client)
        trusted = ours.pem
        theirs.file.replace(ours.file)
        host.daemon.security.check_files()
        assert await host.echo(trusted, client) == b"hello"


async def test_half_a_pair_is_not_used(tmp_path: Path, ours: Authority, theirs: Authority) -> None:
    """Between the writing of a certificate and that of its key, the old ones serve on."""
    files = ours.issue("host", "localhost")
    new = theirs.issue("new", "localhost")
    async with secured(tmp_path, files) as host:
        new[0].replace(files[0])
        host.daemon.security.check_files()
        assert await host.echo(ours.pem) == b"hello"
        new[1].replace(files[1])
        host.daemon.security.check_files()
        assert await host.echo(theirs.pem) == b"hello"
        sample = host.daemon.metrics.registry.get_sample_value
        for outcome in ("ok", "failed"):
            assert sample("interlock_reloads_total", {"file": "tls", "outcome": outcome}) == 1


async def fails(says: str, **settings: Any) -> None:
    await refuses_to_start(HostConfig(**{"listen": ("127.0.0.1:0",), "metrics": "off", **settings}), says)


async def test_files_that_cannot_be_used(tmp_path: Path, ours: Authority, pair: Pair) -> None:
    cert, key = pair
    other = ours.issue("other", "localhost")[1]
    await fails("go together", tls_cert=cert)
    await fails("go together", tls_key=key)
    await fails("--client-ca needs TLS", client_ca=ours.file)
    await fails("no certificate and its key", tls_cert=cert, tls_key=other)
    await fails("No such file", tls_cert=cert, tls_key=tmp_path / "absent")
    await fails("is no certificate", tls_cert=cert, tls_key=key, client_ca=key)
    key.chmod(0o644)
    await fails("may be read by others; chmod o-rwx", tls_cert=cert, tls_key=key)
    key.chmod(0o600)
    cert.chmod(0o666)
    await fails("may be written by others", tls_cert=cert, tls_key=key)


async def test_an_encrypted_key_asks_nobody(tmp_path: Path, pair: Pair) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    cert, key = pair
    plain = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        plain.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    await fails("the key is encrypted", tls_cert=cert, tls_key=key)


PUBLIC = ("0.0.0.0:0",)


async def test_public_addresses(tmp_path: Path, pair: Pair) -> None:
    cert, key = pair
    tokens = write_tokens(tmp_path, token_entry("ci", "probe:rw"))
    await fails("has no TLS", listen=PUBLIC)
    await fails("has no TLS", listen=("127.0.0.1:0", "[::]:0"))
    await fails("in the clear", listen=PUBLIC, tokens=tokens)
    await fails("in the clear", listen=PUBLIC, tokens=tokens, insecure=True)
    await fails("in the clear", metrics="0.0.0.0:0", tokens=tokens, insecure=True)
    await fails("has no TLS", metrics="0.0.0.0:0")
    await fails("anyone there could read", metrics="0.0.0.0:0", tls_cert=cert, tls_key=key)
    for config in (
        HostConfig(listen=PUBLIC, metrics="off", tls_cert=cert, tls_key=key),
        HostConfig(listen=PUBLIC, metrics="off", insecure=True),
        HostConfig(listen=PUBLIC, metrics="off", tls_cert=cert, tls_key=key, tokens=tokens),
    ):
        daemon = Daemon(config)
        await daemon.start()
        await daemon.stop()


def scrape(address: Address, trust: Authority, token: str = "", client: Any = ()) -> int:
    context = ssl.create_default_context(cafile=str(trust.file))
    if client:
        context.load_cert_chain(*client)
    request = urllib.request.Request(f"https://localhost:{address.port}/metrics")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            assert b"wasm_metric_counter" in answer.read()
            return 200
    except urllib.error.HTTPError as error:
        assert error.code != 401 or error.headers["WWW-Authenticate"] == "Bearer"
        return error.code


async def test_metrics(tmp_path: Path, ours: Authority, theirs: Authority, pair: Pair) -> None:
    tokens = write_tokens(tmp_path, token_entry("prometheus", "metrics:r"), token_entry("all", "*:rw"))
    async with secured(tmp_path, pair, metrics="127.0.0.1:0", tokens=tokens) as host:
        address = host.daemon.metrics_address
        assert address is not None
        for token, code in (("prometheus-token", 200), ("all-token", 403), ("wrong", 401), ("", 401)):
            assert await asyncio.to_thread(scrape, address, ours, token) == code
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncio.to_thread(scrape, address, theirs)


async def test_metrics_ask_for_certificates(
    tmp_path: Path, ours: Authority, theirs: Authority, pair: Pair
) -> None:
    """Also after a reload: an authority that was taken away is trusted no more."""
    first, second = ours.issue("first", "a.internal"), theirs.issue("second", "a.internal")
    async with secured(tmp_path, pair, metrics="127.0.0.1:0", client_ca=theirs.file) as host:
        address = host.daemon.metrics_address
        assert address is not None
        assert await asyncio.to_thread(scrape, address, ours, client=second) == 200
        with pytest.raises(OSError):
            await asyncio.to_thread(scrape, address, ours)
        theirs.file.write_bytes(ours.pem)
        host.daemon.security.check_files()
        assert await asyncio.to_thread(scrape, address, ours, client=first) == 200
        with pytest.raises(OSError):
            await asyncio.to_thread(scrape, address, ours, client=second)


async def test_a_silent_peer_stops_no_scrape(tmp_path: Path, ours: Authority, pair: Pair) -> None:
    """One that connects and never begins its handshake."""
    async with secured(tmp_path, pair, metrics="127.0.0.1:0") as host:
        address = host.daemon.metrics_address
        assert address is not None
        _, writer = await asyncio.open_connection("127.0.0.1", address.port)
        assert await asyncio.to_thread(scrape, address, ours) == 200
        writer.close()

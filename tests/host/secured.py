"""Real certificates, token files and secured hosts, for tests."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import trustme

from interlock_host.config import ConfigError, HostConfig
from interlock_host.security.tokens import digest_of
from interlock_host.server.daemon import Daemon
from tests.host import probe


def bearer(token: str) -> list[tuple[str, str]]:
    """The metadata that shows a token."""
    return [("authorization", f"Bearer {token}")]


def token_entry(name: str, *allow: str) -> str:
    """The entry of a token that is its principal's name with "-token" behind it."""
    digest = digest_of(f"{name}-token").hex()
    return f'[[tokens]]\nname = "{name}"\nsha256 = "{digest}"\nallow = {json.dumps(allow)}\n'


def certificate_entry(name: str, key: str, value: str, *allow: str) -> str:
    """The entry of a certificate; `key` is san or common_name."""
    return f'[[certificates]]\nname = "{name}"\n{key} = "{value}"\nallow = {json.dumps(allow)}\n'


def write_tokens(folder: Path, *entries: str) -> Path:
    """Write a token file that a host takes; return it."""
    file = folder / "tokens.toml"
    file.touch(mode=0o600)
    file.write_text("\n".join(entries))
    return file


class Authority:
    """A certificate authority, and files of what it issues.

    Args:
        folder: Where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._authority = trustme.CA()
        self.pem: bytes = self._authority.cert_pem.bytes()
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.pem)

    def issue(
        self, name: str, *identities: str, common_name: str | None = None, expired: bool = False
    ) -> tuple[Path, Path]:
        """Write a certificate and its key; return both files."""
        until = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) if expired else None
        leaf = self._authority.issue_cert(*identities, common_name=common_name, not_after=until)
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.touch(mode=0o600)
        key.write_bytes(leaf.private_key_pem.bytes())
        return cert, key


class Secured:
    """A daemon on a port of loopback, with TLS."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.daemon.listening[0].port

    @contextlib.asynccontextmanager
    async def channel(self, trust: bytes, pair: Sequence[Path] = ()) -> AsyncIterator[grpc.aio.Channel]:
        """Open a channel that trusts these authorities, and shows this certificate."""
        cert, key = (file.read_bytes() for file in pair) if pair else (None, None)
        credentials = grpc.ssl_channel_credentials(trust, key, cert)
        async with grpc.aio.secure_channel(f"localhost:{self.port}", credentials) as channel:
            yield channel

    async def echo(
        self, trust: bytes, pair: Sequence[Path] = (), token: str = "", instance: str = "one"
    ) -> bytes:
        """Call the probe over a connection of its own."""
        metadata = bearer(token) if token else None
        async with self.channel(trust, pair) as channel:
            call: Any = channel.unary_unary(f"/{probe.SERVICE}/Echo")
            return probe.data_of(await call(probe.message(b"hello", instance), metadata=metadata))


@contextlib.asynccontextmanager
async def secured(folder: Path, pair: tuple[Path, Path], **settings: Any) -> AsyncIterator[Secured]:
    """Serve the probe with a certificate on a port of loopback."""
    told: dict[str, Any] = {
        "listen": ("127.0.0.1:0",),
        "metrics": "off",
        "modules": (probe.write_probe(folder / "modules"),),
        "drain_seconds": 0.0,
        "tls_cert": pair[0],
        "tls_key": pair[1],
    }
    daemon = Daemon(HostConfig(**{**told, **settings}))
    await daemon.start()
    try:
        yield Secured(daemon)
    finally:
        await daemon.stop()


async def refuses_to_start(config: HostConfig, says: str) -> None:
    """Expect a ConfigError; a host that does start is stopped."""
    daemon = Daemon(config)
    with pytest.raises(ConfigError, match=says):
        await daemon.start()
        await daemon.stop()

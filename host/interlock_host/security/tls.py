"""TLS of a host: its certificate, and the clients it asks for theirs. Changed files need no restart."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from interlock_host.config import ConfigError, HostConfig
from interlock_host.security.files import read_trusted, signature
from interlock_host.security.reload import Reloaded, Reloads


@dataclasses.dataclass(frozen=True)
class TlsFiles:
    """Where a host's certificate is, in PEM."""

    cert: Path
    """The certificate, and the ones between it and its authority."""
    key: Path
    client_ca: Path | None = None
    """The authorities whose clients are let in; None asks no client for a certificate."""

    def all(self) -> tuple[Path, ...]:
        """Return the files."""
        return (self.cert, self.key, *((self.client_ca,) if self.client_ca else ()))


def tls_files(config: HostConfig) -> TlsFiles | None:
    """Return the files that a host was told of, if it was.

    Raises:
        ConfigError: A part is missing.
    """
    if config.tls_cert is None and config.tls_key is None:
        if config.client_ca is not None:
            raise ConfigError("--client-ca needs TLS: add --tls-cert and --tls-key")
        return None
    if config.tls_cert is None or config.tls_key is None:
        raise ConfigError("--tls-cert and --tls-key go together")
    return TlsFiles(config.tls_cert, config.tls_key, config.client_ca)


class Loaded(NamedTuple):
    """One version of the files, read and tried."""

    grpc: grpc.ServerCertificateConfiguration
    sockets: ssl.SSLContext
    """The same for Python's own sockets."""


class ServerTls:
    """The TLS of one host, its gRPC ports and its /metrics.

    Raises:
        ConfigError: A file cannot be used.
    """

    def __init__(self, files: TlsFiles, reloads: Reloads) -> None:
        self._files = files
        self._loaded = Reloaded("tls", files.all(), lambda: _load(files), reloads)

    @property
    def asks_clients(self) -> bool:
        """Whether a client without a certificate of the authorities is turned away."""
        return self._files.client_ca is not None

    @property
    def sockets(self) -> ssl.SSLContext:
        """The context for the next connection of a socket of Python's own."""
        return self._loaded.value.sockets

    def check(self) -> None:
        """Read the files again if they changed; handshakes from now on use what they say."""
        self._loaded.check()

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials for one port. Each port asks on its own what is new, so each needs its own."""
        first = used = self._loaded.value

        def changed() -> grpc.ServerCertificateConfiguration | None:
            # On a thread of grpc's, at every handshake; None keeps what the port has.
            nonlocal used
            now = self._loaded.value
            if now is used:
                return None
            used = now
            return now.grpc

        fetch: Any = changed  # None is right, whatever the stubs say
        return grpc.dynamic_ssl_server_credentials(first.grpc, fetch, self.asks_clients)


def _load(files: TlsFiles) -> Loaded:
    """Read and try the files: a certificate written before its key is noticed here, not by clients."""
    before = list(map(signature, files.all()))
    key, cert = read_trusted(files.key, secret=True), read_trusted(files.cert)
    roots = read_trusted(files.client_ca) if files.client_ca else None
    context = _context(files)
    if list(map(signature, files.all())) != before:
        raise ConfigError(f"{files.cert}: the files changed while they were read")
    return Loaded(grpc.ssl_server_certificate_configuration([(key, cert)], roots), context)


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.cert, files.key, _no_password)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{files.cert} and {files.key} are no certificate and its key: {_why(error)}"
        ) from None
    if files.client_ca is not None:
        try:
            context.load_verify_locations(files.client_ca)
        except OSError as error:
            raise ConfigError(f"{files.client_ca} is no certificate: {_why(error)}") from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _why(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)


def _no_password() -> str:
    """Called for an encrypted key; OpenSSL would ask on the terminal."""
    raise ValueError("the key is encrypted; decrypt it into a file of mode 0600")

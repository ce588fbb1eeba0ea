"""The certificates that a client is told of, tried before they are used: gRPC says little of bad ones."""

from __future__ import annotations

import ssl
from pathlib import Path

from interlock_host.config import ConfigError


def client_context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Return the TLS of a client, with the authorities of this machine if `ca` names none.

    Raises:
        ConfigError: It names the file that cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ConfigError(f"{ca} is no certificate in PEM: {_why(error)}") from None
    if cert is not None:
        try:
            context.load_cert_chain(cert, key, _no_password)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{cert} and {key} are no certificate and its key: {_why(error)}") from None
    return context


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not in PEM").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)


def _no_password() -> str:
    """Called for an encrypted key; OpenSSL would ask on the terminal, and gRPC takes none."""
    raise ValueError("the key is encrypted; decrypt it into a file of mode 0600")

"""The files of TLS, looked at before anything is dialled: gRPC would tell its own log alone what is wrong."""

from __future__ import annotations

import contextlib
import os
import ssl
from pathlib import Path

import grpc

from interlock.errors import Invalid
from interlock.options import Options
from interlock.url import Address


def credentials(options: Options, address: Address) -> grpc.ChannelCredentials | None:
    """Return TLS credentials, or None for plaintext.

    Raises:
        Invalid: A file cannot be read, or is not what it should be.
    """
    if options.ca is None and not address.tls:
        return None
    ca, cert, key = _read(options.ca, "ca"), _read(options.cert, "cert"), _read(options.key, "key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("ALL:@SECLEVEL=0")  # how strong a key must be is gRPC's to say
    if options.ca is not None:
        try:
            context.load_verify_locations(options.ca)
        except ssl.SSLError as error:
            raise Invalid(f"{os.fspath(options.ca)} has no certificate in PEM", field="ca") from error
    if options.cert is not None and options.key is not None:
        _check_pair(context, options.cert, options.key)
    return grpc.ssl_channel_credentials(ca, key, cert)


def _check_pair(context: ssl.SSLContext, cert: str | os.PathLike[str], key: str | os.PathLike[str]) -> None:
    try:
        context.load_cert_chain(cert, key, password=lambda: "")  # without it, a terminal would be asked
    except (ssl.SSLError, ValueError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise Invalid(f"{os.fspath(key)} is not the key of {os.fspath(cert)}", field="key") from error
        files = f"{os.fspath(cert)} and {os.fspath(key)}"
        text = f"{files} must be a certificate and its key, in PEM and unencrypted"
        raise Invalid(text, field="cert") from error


def _read(path: str | os.PathLike[str] | None, field: str) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Invalid(f"{os.fspath(path)}: {error.strerror}", field=field) from error

"""A channel to a host, over TLS where it is asked for; a token crosses no network in the clear."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from interlock_host.cli.certificates import client_context
from interlock_host.config import ConfigError
from interlock_host.security.files import check_folders
from interlock_host.security.tokens import check_token
from interlock_host.server.address import Address, default_socket, parse_address

_TLS = "grpcs://"
_SCHEMES = ("grpc", "grpcs", "unix")
_FORMS = "unix:PATH, HOST:PORT, grpc://HOST:PORT, or with TLS grpcs://HOST:PORT"


@dataclasses.dataclass(frozen=True)
class Target:
    """The host that a command talks to, and what is shown to it."""

    address: str | None = None
    """unix:PATH, HOST:PORT, grpc:// or grpcs://; None is the user's own socket."""
    token: str | None = dataclasses.field(default=None, repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


class Route(NamedTuple):
    """The way to a host."""

    address: Address
    tls: bool
    named: bool = True
    """Whether somebody named it; if not, it is the user's own socket."""
    shows_certificate: bool = False


def open_channel(target: Target) -> tuple[Route, grpc.Channel]:
    """Return the way to a host, for messages, and a channel along it.

    Raises:
        ConfigError: It is no address, or what it is told must not be sent there.
    """
    route = _route(target)
    if bool(target.cert) != bool(target.key):
        raise ConfigError("--cert and --key go together")
    if target.token is not None:
        _check_token(target, route)
    options = [("grpc.max_receive_message_length", -1)]
    if route.address.private:
        # A proxy of the environment's would see what is meant for this machine alone.
        options.append(("grpc.enable_http_proxy", 0))
    if not route.tls:
        channel = grpc.insecure_channel(str(route.address), options)
    else:
        channel = grpc.secure_channel(str(route.address), _credentials(target), options)
    if target.token is not None:
        channel = grpc.intercept_channel(channel, _Bearer(target.token))
    return route, channel


def _route(target: Target) -> Route:
    text = target.address or ""
    scheme, slashes, _ = text.partition("://")
    if slashes and scheme not in _SCHEMES:
        raise ConfigError(f"{text!r} is not a target; write {_FORMS}")
    address = parse_address(text.removeprefix(_TLS)) if text else default_socket()
    tcp = address.path is None
    if text.startswith(_TLS) and not tcp:
        raise ConfigError(f"{text!r} is not a target: a Unix socket has no TLS")
    tls = tcp and (target.ca is not None or text.startswith(_TLS))
    if target.cert and not tls and tcp:
        raise ConfigError("--cert and --key go with --ca or grpcs://")
    return Route(address, tls, bool(text), target.cert is not None)


def _check_token(target: Target, route: Route) -> None:
    """Refuse to show a token to anyone but the host."""
    address = route.address
    assert target.token is not None
    check_token(target.token)
    if not route.tls and not address.private:
        raise ConfigError(
            f"a token is not sent to {address} in the clear; add --ca, or write {_TLS}{address}"
        )
    if not route.named and address.path is not None:
        # Nobody named this path: where the runtime directory lies under /tmp, another user may
        # have made it first, with a socket of their own.
        try:
            check_folders(address.path)
        except OSError as error:
            raise ConfigError(f"no host answers at {address}: {error.strerror}") from None


def _credentials(target: Target) -> grpc.ChannelCredentials:
    client_context(target.ca, target.cert, target.key)
    files = (target.ca, target.key, target.cert)
    try:
        return grpc.ssl_channel_credentials(*(file.read_bytes() if file else None for file in files))
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None


class _Details(grpc.ClientCallDetails):
    """The details of a call, with more metadata."""

    def __init__(self, details: Any, metadata: tuple[tuple[str, str], ...]) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.credentials = details.credentials
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression
        self.metadata = metadata


class _Bearer(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds the token to every call. gRPC's own call credentials refuse a loopback without TLS."""

    def __init__(self, token: str) -> None:
        self._header = ("authorization", f"Bearer {token}")

    def _with(self, details: Any) -> _Details:
        return _Details(details, (*(details.metadata or ()), self._header))

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._with(details), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._with(details), request)

    def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._with(details), requests)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._with(details), requests)

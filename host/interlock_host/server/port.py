"""Why a TCP port cannot be had, in our words."""

from __future__ import annotations

import errno
import socket
from typing import Any

from interlock_host.config import ConfigError
from interlock_host.server.address import Address


def check_port(address: Address) -> None:
    """Refuse an address that cannot be bound.

    gRPC says on standard error why it could not bind, in a form of its own, and tells its caller
    nothing. Of a name with several addresses it takes those that are left, as if that were all.

    Raises:
        ConfigError: It is in use, or this machine does not have it, or does not let us.
    """
    problems: list[OSError] = []
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror as error:
        raise not_bound("listen", address, error) from None
    for family, kind, protocol, _, at in found:
        try:
            _bind(family, kind, protocol, at)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise not_bound("listen", address, error) from None
            problems.append(error)
    if len(problems) == len(found):
        raise not_bound("listen", address, problems[0])


def _bind(family: int, kind: int, protocol: int, at: Any) -> None:
    with socket.socket(family, kind, protocol) as tried:
        # As gRPC does: the ends of old connections are nobody's server.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind(at)


def not_bound(setting: str, address: Address, error: OSError) -> ConfigError:
    """Return what to say of an address that could not be bound, and how another is asked for."""
    text = f"{setting}: cannot listen at {address}: {error.strerror or error}"
    if error.errno == errno.EADDRINUSE:
        free = Address(host=address.host)
        text += f"; --{setting} {free} takes a port that is free"
        text += ", --metrics off none" if setting == "metrics" else ""
    return ConfigError(text)

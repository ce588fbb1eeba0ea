"""Where a client finds its instances: the URL that `open` takes."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from interlock.errors import Invalid, Unsupported, WrongType
from interlock.ops.arguments import text

LOCAL = "local"
UNIX = "unix"
GRPC = "grpc"

_FORMS = "local:, local:PATH, unix:///path, unix:path, grpc://host:port or grpcs://host:port"

_LONGEST_PATH = 107
"""Bytes of a Unix socket's path, on Linux; gRPC takes no more either."""


class Address(NamedTuple):
    """A URL, read."""

    placement: str
    """LOCAL, UNIX or GRPC."""
    target: str
    """What gRPC dials: "unix:/path" or "host:port"; for LOCAL the data directory, or empty."""
    tls: bool = False
    """Whether the URL asks for TLS; naming a `ca=` does so too."""

    @property
    def private(self) -> bool:
        """Whether nobody on a network sees the bytes: a Unix socket or loopback."""
        return self.placement != GRPC or _is_loopback(self.target.rpartition(":")[0])


def parse(url: str) -> Address:
    """Read a URL.

    Args:
        url: `local:`, `local:PATH`, `unix:///path`, `unix:path`, `grpc://host:port`, or with TLS `grpcs://host:port`.
            A path may have `//` before it, which is no part of it: `local://state` is `local:state`.

    Raises:
        Unsupported: A placement that this version does not have.
        Invalid: It is no such URL.
        WrongType: It is no str.
    """
    if not isinstance(url, str):
        raise WrongType(f"url must be text, not {type(url).__name__}", field="url")
    scheme, colon, rest = url.partition(":")
    if "\0" in url:
        raise Invalid(f"{url!r} has a zero byte", field="url")
    if scheme == "local" and colon and rest != "//":
        return Address(LOCAL, rest.removeprefix("//"))
    if scheme == "shared" and colon:
        raise Unsupported("shared: memory mapped by several processes comes later; use local: or a daemon")
    if scheme == "unix" and rest:
        path = rest.removeprefix("//")
        if path:
            return _unix(path)
    if scheme in ("grpc", "grpcs") and rest.startswith("//"):
        return _grpc(rest.removeprefix("//").rstrip("/"), url, scheme == "grpcs")
    raise Invalid(f"{url!r} is not {_FORMS}", field="url")


def _unix(path: str) -> Address:
    text(path, "url")
    size = len(path.encode())
    if size > _LONGEST_PATH:
        words = f"a socket's path has at most {_LONGEST_PATH} bytes, and this one has {size}"
        raise Invalid(words, field="url")
    return Address(UNIX, f"unix:{path}")


def _grpc(authority: str, url: str, tls: bool) -> Address:
    host, _, port = authority.rpartition(":")
    # The colons of an address of IPv6 are in brackets.
    bare = host[1:-1].replace(":", "") if host.startswith("[") and host.endswith("]") else host
    if not bare or not bare.isascii() or not bare.isprintable() or any(mark in bare for mark in "@/[]: "):
        raise Invalid(f"{url!r} is not {_FORMS}", field="url")
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise Invalid(f"{url!r} is not {_FORMS}: the port is a number from 1 to 65535", field="url")
    return Address(GRPC, authority, tls)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

"""Where a client finds its instances: the URL that `open` takes."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from interlock.errors import Invalid, Unsupported

LOCAL = "local"
UNIX = "unix"
GRPC = "grpc"

_FORMS = "local:, local:PATH, unix:///path, grpc://host:port or grpcs://host:port"


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
    """
    scheme, colon, rest = url.partition(":")
    if scheme == "local" and colon and rest != "//":
        return Address(LOCAL, rest.removeprefix("//"))
    if scheme == "shared" and colon:
        raise Unsupported("shared: memory mapped by several processes comes later; use local: or a daemon")
    if scheme == "unix" and rest:
        path = rest.removeprefix("//")
        if path:
            return Address(UNIX, f"unix:{path}")
    if scheme in ("grpc", "grpcs") and rest.startswith("//"):
        return _grpc(rest.removeprefix("//").rstrip("/"), url, scheme == "grpcs")
    raise Invalid(f"{url!r} is not {_FORMS}", field="url")


def _grpc(authority: str, url: str, tls: bool) -> Address:
    host, _, port = authority.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or "@" in host or "/" in host:
        raise Invalid(f"{url!r} is not grpc://host:port", field="url")
    return Address(GRPC, authority, tls)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

"""Why no host answered: what gRPC says of it, read, and what to do about it."""

from __future__ import annotations

import re

from interlock_host.cli.channel import Route

_NOT_CONNECTED = ("failed to connect", "errors resolving", "DNS resolution failed")
"""How gRPC's details begin where there was no connection at all."""
_LAST_ERROR = re.compile(r".*?last error: \w+: \S+: (?:connect failed: addr: \S+ )?(?:error: )?", re.DOTALL)
_MISTAKES = {
    r"CERTIFICATE_VERIFY_FAILED:? *(?P<why>[^:]*)": (
        "the certificate of {at} is not trusted: {why}; --ca names the authorities that may vouch for it"
    ),
    r"Hostname Verification": "the certificate of {at} is not for {at.host}; call it by a name that it has",
    r"WRONG_VERSION_NUMBER": "what answers at {at} speaks no TLS; leave out --ca, or write grpc://",
    r"HTTP/2|SETTINGS": "what answers at {at} is no Interlock host: no HTTP/2; is it the port of /metrics?",
    r"errors resolving|DNS": "no host has the name {at.host}",
    r"Socket closed|Connection reset": "what answers at {at} closes the connection; {closed}",
    r"Connection refused|No such file": "no host answers at {at}; {start}",
}
"""What is found in gRPC's details, and what it means; the first match decides."""


def unanswered(route: Route, details: str) -> str:
    """Return a line for a person.

    Args:
        route: The way that led to no host.
        details: What gRPC said. It keeps the cause nowhere but in these words.
    """
    address = route.address
    if not details.startswith(_NOT_CONNECTED):
        return f"the connection to {address} was lost: {details}"
    for pattern, meaning in _MISTAKES.items():
        if found := re.search(pattern, details):
            words = found.groupdict() | {"closed": _closed(route), "start": _start(route)}
            return meaning.format(at=address, **words)
    return f"no host answers at {address}: {_LAST_ERROR.sub('', details, count=1)}"


def _closed(route: Route) -> str:
    """What a host may be missing that closes a connection before a word."""
    if not route.tls:
        return f"if it speaks TLS, add --ca FILE, or write grpcs://{route.address}"
    if route.shows_certificate:
        return "it may not trust the certificate of --cert"
    return "it may want a client's certificate: add --cert and --key"


def _start(route: Route) -> str:
    if not route.address.private:
        return "the connection is refused"
    listen = f" --listen {route.address}" if route.named else ""
    return f"start one with: interlock serve{listen}"

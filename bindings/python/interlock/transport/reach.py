"""Why a host was not reached, in words a person can act on.

gRPC has one code for all of it, UNAVAILABLE. What tells the cases apart is in its
text alone; one that is not known here is handed on as it is.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from interlock.options import Options
from interlock.url import UNIX, Address

NOT_SENT = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")
"""How gRPC's core says that no connection was made. There is no code for it; should the
text change, such calls are only repeated less often."""

NO_HOST = "Received http2 header with status"
"""How it says that an HTTP server answered, which is no host of gRPC."""

_HUNG_UP = ("Socket closed", "Connection reset", "Broken pipe", "Handshake read failed")
_MEANING: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (NO_HOST, "Failed parsing HTTP/2", "http1.x server", "selected ALPN"),
        "what listens at {place} is no gRPC host",
    ),
    (("No such file or directory",), "the socket {place} does not exist"),
    (("Permission denied",), "this user may not connect to {place}"),
    (("Connection refused",), "nothing listens at {place}"),
    (("errors resolving", "DNS resolution failed"), "no address is known for {host}"),
    (
        ("SETTINGS", "Endpoint closing"),
        "what listens at {place} does not answer: it hangs, or is no gRPC host",
    ),
    (_HUNG_UP, "{place} hung up: {hint}"),
    (("has expired",), "the certificate of {place} has expired"),
    (("Hostname Verification",), "the certificate of {place} is for another name"),
    (("CERTIFICATE_VERIFY_FAILED",), "the certificate of {place} is not trusted: {trusted}"),
    (("SSL_ERROR_SSL",), "what listens at {place} does not speak TLS: write grpc://, without a ca="),
    (
        ("No route to host", "Network is unreachable", "imed out", "FD Shutdown"),
        "{place} cannot be reached",
    ),
)
"""What is found in the text of a connection that was not made, the first that fits, and what it means."""


class Way(NamedTuple):
    """How a client goes to its host."""

    place: str
    """"127.0.0.1:7070", or the path of a socket."""
    unix: bool
    tls: bool
    ca: str
    """The file of the authorities that are trusted; empty for the system's."""
    shows: bool
    """Whether the client shows a certificate."""

    @classmethod
    def of(cls, address: Address, options: Options) -> Way:
        """Return the way to an address."""
        return cls(
            place=address.target.removeprefix("unix:"),
            unix=address.placement == UNIX,
            tls=address.tls or options.ca is not None,
            ca="" if options.ca is None else os.fspath(options.ca),
            shows=options.cert is not None,
        )

    def why(self, details: str) -> str:
        """Say what the details of an UNAVAILABLE mean; they stay behind it."""
        words = self._words(details)
        return f"{words} ({details})" if words else details

    def _words(self, details: str) -> str:
        if not any(mark in details for mark in (*NOT_SENT, NO_HOST)):
            lost = any(mark in details for mark in _HUNG_UP)
            return f"the connection to {self.place} was lost" if lost else ""
        for marks, words in _MEANING:
            if any(mark in details for mark in marks):
                return words.format(
                    place=self.place,
                    host=self.place.rpartition(":")[0],
                    hint=self._hint(),
                    trusted=f"{self.ca} does not vouch for it" if self.ca else "ca= names the authorities",
                )
        return ""

    def _hint(self) -> str:
        if self.unix:
            return "it may be no gRPC host"
        if not self.tls:
            return "it may speak TLS; then write grpcs://, or name a ca="
        if self.shows:
            return "it may not trust the client's certificate, which cert= names"
        return "it may ask for a client's certificate, which cert= and key= name"

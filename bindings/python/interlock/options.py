"""What `open` can be told beside the URL."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from interlock.errors import Invalid, Unsupported, WrongType
from interlock.ops.arguments import check_timeout, flag, mapping, ms, several, text, whole
from interlock.url import LOCAL, UNIX, Address
from interlock.values import DEFAULT, Timeout

if TYPE_CHECKING:
    from interlock_host.engine import Engine

PathLike = str | os.PathLike[str]


class OpenOptions(TypedDict, total=False):
    """The keywords of `interlock.open` and `interlock.aio.open`."""

    timeout: float | None
    """Seconds that blocking verbs wait where they name no timeout. None, the default: for ever."""
    deadline: float
    """Seconds that a call may take beyond what its verb waits by itself: the safety net. 10."""
    retries: int
    """How often a call is sent again that did not get through: with the same request id, so that a
    daemon applies it once. 3."""
    reconnect: float
    """Seconds for which that goes on once a daemon that had answered is gone: it may be starting
    again. 30."""
    metadata: Mapping[str, str]
    """Sent with every call to a daemon."""
    token: str
    """Sent to a daemon as a bearer token; refused over plaintext, except on loopback and Unix sockets."""
    ca: PathLike
    """PEM file of the authorities that may vouch for the daemon; with it, TLS is used. A `grpcs:` URL
    without it trusts those of the system."""
    cert: PathLike
    """PEM file of the client's certificate, where the daemon asks for one."""
    key: PathLike
    """PEM file of its private key."""
    modules: Sequence[PathLike]
    """`local:` only: folders of packed modules, beside the standard ones."""
    engine: Engine
    """`local:` only: an engine to use instead of one of the client's own; it is not closed."""
    metrics: bool
    """`local:` only: whether calls are counted and timed (about 2 µs each). True."""


@dataclass(frozen=True)
class Options:
    """The keywords, filled in and checked against the placement."""

    timeout: float | None = None
    deadline: float = 10.0
    retries: int = 3
    reconnect: float = 30.0
    metadata: Mapping[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    ca: PathLike | None = None
    cert: PathLike | None = None
    key: PathLike | None = None
    modules: Sequence[PathLike] = ()
    engine: Any = None
    metrics: bool = True

    def check(self, address: Address) -> Options:
        """Refuse what the placement cannot do.

        Raises:
            Unsupported: An option of another placement.
            Invalid: A number is out of its range, a token would cross a network in the clear,
                or half a key pair is given.
            WrongType: An option has the wrong Python type.
        """
        self._check_types()
        self._check_placement(address)
        self._check_secrets(address)
        return self

    def _check_types(self) -> None:
        check_timeout(self.timeout)
        ms(self.deadline, "deadline", some=True)
        whole(self.retries, "retries", 0, (1 << 63) - 1)
        if self.reconnect is None:
            raise WrongType("reconnect must be seconds, not None", field="reconnect")
        check_timeout(self.reconnect, "reconnect")
        mapping(self.metadata, "metadata")
        for key, value in self.metadata.items():
            text(value, f"metadata[{key!r}]")
        if self.token is not None:
            text(self.token, "token")
        for name in ("ca", "cert", "key"):
            if getattr(self, name) is not None:
                _check_path(getattr(self, name), name)
        for index, folder in enumerate(several(self.modules, "modules")):
            _check_path(folder, f"modules[{index}]")
        flag(self.metrics, "metrics")

    def _check_placement(self, address: Address) -> None:
        local = address.placement == LOCAL
        other = ("metadata", "token", "ca", "cert", "key") if local else ("modules", "engine")
        for name in other:
            if getattr(self, name) not in (None, "", ()) and getattr(self, name) != {}:
                raise Unsupported(f"{name}= is not for {address.placement}:", field=name)
        if address.placement == UNIX and self.ca is not None:
            raise Unsupported("ca= is not for unix: the mode of its file says who may connect", field="ca")

    def _check_secrets(self, address: Address) -> None:
        tls = address.tls or self.ca is not None
        if bool(self.cert) != bool(self.key) or (self.cert and not tls):
            field = "key" if self.cert and not self.key else "cert"
            raise Invalid("cert= and key= go together, and with ca= or grpcs://", field=field)
        if self.token and not (self.token.isascii() and self.token.isprintable()):
            raise Invalid("a token is printable ASCII: this one has a line break or the like", field="token")
        if self.token and not tls and not address.private:
            raise Invalid("a token is not sent over plaintext: name a ca=, or write grpcs://", field="token")
        if any(key.lower() == "authorization" for key in self.metadata):
            raise Invalid("metadata= takes no authorization: name a token=", field="metadata")

    def wait(self, timeout: Timeout) -> float | None:
        """Return the timeout of a blocking verb in seconds, None for ever."""
        return self.timeout if timeout is DEFAULT else timeout


def _check_path(path: object, field: str) -> None:
    if not isinstance(path, str | os.PathLike):
        raise WrongType(f"{field} must be a path, not {type(path).__name__}", field=field)
    if not str(path) or "\0" in str(path):
        raise Invalid(f"{field} must be a path: {str(path)!r} is none", field=field)

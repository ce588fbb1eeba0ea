"""The decision on each call: who makes it, and whether a rule allows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interlock_host.errors import PERMISSION_DENIED, UNAUTHENTICATED, HostError
from interlock_host.module import Method
from interlock_host.peek import instance_of
from interlock_host.security.access import Access, Principal

AUTHORIZATION = "authorization"
_SCHEME = "bearer "

Metadata = Iterable[tuple[str, str | bytes]]


class Guard:
    """Stands before a host's modules, and before what the host itself serves.

    What it says to somebody it does not know is the same whatever was asked
    for, and what it says to somebody without permission is the same whether or
    not the instance exists.

    Args:
        access: Who is known. Assign another to have it used from the next call on: what has
            begun by then goes on.
    """

    def __init__(self, access: Access) -> None:
        self.access = access

    def admit(self, metadata: Metadata) -> None:
        """Look at a call before anything of it is read but its metadata.

        A caller who shows no token may yet be known by certificate, which is not seen here.

        Raises:
            HostError: UNAUTHENTICATED.
        """
        headers = _authorization(metadata)
        if headers or not self.access.knows_certificates:
            self._by_headers(headers)

    def check(self, context: Any, method: Method, request: bytes) -> None:
        """Let a call of a module pass.

        Args:
            context: The call's, of grpc.aio.
            method: What is called.
            request: The message whose field 1 names the instance.

        Raises:
            HostError: UNAUTHENTICATED or PERMISSION_DENIED; INVALID_ARGUMENT where no instance is named.
        """
        principal = self.identify(context)
        instance = instance_of(request)
        if not self.access.allows(principal, method, instance):
            target = f"{method.module.name}/{instance.decode('ascii')}"
            raise _denied(principal, "read" if method.read else "write to", target)

    def check_own(self, context: Any, name: str, write: bool) -> None:
        """Let a call of one of the host's own services pass; `name` is its name in rules.

        Raises:
            HostError: UNAUTHENTICATED or PERMISSION_DENIED.
        """
        self._check_name(self.identify(context), name, write)

    def check_header(self, authorization: str | None, name: str) -> None:
        """Let an HTTP request with this header pass, a read; see `check_own`."""
        self._check_name(self._by_headers([authorization] if authorization else []), name, False)

    def _check_name(self, principal: Principal, name: str, write: bool) -> None:
        if not principal.may(name, "", write):
            raise _denied(principal, "write to" if write else "read", name)

    def identify(self, context: Any) -> Principal:
        """Return who makes a call of grpc.aio.

        Raises:
            HostError: UNAUTHENTICATED.
        """
        headers = _authorization(context.invocation_metadata())
        if not headers and self.access.knows_certificates:
            principal = self.access.by_certificate(context.auth_context())
            if principal is not None:
                return principal
        return self._by_headers(headers)

    def _by_headers(self, headers: list[str | bytes]) -> Principal:
        """Return whose token the headers carry. A wrong one is refused, certificate or not."""
        if len(headers) != 1:
            raise _unknown(
                f"{len(headers)} authorization headers came with the call; send one"
                if headers
                else "no token came with the call, nor a certificate that is known here"
            )
        header = headers[0]
        if not isinstance(header, str) or header[: len(_SCHEME)].lower() != _SCHEME:
            raise _unknown("the authorization is no bearer token")
        principal = self.access.by_token(header[len(_SCHEME) :].strip())
        if principal is None:
            raise _unknown("the token is not known here")
        return principal


def _authorization(metadata: Metadata) -> list[str | bytes]:
    return [value for key, value in metadata if key == AUTHORIZATION]


def _unknown(text: str) -> HostError:
    return HostError(UNAUTHENTICATED, "UNAUTHENTICATED", text)


def _denied(principal: Principal, what: str, target: str) -> HostError:
    text = f"no rule lets {principal.name} {what} {target}"
    return HostError(PERMISSION_DENIED, "PERMISSION_DENIED", text)

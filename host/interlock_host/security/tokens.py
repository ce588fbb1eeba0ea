"""Bearer tokens: how one is made, and what of it is kept.

A token is 256 random bits, so a plain SHA-256 of it is enough. Slow hashes with
salt (scrypt, Argon2) make guessing dear where people choose the secret; nobody
guesses 256 bits, and a slow hash on every call would be a way to stop the host.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Generic, TypeVar

from interlock_host.config import ConfigError

PREFIX = "ilk_"
"""Begins every token, so that scanners of source code and logs can find one that leaked."""

LONGEST = 512
"""Characters. A longer one is refused before it is hashed."""

_INDEXED = 8
_T = TypeVar("_T")


def new_token() -> str:
    """Return a fresh token: 43 characters after the prefix."""
    return PREFIX + secrets.token_urlsafe(32)


def check_token(token: str) -> None:
    """Refuse what no header can carry. gRPC would too, and print it.

    Raises:
        ConfigError: It holds other than visible ASCII; the message does not say what.
    """
    if not token or len(token) > LONGEST or not all("!" <= character <= "~" for character in token):
        raise ConfigError(f"the token is not 1 to {LONGEST} visible ASCII characters")


def digest_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


class Digests(Generic[_T]):
    """Values by the token that opens them, of which only hashes are here.

    The first bytes of a hash find its entry in a dictionary; the rest is
    compared in constant time. How long the look-up takes tells of those bytes
    at most, and who could steer the hash of a guess could forge tokens anyway.

    Raises:
        ValueError: Two entries have one token.
    """

    def __init__(self, entries: Iterable[tuple[bytes, _T]]) -> None:
        self._entries: dict[bytes, tuple[bytes, _T]] = {}
        for digest, value in entries:
            if digest[:_INDEXED] in self._entries:
                raise ValueError(f"two entries have the hash {digest.hex()}")
            self._entries[digest[:_INDEXED]] = (digest, value)

    def find(self, token: str) -> _T | None:
        """Return the value of a token, if it has one."""
        if len(token) > LONGEST:
            return None
        digest = digest_of(token)
        entry = self._entries.get(digest[:_INDEXED])
        if entry is None or not hmac.compare_digest(entry[0], digest):
            return None
        return entry[1]

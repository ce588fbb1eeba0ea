"""Who is known to a host, and what each may do: a token file, read."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from interlock_host.config import ConfigError
from interlock_host.module import Method
from interlock_host.peek import check_name
from interlock_host.security.files import read_trusted
from interlock_host.security.rules import Rule, parse_rule, rule_name
from interlock_host.security.tokens import Digests

_DECISIONS = 16_384
"""Remembered at most; the longest unused goes first. About 200 bytes each."""

_KEYS = {
    "tokens": frozenset({"name", "sha256", "allow"}),
    "certificates": frozenset({"name", "san", "common_name", "allow"}),
}
_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, eq=False)
class Principal:
    """Somebody whom the host knows. Compared by identity: one object an entry of the file."""

    name: str
    """For messages and logs; a token never is."""
    rules: tuple[Rule, ...]

    def may(self, module: str, instance: str, write: bool) -> bool:
        """Whether any rule allows it."""
        return any(rule.allows(module, instance, write) for rule in self.rules)


class Access:
    """One version of a token file. Immutable but for what it remembers of its own decisions."""

    def __init__(
        self,
        tokens: Iterable[tuple[bytes, Principal]],
        certificates: Iterable[tuple[str, str, Principal]] = (),
    ) -> None:
        self._tokens = Digests(tokens)
        self._certificates = tuple(certificates)
        self.allows: Callable[[Principal, Method, bytes], bool] = functools.lru_cache(_DECISIONS)(_allows)
        """Whether a principal may call a method of an instance; a HostError for what names no instance."""

    @property
    def knows_certificates(self) -> bool:
        """Whether a certificate can stand for a principal."""
        return bool(self._certificates)

    def by_token(self, token: str) -> Principal | None:
        """Return whose token it is."""
        return self._tokens.find(token)

    def by_certificate(self, names: Mapping[str, Iterable[bytes]]) -> Principal | None:
        """Return whom a verified certificate stands for: the first entry of the file that fits.

        Args:
            names: The `auth_context` of a gRPC call.
        """
        for kind, value, principal in self._certificates:
            if value.encode() in names.get(kind, ()):
                return principal
        return None


def _allows(principal: Principal, method: Method, instance: bytes) -> bool:
    return principal.may(rule_name(method.module), check_name(instance), not method.read)


def read_access(file: Path, *, certificates: bool) -> Access:
    """Read a token file.

    Args:
        file: TOML; SECURITY.md shows one.
        certificates: Whether clients are asked for certificates, so that entries of them can ever match.

    Raises:
        ConfigError: It cannot be read, others could change it, or it does not parse. It names where.
    """
    try:
        document = tomllib.loads(read_trusted(file, secret=True).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from None
    for key in document:
        _known(key, _KEYS, str(file))
    names: set[str] = set()
    tokens = [_token(entry, where, names) for entry, where in _entries(document, "tokens", file)]
    known = [_certificate(entry, where, names) for entry, where in _entries(document, "certificates", file)]
    if known and not certificates:
        raise ConfigError(f"{file}: certificates: clients are asked for none; add --client-ca")
    if not names:
        # Also what a program that rewrites the file in place leaves for a moment.
        raise ConfigError(f"{file}: it has no [[tokens]] and no [[certificates]], so nobody could call")
    try:
        return Access(tokens, known)
    except ValueError as error:
        raise ConfigError(f"{file}: tokens: {error}") from None


def _entries(document: dict[str, Any], key: str, file: Path) -> list[tuple[dict[str, Any], str]]:
    tables = document.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{file}: {key}: write [[{key}]], a list of tables")
    entries = [(table, f"{file}: {key}[{number}]") for number, table in enumerate(tables)]
    for table, where in entries:
        for name in table:
            _known(name, _KEYS[key], where)
    return entries


def _known(key: str, known: Iterable[str], where: str) -> None:
    if key not in known:
        raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}")


def _token(entry: dict[str, Any], where: str, names: set[str]) -> tuple[bytes, Principal]:
    text = _get(entry, "sha256", str, where)
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise ConfigError(f"{where}.sha256: not 64 hexadecimal digits; `interlock token new` writes entries")
    return digest, _principal(entry, where, names)


def _certificate(entry: dict[str, Any], where: str, names: set[str]) -> tuple[str, str, Principal]:
    if ("san" in entry) == ("common_name" in entry):
        raise ConfigError(f"{where}: an entry names a san or a common_name")
    key = "san" if "san" in entry else "common_name"
    kind = "x509_subject_alternative_name" if key == "san" else "x509_common_name"
    return kind, _get(entry, key, str, where), _principal(entry, where, names)


def _principal(entry: dict[str, Any], where: str, names: set[str]) -> Principal:
    name = _get(entry, "name", str, where)
    if name in names:
        raise ConfigError(f"{where}.name: {name!r} is another entry's already")
    names.add(name)
    try:
        return Principal(name, tuple(parse_rule(str(rule)) for rule in _get(entry, "allow", list, where)))
    except ValueError as error:
        raise ConfigError(f"{where}.allow: {error}") from None


def _get(entry: dict[str, Any], key: str, kind: type[_T], where: str) -> _T:
    value = entry.get(key)
    if not isinstance(value, kind) or not value:
        what = "a text" if kind is str else "a list of rules"
        raise ConfigError(f"{where}.{key}: write {what}")
    return value

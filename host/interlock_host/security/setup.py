"""What a host does about security, from what it was told: refusals, TLS, the guard, files that change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from interlock_host.config import ConfigError, HostConfig
from interlock_host.logs import logger
from interlock_host.security.access import Access, read_access
from interlock_host.security.guard import Guard
from interlock_host.security.reload import Reloaded, Reloads
from interlock_host.security.tls import ServerTls, tls_files

POLL_SECONDS = 1.0
"""Between two looks at the files: a few stat calls, where there is anything to look at."""


class Listens(Protocol):
    """An address."""

    @property
    def private(self) -> bool:
        """Whether only this machine can reach it."""
        ...


class Security:
    """The security of one host.

    Args:
        config: What it was told.

    Raises:
        ConfigError: A file cannot be used, or a part is missing.
    """

    def __init__(self, config: HostConfig) -> None:
        self.reloads = Reloads()
        files = tls_files(config)
        self.tls = ServerTls(files, self.reloads) if files else None
        self.guard: Guard | None = None
        self._insecure = config.insecure
        self._access: Reloaded[Access] | None = None
        if config.tokens is not None:
            self._access = self._read_tokens(config)
            self.guard = Guard(self._access.value)
        self._log = logger("security")

    def _read_tokens(self, config: HostConfig) -> Reloaded[Access]:
        file = config.tokens
        assert file is not None
        asks = self.tls is not None and self.tls.asks_clients

        def read() -> Access:
            return read_access(file, certificates=asks)

        return Reloaded("tokens", (file,), read, self.reloads)

    def check_calls(self, addresses: Iterable[Listens]) -> None:
        """Refuse to listen for calls where they could be overheard or made by anyone.

        Raises:
            ConfigError: It says which address, and what to do.
        """
        for address in addresses:
            if address.private:
                continue
            self._check_public(str(address), "read and change every instance")
            if self.tls is not None and self.guard is None and not self.tls.asks_clients:
                self._log.warning("anyone who reaches this address may do everything", listen=str(address))

    def check_metrics(self, address: Listens) -> None:
        """Refuse to show metrics to anyone; see `check_calls`."""
        if address.private:
            return
        self._check_public(f"metrics: {address}", "read them")
        asks = self.guard is not None or (self.tls is not None and self.tls.asks_clients)
        if not asks and not self._insecure:
            text = "can be reached from other machines, and anyone there could read them"
            raise ConfigError(f"metrics: {address} {text}; add --tokens or --client-ca, or --insecure")

    def _check_public(self, address: str, danger: str) -> None:
        if self.tls is not None:
            return
        if self.guard is not None:
            raise ConfigError(
                f"{address} can be reached from other machines, and tokens would cross the network in the "
                "clear: add --tls-cert and --tls-key, or listen on 127.0.0.1 or a Unix socket"
            )
        if not self._insecure:
            raise ConfigError(
                f"{address} can be reached from other machines, and this host has no TLS: anyone there could "
                f"{danger}; add --tls-cert and --tls-key, listen on 127.0.0.1 or a Unix socket, "
                "or add --insecure"
            )
        self._log.warning("serving other machines without TLS", listen=address)

    def check_files(self) -> None:
        """Read again what changed. Calls that have begun go on, whoever made them."""
        if self.tls is not None:
            self.tls.check()
        if self._access is not None and self.guard is not None and self._access.check():
            self.guard.access = self._access.value

    async def watch(self) -> None:
        """Look at the files for ever; return at once where there are none."""
        if self.tls is None and self._access is None:
            return
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                self.check_files()
            except Exception:
                self._log.exception("the security files could not be looked at")

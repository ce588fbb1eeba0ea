"""The gRPC server of a host, and a new one in its place when it falls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import grpc

from interlock_host.config import ConfigError
from interlock_host.logs import logger
from interlock_host.security.tls import ServerTls
from interlock_host.server.address import Address
from interlock_host.server.port import check_port
from interlock_host.server.unix_socket import owner_only

_LOOK_SECONDS = 0.1
"""How often the server is asked whether it fell. Public ways to be told there are none."""

_LONGEST_PAUSE = 1.0
"""Seconds between two tries to take back a port; the first follow each other faster."""

_MOST_FALLEN = 8
"""Fallen servers whose calls may go on; each holds its connections."""


class Listener:
    """Serves gRPC on some addresses until `stop`.

    grpc.aio decodes a call's path outside of any `try` (`rpc_state.method().decode()`
    in its aio/server.pyx.pxi, 1.85.1). A path that is no UTF-8 ends its serving
    loop, and anyone who can connect can send one. The server that fell closes
    its ports, tells its clients to go elsewhere, and carries the calls that
    have begun to their end. So another one takes its ports: for some 100 ms new
    calls are refused or cancelled, and none that has begun is.

    Args:
        routes: Finds the handler of a call.
        addresses: Where to listen; port 0 picks one.
        options: grpc's channel arguments.
        tls: For the TCP ports, where they have it.
    """

    def __init__(
        self,
        routes: grpc.GenericRpcHandler,
        addresses: Sequence[Address],
        options: Sequence[tuple[str, int]],
        tls: ServerTls | None,
    ) -> None:
        self.addresses = tuple(addresses)
        """Where it listens; once it started, with the ports that were picked."""
        self._routes = routes
        self._options = tuple(options)
        self._tls = tls
        self._fallen: dict[grpc.aio.Server, asyncio.Task[None]] = {}
        """Those whose calls go on, the oldest first."""
        self._log = logger("listener")

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: An address cannot be listened at.
        """
        self._server = self._made()
        self.addresses = tuple(self._bind(self._server, address) for address in self.addresses)
        await self._server.start()
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self, seconds: float) -> None:
        """Take no new calls; cancel what is open when the time is up. A later call may shorten the time."""
        self._watching.cancel()
        await asyncio.gather(*(server.stop(seconds) for server in (self._server, *self._fallen)))

    def _made(self) -> grpc.aio.Server:
        server = grpc.aio.server(options=self._options)
        server.add_generic_rpc_handlers((self._routes,))
        return server

    def _bind(self, server: grpc.aio.Server, address: Address) -> Address:
        if address.path is None:
            check_port(address)
        try:
            if address.path is None:
                port = (
                    server.add_secure_port(str(address), self._tls.credentials())
                    if self._tls
                    else server.add_insecure_port(str(address))
                )
                return Address(host=address.host, port=port)
            with owner_only():
                server.add_insecure_port(str(address))
        except RuntimeError:
            raise ConfigError(f"listen: cannot listen at {address}") from None
        return address

    # When it falls

    async def _watch(self) -> None:
        while True:
            try:
                await self._server.wait_for_termination(_LOOK_SECONDS)
            except Exception as error:  # what it fell of
                self._log.error("the gRPC server fell; another takes its place", error=str(error))
                await self._carry(self._server)
                await self._replace()

    async def _carry(self, fallen: grpc.aio.Server) -> None:
        """Keep a fallen server until its calls have ended; of too many, the oldest goes."""
        self._fallen[fallen] = asyncio.get_running_loop().create_task(self._carried(fallen))
        if len(self._fallen) > _MOST_FALLEN:
            await next(iter(self._fallen)).stop(0)

    async def _carried(self, fallen: grpc.aio.Server) -> None:
        with contextlib.suppress(Exception):  # it raises once more what it fell of
            await fallen.wait_for_termination()
        await fallen.stop(0)
        del self._fallen[fallen]

    async def _replace(self) -> None:
        # A server that fails to bind one port keeps the others for ever, so one server tries them all.
        server = self._made()
        for address in self.addresses:
            await self._retake(server, address)
        await server.start()
        self._server = server

    async def _retake(self, server: grpc.aio.Server, address: Address) -> None:
        """Bind where the fallen server listened a moment ago, however long it takes."""
        pause = _LOOK_SECONDS
        while True:
            # grpc removes the socket that it listened at, and would remove its successor's.
            if address.path is None or not address.path.exists():
                with contextlib.suppress(ConfigError):
                    self._bind(server, address)
                    return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

"""/metrics over HTTP, in a thread of its own: a scrape that adds up ten thousand instances stops no call."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import prometheus_client
from prometheus_client.exposition import ThreadingWSGIServer

from interlock_host.errors import UNAUTHENTICATED, HostError
from interlock_host.security.guard import Guard
from interlock_host.security.rules import METRICS
from interlock_host.security.tls import ServerTls
from interlock_host.server.address import Address
from interlock_host.server.port import not_bound

_App = Callable[[dict[str, Any], Any], Iterable[bytes]]

_PATH = "/metrics"
_TEXT = ("Content-Type", "text/plain; charset=utf-8")

_POLL_SECONDS = 0.05
"""How long `close` may take."""

_MOST_CONNECTIONS = 64
"""Each has a thread while it lasts. A scrape takes milliseconds, so the oldest of too many is none."""

_PAUSE_SECONDS = 0.1
"""After a connection that could not be taken: it stays at the head of the queue, and to ask again at once
would take a processor for as long as the process has no file left."""


class MetricsServer:
    """Serves a registry, in OpenMetrics or Prometheus text as the scraper asks, until `close`.

    Raises:
        ConfigError: The address cannot be listened at.
    """

    def __init__(
        self,
        registry: prometheus_client.CollectorRegistry,
        address: Address,
        guard: Guard | None = None,
        tls: ServerTls | None = None,
    ) -> None:
        app = _at_path(prometheus_client.make_wsgi_app(registry))
        if guard is not None:
            app = _guarded(app, guard)
        app = _with_head(app)
        try:
            self._server = make_server(address.host, address.port, app, _server_class(address, tls), _Handler)
        except OSError as error:
            raise not_bound("metrics", address, error) from None
        self.address = Address(host=address.host, port=self._server.server_port)
        self._thread = threading.Thread(target=self._serve, name="interlock-metrics", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(_POLL_SECONDS)

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _at_path(app: _App) -> _App:
    """Say of all other paths that nothing is there: prometheus_client serves the same at each."""

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environment.get("PATH_INFO") == _PATH:
            return app(environment, start)
        start("404 Not Found", [_TEXT])
        return [f"nothing is here; the metrics are at {_PATH}\n".encode()]

    return answer


def _with_head(app: _App) -> _App:
    """Answer HEAD, with which checks of links and of health ask, as GET without the body."""

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environment["REQUEST_METHOD"] != "HEAD":
            return app(environment, start)
        begun: list[Any] = []
        body = b"".join(app(environment | {"REQUEST_METHOD": "GET"}, lambda *head: begun.append(head)))
        ((status, headers),) = begun
        start(status, [*headers, ("Content-Length", str(len(body)))])
        return []

    return answer


def _guarded(app: _App, guard: Guard) -> _App:
    """Ask for a token, as SECURITY.md says; Prometheus sends one by `authorization.credentials_file`."""

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        try:
            guard.check_header(environment.get("HTTP_AUTHORIZATION"), METRICS)
        except HostError as error:
            unknown = error.failure.code == UNAUTHENTICATED
            headers = [_TEXT, ("WWW-Authenticate", "Bearer")] if unknown else [_TEXT]
            start("401 Unauthorized" if unknown else "403 Forbidden", headers)
            return [f"{error}\n".encode()]
        return app(environment, start)

    return answer


class _Connections:
    """Those that are open, the oldest first. One too many ends the oldest: the slow keep nobody out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[socket.socket, None] = {}

    def begin(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = None
            if len(self._open) > _MOST_CONNECTIONS:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with contextlib.suppress(OSError):
                    # Its thread reads the end, and closes it. A TLS socket's own `shutdown` would first
                    # turn it into a plain one, under the hands of that thread.
                    socket.socket.shutdown(oldest, socket.SHUT_RDWR)

    def end(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)


def _server_class(address: Address, tls: ServerTls | None) -> type[ThreadingWSGIServer]:
    connections = _Connections()

    class Server(ThreadingWSGIServer):
        address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        request_queue_size = 2 * _MOST_CONNECTIONS

        def get_request(self) -> tuple[socket.socket, Any]:
            try:
                connection, peer = super().get_request()
            except OSError:
                time.sleep(_PAUSE_SECONDS)
                raise
            if tls is None:
                return connection, peer
            # The handshake comes with the first read, on the connection's own thread: a peer
            # that is slow with its own must not hold up the others.
            wrapped = tls.sockets.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return wrapped, peer

        def process_request(self, request: Any, client_address: Any) -> None:
            connections.begin(request)
            super().process_request(request, client_address)

        def shutdown_request(self, request: Any) -> None:
            connections.end(request)
            super().shutdown_request(request)

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A handshake that failed, a peer that left: the peer's own log says so.
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)

    return Server


class _Handler(WSGIRequestHandler):
    """A scrape every few seconds is no news."""

    timeout = 10
    """Seconds that a peer may be silent."""

    def log_message(self, format: str, *args: object) -> None:
        pass

"""/metrics over HTTP, in a thread of its own: a scrape that adds up ten thousand instances stops no call."""

from __future__ import annotations

import socket
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import prometheus_client
from prometheus_client.exposition import ThreadingWSGIServer

from interlock_host.config import ConfigError
from interlock_host.server.address import Address

_POLL_SECONDS = 0.05
"""How long `close` may take."""


class MetricsServer:
    """Serves a registry, in OpenMetrics or Prometheus text as the scraper asks, until `close`.

    Raises:
        ConfigError: The address cannot be listened at.
    """

    def __init__(self, registry: prometheus_client.CollectorRegistry, address: Address) -> None:
        app = prometheus_client.make_wsgi_app(registry)
        try:
            self._server = make_server(address.host, address.port, app, _server_class(address), _Handler)
        except OSError as error:
            raise ConfigError(f"metrics: cannot listen at {address}: {error.strerror or error}") from None
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


def _server_class(address: Address) -> type[ThreadingWSGIServer]:
    class Server(ThreadingWSGIServer):
        address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET

    return Server


class _Handler(WSGIRequestHandler):
    """A scrape every few seconds is no news."""

    def log_message(self, format: str, *args: object) -> None:
        pass

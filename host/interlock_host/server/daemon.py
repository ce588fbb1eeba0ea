"""The life of a host: what it serves, where it listens, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import resource

from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

from interlock_host import trace_export
from interlock_host.calls import CancelReason
from interlock_host.clock import Clock, RunClock, VirtualClock
from interlock_host.config import OFF, ConfigError, HostConfig
from interlock_host.driver import NoDriver
from interlock_host.engine import Engine, EngineConfig
from interlock_host.logs import logger
from interlock_host.metrics import CallMetrics
from interlock_host.security.setup import Security
from interlock_host.server.address import Address, default_addresses, parse_address
from interlock_host.server.built_in import HEALTH, REFLECTION, health_handlers, reflection_handlers
from interlock_host.server.folders import check_folder
from interlock_host.server.front import Front
from interlock_host.server.granting import check_limits
from interlock_host.server.host_service import SERVICE, HostService
from interlock_host.server.instance_config import InstanceConfigs
from interlock_host.server.keeping import Keeping, level_rule, make_engine, storage_of
from interlock_host.server.listener import Listener
from interlock_host.server.loop_driver import LoopDriver
from interlock_host.server.memory import give_back
from interlock_host.server.metrics_server import MetricsServer
from interlock_host.server.routes import Routes
from interlock_host.server.unix_socket import SocketClaim
from interlock_host.wasm.compiler import default_cache

VIRTUAL_START_NS = 10**18
"""Where a virtual clock begins, whatever the seed: 2001-09-09, 01:46:40 UTC."""

_FLUSH_SECONDS = 2.0
"""For the last answers to reach callers that read slowly."""

_PENDING_CALLS = 100_000  # that have arrived and were not looked at yet
_MOST_CONNECTIONS = 1 << 20
_OTHER_FILES = 200
"""Files that a host needs beside its gRPC connections; MetricsServer's connections are most of them."""
_MESSAGE_SLACK = 64 << 10
"""Bytes by which a message may pass what any module takes, and still reach the engine, which says why not."""


class Daemon:
    """A host that serves one engine. `start` it, use it, `stop` it, on one event loop.

    Args:
        config: What it was told.
    """

    def __init__(self, config: HostConfig) -> None:
        self.config = config
        self.listening: list[Address] = []
        """Where it listens, once it started; port 0 has become a port."""
        self.metrics_address: Address | None = None
        self._addresses = tuple(map(parse_address, config.listen)) or default_addresses()
        self._resources = contextlib.AsyncExitStack()
        self._health = HealthServicer()
        self._log = logger("daemon")

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            ConfigError: It was told something that cannot be done.
            ModuleError: A module cannot be served.
        """
        try:
            self.security = Security(self.config)
            self._check()
            self._trace()
            self._claim()
            self.engine = self._make_engine()
            self.metrics = CallMetrics(self.engine)
            self.metrics.registry.register(self.security.reloads)
            self.front = self._make_front()
            self._listener = await self._serve()
            self._serve_metrics()
            self._watch()
        except BaseException:
            await self._resources.aclose()
            raise
        self._log.info(
            "serving", listen=[str(a) for a in self.listening], modules=sorted(self.engine.modules)
        )

    async def drain(self) -> None:
        """Take no new calls, and say so to whoever asks after health."""
        self.engine.drain()
        await self._health.enter_graceful_shutdown()

    async def stop(self) -> None:
        """Take no new calls, give those that are parked `drain_seconds`, cancel the rest, and end."""
        await self.drain()
        seconds = self.config.drain_seconds
        self._log.info("draining", calls=len(self.front.open), seconds=seconds)
        closing = asyncio.ensure_future(self._listener.stop(seconds + 2 * _FLUSH_SECONDS))
        if not await self.front.emptied(seconds):
            self._log.info("cancelling parked calls", calls=self.front.cancel_all(CancelReason.SHUTDOWN))
            await self.front.emptied(_FLUSH_SECONDS)
        # What is still open now is health watchers, clients that do not read, and connections that their
        # clients are about to close: one that is cut may cost the last answer on it.
        await self._listener.stop(_FLUSH_SECONDS)
        await closing
        await self._resources.aclose()
        self._log.info("stopped")

    def _check(self) -> None:
        self.security.check_calls(self._addresses)
        for folder in self.config.modules:
            check_folder(folder)

    def _trace(self) -> None:
        """Export spans, where the environment asks for it; the last ones at the end."""
        self._tracer = None
        if trace_export.wanted():
            self._tracer, close = trace_export.open_export()
            self._resources.push_async_callback(asyncio.to_thread, close)

    def _claim(self) -> None:
        """Take the Unix sockets' paths, before the modules are compiled for nothing."""
        for address in self._addresses:
            if address.path is not None:
                try:
                    claim = SocketClaim(address.path)
                except OSError as error:
                    raise ConfigError(f"cannot listen at {address}: {error.strerror}") from None
                self._resources.callback(claim.release)

    def _make_engine(self) -> Engine:
        config = self.config
        virtual = config.clock == "virtual"
        clock: Clock = VirtualClock(VIRTUAL_START_NS) if virtual else RunClock()
        driver = NoDriver() if virtual else LoopDriver(clock)
        instance_configs = InstanceConfigs(config)
        options = EngineConfig(
            modules=config.modules,
            cache=config.cache or default_cache(),
            caps_of=config.caps_of,
            max_instances=config.max_instances,
            answer_bytes=config.answer_bytes,
            seed=config.seed if virtual else None,
            config_of=instance_configs,
            data=config.data,
            storage=storage_of(config),
            level_of=level_rule(config),
        )
        engine = make_engine(options, clock, driver)
        self._resources.callback(engine.close)
        check_limits(config, engine.modules)
        instance_configs.check(engine.modules)
        self._driver = driver
        self._keeping = Keeping(engine.life, self._health) if engine.life is not None else None
        if self._keeping is not None:
            self._keeping.attach()
        return engine

    def _make_front(self) -> Front:
        front = Front(self.engine, self.metrics, self.security.guard, self._tracer)
        self._resources.callback(front.close)
        if isinstance(self._driver, LoopDriver):
            slow = not all(map(front.inline, self.engine.modules.values()))
            self._driver.bind(self.engine.run_due, front.offload if slow else None)
        return front

    async def _serve(self) -> Listener:
        modules = list(self.engine.modules.values())
        services = [module.service for module in modules]
        host_service = HostService(self.front, self.config.drain_seconds, self.drain)
        built_in = {
            **health_handlers(self._health),
            **reflection_handlers(
                self.front, [*services, SERVICE, HEALTH, REFLECTION], [m.descriptor_set for m in modules]
            ),
            **host_service.handlers(),
        }
        for service in ("", SERVICE, *services):
            await self._health.set(service, HealthCheckResponse.SERVING)
        if self._keeping is not None:
            self._keeping.tell()
        largest = max((module.limits.max_message_bytes for module in modules), default=0)
        listener = Listener(
            Routes(self.front, built_in),
            self._addresses,
            _options(largest + _MESSAGE_SLACK, _most_connections(len(self._addresses))),
            self.security.tls,
        )
        await listener.start()
        self.listening = list(listener.addresses)
        self._resources.push_async_callback(listener.stop, 0)
        return listener

    def _serve_metrics(self) -> None:
        if self.config.metrics == OFF:
            return
        address = parse_address(self.config.metrics)
        if address.path is not None:
            raise ConfigError(f"metrics: {address} is no HOST:PORT")
        self.security.check_metrics(address)
        server = MetricsServer(self.metrics.registry, address, self.security.guard, self.security.tls)
        self._resources.callback(server.close)
        self.metrics_address = server.address

    def _watch(self) -> None:
        for task in (self.security.watch(), give_back()):
            watching = self.front.loop.create_task(task)
            self._resources.callback(watching.cancel)


def _most_connections(addresses: int) -> int:
    """Return how many connections each address may have, so that files are left for the rest of the host.

    Without that bound, peers who connect and do no more take the last file:
    /metrics goes deaf, and no file can be read again.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        files = _MOST_CONNECTIONS
    return max(files - _OTHER_FILES, files // 2) // addresses


def _options(largest_message: int, connections: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_allowed_incoming_connections", connections),
        # Whoever connects has so long to begin, silent or slow; grpc's own bound is 2 minutes.
        ("grpc.server_handshake_timeout_ms", 10_000),
        # Without it a second host on one port shares its calls at random, silently.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", largest_message),
        # A burst of more than 1,000 calls, grpc's own bound, would be cancelled unseen.
        ("grpc.server.max_pending_requests", _PENDING_CALLS),
        ("grpc.server.max_pending_requests_hard_limit", 2 * _PENDING_CALLS),
        # A peer that lost its power holds parked calls until a ping goes unanswered.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        # Clients that wait long ping too; grpc's own bound, 5 minutes, would disconnect them.
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]

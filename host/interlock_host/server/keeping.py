"""A daemon's data directory: how it is opened, and what its failures do to who listens."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

from interlock_host.clock import Clock
from interlock_host.config import ConfigError, HostConfig
from interlock_host.driver import Driver
from interlock_host.durability.levels import Level
from interlock_host.durability.life import Life
from interlock_host.durability.recovery import Recovered
from interlock_host.durability.store import JournalFailed, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.journal import DataLocked, JournalDamaged
from interlock_host.logs import LogObserver, logger
from interlock_host.module import Module

_PROGRESS_SECONDS = 1.0
GATHER_SECONDS = 0.003
"""A call over a network takes longer when there are many; alone, it waits for nothing."""
_log = logger("data")


def storage_of(config: HostConfig) -> StoreOptions:
    """Return how the data directory is kept."""
    return StoreOptions(
        async_seconds=config.async_seconds,
        gather_seconds=GATHER_SECONDS,
        snapshot_entries=config.snapshot_entries,
        snapshots_kept=config.snapshots_kept,
        journal_bytes=config.journal_bytes,
        idle_seconds=config.hibernate_seconds,
    )


def level_rule(config: HostConfig) -> Callable[[Module, str], Level | None]:
    """Return what the configuration says of an instance's durability."""

    def level_of(module: Module, name: str) -> Level | None:
        said = config.durability_of(module.name, name)
        return Level(said) if said else None

    return level_of


def make_engine(options: EngineConfig, clock: Clock, driver: Driver) -> Engine:
    """Make the engine, and with it what its data directory holds.

    Raises:
        ConfigError: The directory is in use, damaged where it cannot go on, or not to be read.
    """
    try:
        engine = Engine(options, clock=clock, driver=driver, observer=LogObserver(), progress=_Progress())
    except (DataLocked, JournalDamaged) as error:
        raise ConfigError(f"--data {options.data}: {error}") from None
    except OSError as error:
        if options.data is None:
            raise
        raise ConfigError(f"--data {options.data}: {error.strerror or error}") from error
    if engine.recovered is not None:
        _tell(engine.recovered)
    return engine


class _Progress:
    """Logs how far a long recovery is."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PROGRESS_SECONDS

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            _log.info("recovering", instances=done, of=of)


def _tell(recovered: Recovered) -> None:
    for note in recovered.notes:
        _log.warning("recovered in spite of", damage=note)
    for refused in recovered.refused:
        _log.error("instance refused", error=refused)
    _log.info(
        "recovered",
        instances=recovered.instances,
        entries=recovered.entries,
        seconds=round(recovered.seconds, 4),
        refused=len(recovered.refused),
    )


class Keeping:
    """Brings what the store's thread has to say to the event loop; health says whether it can write."""

    def __init__(self, life: Life, health: HealthServicer) -> None:
        self._life = life
        self._health = health
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self) -> None:
        """Hear of the store from now on."""
        store = self._life.store
        store.on_durable = lambda lsn: self._soon(store.barrier.release, lsn)
        store.on_failed = lambda failure: self._soon(self._failed, failure)
        store.on_resumed = lambda: self._soon(self._resumed)

    def tell(self) -> None:
        """Say it of a journal that failed while it was recovered from: nobody heard of that."""
        failure = self._life.store.failure
        if failure is not None:
            self._refuse(failure)

    def _soon(self, callback: Callable[..., object], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _failed(self, failure: JournalFailed) -> None:
        self._life.failed(failure)
        self._refuse(failure)

    def _refuse(self, failure: JournalFailed) -> None:
        self._say(HealthCheckResponse.NOT_SERVING)
        if failure.final:  # whoever restarts hosts asks after the host as a whole
            self._set("", HealthCheckResponse.NOT_SERVING)

    def _resumed(self) -> None:
        self._life.resumed()
        self._say(HealthCheckResponse.SERVING)

    def _say(self, status: Any) -> None:
        if self._life.engine.draining:
            return
        for module in self._life.engine.modules.values():
            self._set(module.service, status)

    def _set(self, service: str, status: Any) -> None:
        task = self._loop.create_task(self._health.set(service, status))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

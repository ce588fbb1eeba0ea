"""Fixtures of the host's tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from interlock.v1 import contract_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.instance import Instance
from interlock_host.observer import EngineObserver
from tests.host import puppet

START_NS = 10**18


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Servers in this process run on the loop that `interlock serve` runs on."""
    return {"uvloop": uvloop.new_event_loop}


class Watcher(EngineObserver):
    """Keeps what an engine tells."""

    def __init__(self) -> None:
        self.traps: list[str] = []
        self.faults: list[str] = []
        self.events: list[tuple[int, str]] = []
        self.outputs: list[str] = []

    def trap(self, instance: Instance, message: str) -> None:
        self.traps.append(message)

    def fault(self, instance: Instance, message: str) -> None:
        self.faults.append(message)

    def event(self, instance: Instance, call_id: int, text: str) -> None:
        self.events.append((call_id, text))

    def output(self, instance: Instance, text: str) -> None:
        self.outputs.append(text)


@pytest.fixture(scope="session")
def puppet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the packed puppet."""
    folder = tmp_path_factory.mktemp("puppet")
    limits = contract_pb2.Limits(
        max_memory=4 << 20, max_message_bytes=100_000, max_parked_calls=8, max_parked_bytes=10_000
    )
    puppet.build(folder, limits)
    return folder


@pytest.fixture
def watcher() -> Watcher:
    """An observer that keeps what it is told."""
    return Watcher()


@pytest.fixture
def engine(puppet_folder: Path, watcher: Watcher) -> Iterator[Engine]:
    """An engine with the puppet and a virtual clock."""
    config = EngineConfig(modules=(puppet_folder,), standard=False, seed=1)
    engine = Engine(config, clock=VirtualClock(START_NS), observer=watcher)
    yield engine
    engine.close()

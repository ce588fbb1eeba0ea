"""A newest snapshot that is damaged, and a journal that no longer holds what led to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock_host.clock import VirtualClock
from interlock_host.disk import RealDisk
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level
from interlock_host.durability.retention import trim
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError
from interlock_host.served import STANDARD_MODULES
from tests.host.conftest import START_NS
from tests.host.session import Session

# Small enough that one busy instance presses the others' entries out.
OPTIONS = StoreOptions(segment_bytes=4096, journal_bytes=8192, idle_seconds=0)


class Host:
    """A durable counter in a data directory."""

    def __init__(self, path: Path) -> None:
        self.store = Store(RealDisk(path), OPTIONS, threads=False)
        config = EngineConfig(seed=1, level_of=lambda *_: Level.DURABLE)
        self.engine = Engine(config, clock=VirtualClock(START_NS), store=self.store)
        packed = STANDARD_MODULES / "counter.wasm"
        self.session = Session(self.engine, packed, "interlock.counter.v1.CounterService")

    def add(self, instance: str, times: int) -> None:
        for _ in range(times):
            self.session.send("Add", instance, adds=[{"key": "k", "delta": 1}])
            self.store.flush()

    def value(self, instance: str) -> int:
        return int(self.session.send("Get", instance, keys=["k"]).reply.values[0].value)

    def close(self) -> None:
        self.store.close(clean=False)


@pytest.fixture
def pressed(tmp_path: Path) -> Path:
    """Two snapshots of `a`, the newer one of all its entries; the journal holds none of them."""
    host = Host(tmp_path)
    host.add("a", 10)
    (saved,) = host.engine.instances()
    assert isinstance(saved, DurableInstance)
    saved.save()
    host.add("a", 10)
    saved.save()
    host.close()
    host = Host(tmp_path)  # its journal begins a segment
    host.add("b", 100)
    assert host.engine.life is not None
    trim(host.engine.life)
    assert host.store.journal.segments()[0].first_lsn > saved.last_lsn
    assert len(host.store.snapshots.lsns(saved.id)) == 2
    host.close()
    return tmp_path


def test_whole(pressed: Path) -> None:
    host = Host(pressed)
    assert (host.value("a"), host.value("b")) == (20, 100)
    host.close()


def test_damaged(pressed: Path) -> None:
    """The older one leads to 10, and 20 was acknowledged: it is refused, and names the file."""
    damaged = sorted((pressed / "snapshots").glob(f"{1:020}-*"))[-1]
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    host = Host(pressed)
    with pytest.raises(HostError, match=f"{damaged.name}: its checksum is wrong"):
        host.value("a")
    assert host.value("b") == 100
    host.close()

"""An engine over a disk in memory, which can be lost and started again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from interlock.counter.v1 import counter_pb2
from interlock_host.answers import KEPT_IN_ALL
from interlock_host.calls import Call, Record
from interlock_host.clock import VirtualClock
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level
from interlock_host.durability.life import Life
from interlock_host.durability.recovery import Recovered
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import failure_of
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.scan import scan
from tests.host import puppet
from tests.host.conftest import START_NS, Watcher
from tests.host.snapshot.memory_disk import MemoryDisk

COUNTER = "/interlock.counter.v1.CounterService/"


class World:
    """One data directory, and the engine of the moment."""

    def __init__(
        self,
        *folders: Path,
        options: StoreOptions | None = None,
        most: int = 10_000,
        standard: bool = True,
        answer_bytes: int = KEPT_IN_ALL,
    ) -> None:
        self.disk = MemoryDisk()
        self.options = options or StoreOptions()
        self.level: Level | None = None
        self.watcher = Watcher()
        self.config = EngineConfig(
            modules=folders,
            standard=standard,
            seed=1,
            max_instances=most,
            answer_bytes=answer_bytes,
            level_of=lambda module, name: self.level,
        )
        self.now = START_NS
        self.start()

    def start(self) -> None:
        """Start a host on what the disk has."""
        store = Store(self.disk, self.options, threads=False)
        clock = VirtualClock(self.now)
        self.engine = Engine(self.config, clock=clock, observer=self.watcher, store=store)

    def crash(self) -> None:
        """Lose all that is in memory, and start again."""
        self.now = self.engine.clock.now()
        self.life.store.close(clean=False)
        self.start()

    def restart(self) -> None:
        """Stop in order, and start again."""
        self.now = self.engine.clock.now()
        self.engine.close()
        self.start()

    def serve(self, *folders: Path) -> None:
        """Serve other modules from the next start on."""
        self.config = dataclasses.replace(self.config, modules=folders)

    @property
    def life(self) -> Life:
        assert self.engine.life is not None
        return self.engine.life

    @property
    def recovered(self) -> Recovered:
        assert self.engine.recovered is not None
        return self.engine.recovered

    def sync(self) -> bool:
        """Make durable what was done."""
        return self.life.store.flush()

    # Calls

    def add(self, delta: int = 1, *, scope: bytes = b"", instance: str = "a") -> Called:
        adds = [counter_pb2.Addition(delta=delta)]
        request = counter_pb2.AddRequest(instance=instance, adds=adds).SerializeToString()
        return self.call(COUNTER + "Add", request, scope)

    def value(self, instance: str = "a") -> int | None:
        """Read a counter; None if the answer is held back."""
        request = counter_pb2.GetRequest(instance=instance, keys=[""]).SerializeToString()
        called = self.call(COUNTER + "Get", request)
        if called.record is None:
            return None
        assert called.record.status == 0, called.reason
        return counter_pb2.GetResponse.FromString(called.record.payload).values[0].value

    def do(self, *script: bytes, method: str = "Do", instance: bytes = b"a", scope: bytes = b"") -> Called:
        """Have the puppet do something."""
        return self.call(puppet.SERVICE + method, puppet.request(*script, instance=instance), scope)

    def call(self, path: str, request: bytes, scope: bytes = b"") -> Called:
        method = self.engine.method(path)
        assert method is not None
        records: list[Record] = []
        call = self.engine.start(method, request, records.append, None, scope)
        return Called(call, records)

    def instance(self, module: str = "counter", name: str = "a") -> DurableInstance:
        instance = self.engine.instance(module, name)
        assert isinstance(instance, DurableInstance)
        return instance

    def entries(self) -> list[Entry]:
        """What the journal on the disk has."""
        return list(scan(self.disk).all())

    def kinds(self) -> list[str]:
        return [Kind(entry.kind).name for entry in self.entries()]


class Called:
    """A call, and what its caller was given."""

    def __init__(self, call: Call, records: list[Record]) -> None:
        self.call = call
        self.records = records
        """What its sink was given."""

    @property
    def record(self) -> Record | None:
        """The final answer, once the caller has it."""
        if self.records:
            assert self.records[-1] == self.call.answer
        return self.call.answer

    @property
    def data(self) -> bytes | None:
        """The payload of an answer that is none of the module's errors."""
        assert self.record is None or self.record.status == 0, self.reason
        return self.record.payload if self.record is not None else None

    @property
    def reason(self) -> str:
        assert self.record is not None
        return failure_of(self.record).reason

"""Counter: no entry does more than a small part of what its budget allows, whatever falls due at once.

What it does is counted in wasmtime's fuel, which is WebAssembly instructions, and not in time: processors
of today do some thousands of them in a microsecond, and an entry has 10 ms.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import wasmtime

from interlock.counter.v1 import counter_pb2 as pb
from interlock_host.served import STANDARD_MODULES

CONTROL, HEAD = struct.Struct("<qIIIIQ"), struct.Struct("<QIHH")
MOST = 35_000_000
PLENTY = 1 << 60
NOW = 10**18
MANY = 20_000


class Fueled:
    """One counter, entered as a host does, its instructions counted."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self._store = wasmtime.Store(engine)
        self._store.set_fuel(PLENTY)
        self._exports: Any = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._control = self._call("interlock_control")
        self._calls = 0
        self.worst = 0
        self.answered: list[int] = []
        """Calls in the order of their answers."""
        assert self._call("interlock_configure", 0, NOW) == 0

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._exports[name](self._store, *arguments) or 0)

    def _block(self) -> tuple[int, ...]:
        memory = self._exports["memory"]
        return CONTROL.unpack(memory.read(self._store, self._control, self._control + CONTROL.size))

    def _enter(self, name: str, *arguments: int) -> int:
        before = self._store.get_fuel()
        self._call(name, *arguments)
        self.worst = max(self.worst, before - self._store.get_fuel())
        deadline, outbox, size, *_ = self._block()
        records = bytes(self._exports["memory"].read(self._store, outbox, outbox + size))
        at = 0
        while at < size:
            call, length, status, _ = HEAD.unpack_from(records, at)
            assert status == 0, records[at:]
            self.answered += [call] * bool(call)  # call 0: that more is due
            at += HEAD.size + (length + 7 & ~7)
        assert records or name != "interlock_tick", "a tick did nothing that its host sees"
        return deadline

    def start(self, method: str, message: Any) -> None:
        """Make a call, and all that is due at once after it."""
        data = message.SerializeToString()
        self._calls += 1
        _, _, _, inbox, room, _ = self._block()
        place = inbox if len(data) <= room else self._call("interlock_buffer", len(data))
        self._exports["memory"].write(self._store, data, place)
        deadline = self._enter(method, self._calls, len(data), NOW)
        while deadline <= NOW:
            deadline = self._enter("interlock_tick", NOW)

    def tick(self, now: int) -> None:
        """Do what is due by then."""
        while self._enter("interlock_tick", now) <= now:
            pass


@pytest.fixture(scope="module")
def compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module.from_file(engine, str(STANDARD_MODULES / "counter.wasm"))


@pytest.fixture
def c(compiled: tuple[wasmtime.Engine, wasmtime.Module]) -> Iterator[Fueled]:
    counter = Fueled(*compiled)
    yield counter
    assert 0 < counter.worst < MOST


def adding(keys: list[str]) -> pb.AddRequest:
    return pb.AddRequest(instance="c", adds=[pb.Addition(key=key, delta=1, once=key[-32:]) for key in keys])


def waiting(key: str, **bounds: int) -> pb.WaitRequest:
    return pb.WaitRequest(instance="c", key=key, wait_ms=1000, **bounds)


@pytest.mark.parametrize(
    "numbered",
    [lambda i: i, lambda i: 999_999 - i, lambda i: i * 7_919 % 1_000_000],
    ids=["rising", "falling", "scattered"],
)
def test_keys_that_begin_alike(c: Fueled, numbered: Callable[[int], int]) -> None:
    keys = ["https://example.org/" + "shop/" * 30 + f"{numbered(i):06}" for i in range(MANY)]
    for part in range(0, MANY, 1_000):
        c.start("Add", adding(keys[part : part + 1_000]))
    c.start("Get", pb.GetRequest(instance="c", keys=keys[:1_000]))
    c.start("Reset", pb.ResetRequest(instance="c", keys=keys[-1_000:]))


def test_all_waiters_of_a_key(c: Fueled) -> None:
    for _ in range(MANY):
        c.start("Wait", waiting("gate", at_least=1))
    c.start("Add", adding(["gate"]))
    assert c.answered == [MANY + 1, *range(1, MANY + 1)]


def test_waiters_that_none_of_it_wakes(c: Fueled) -> None:
    for number in range(MANY):
        c.start("Wait", waiting("gate", at_least=MANY - number))
    c.start("Add", adding(["gate"]))
    assert c.answered == [MANY + 1, MANY]


def test_a_waiter_of_each_key(c: Fueled) -> None:
    keys = [f"{number}" for number in range(MANY)]
    for part in range(0, MANY, 1_000):
        c.start("Add", adding(keys[part : part + 1_000]))
    c.answered.clear()
    for key in reversed(keys):
        c.start("Wait", waiting(key, at_most=0))
    assert not c.answered
    c.start("Reset", pb.ResetRequest(instance="c"))
    assert c.answered[0] == MANY // 1_000 + MANY + 1
    assert c.answered[1:] == sorted(c.answered[1:]) and len(c.answered) == 1 + MANY


def test_all_time_out_at_once(c: Fueled) -> None:
    for number in range(MANY):
        c.start("Wait", waiting(f"{number % 100}", at_least=1))
    c.tick(NOW + 1_000_000_000)
    assert c.answered == list(range(1, MANY + 1))

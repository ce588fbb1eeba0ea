"""One counter in an engine whose time is the test's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from interlock.counter.v1 import counter_pb2 as pb
from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import Failure, failure_of
from interlock_host.instance import Instance
from interlock_host.observer import EngineObserver
from interlock_host.wasm.machine import Machine

SERVICE = "/interlock.counter.v1.CounterService/"
START_NS = 10**18
MS = 1_000_000
WINDOW_MS = 600_000
"""How long a `once` is known."""


class Alarm(EngineObserver):
    """Keeps what must not happen in any test of a module that works."""

    def __init__(self) -> None:
        self.raised: list[str] = []

    def trap(self, instance: Instance, message: str) -> None:
        self.raised.append(f"trap: {message}")

    def fault(self, instance: Instance, message: str) -> None:
        self.raised.append(f"fault: {message}")


class Pending:
    """A call, and what has come of it."""

    def __init__(self, session: Session, method: str) -> None:
        self._session = session
        self.method = method
        self._response = getattr(pb, f"{method}Response")
        self.call: Call | None = None
        self.message: Any = None
        self.refusal: Failure | None = None
        self.done = False

    def take(self, record: Record) -> None:
        assert not self.done, "a record behind the final one"
        self.done = True
        if record.status:
            self.refusal = failure_of(record)
        else:
            self.message = self._response.FromString(record.payload)
        self._session.finished.append(self)

    @property
    def reply(self) -> Any:
        assert self.refusal is None, self.refusal
        assert self.done, "the call is parked"
        return self.message

    @property
    def why(self) -> tuple[int, str, str]:
        """The code, reason and field with which the call was refused."""
        assert self.refusal is not None
        return self.refusal.code, self.refusal.reason, self.refusal.field

    def cancel(self) -> None:
        assert self.call is not None
        self.call.cancel(CancelReason.DISCONNECT)


class Session:
    """An engine with a virtual clock, and calls to one instance of counter."""

    def __init__(self, max_memory: int = 64 << 20, config: bytes = b"") -> None:
        self.alarm = Alarm()
        self.clock = VirtualClock(START_NS)
        self.finished: list[Pending] = []
        """Calls in the order of their final records."""
        engine_config = EngineConfig(
            seed=1,
            config_of=lambda module, instance: config,
        )
        self.engine = Engine(engine_config, clock=self.clock, observer=self.alarm)
        # A budget is wall time: on a machine that does more than this test it would decide the outcome.
        module = self.engine.modules["counter"]
        module.limits = replace(module.limits, max_memory=max_memory, entry_budget_ms=60_000)

    def start(self, method: str, instance: str = "c", **fields: Any) -> Pending:
        pending = Pending(self, method)
        found = self.engine.method(SERVICE + method)
        assert found is not None
        request = getattr(pb, f"{method}Request")(instance=instance, **fields)
        pending.call = self.engine.start(found, request.SerializeToString(), pending.take)
        if pending.call.answer is not None and not pending.done:
            pending.take(pending.call.answer)
        return pending

    def ask(self, method: str, **fields: Any) -> Any:
        """Make a call that is answered at once and well; return the reply."""
        return self.start(method, **fields).reply

    def start_add(self, *adds: tuple[Any, ...]) -> Pending:
        """Each is a key, a delta and perhaps a once."""
        return self.start("Add", adds=[addition(*one) for one in adds])

    def add(self, *adds: tuple[Any, ...]) -> list[tuple[str, int, bool]]:
        return [(one.key, one.value, one.applied) for one in self.start_add(*adds).reply.values]

    def get(self, *keys: str) -> list[int]:
        return [one.value for one in self.ask("Get", keys=keys).values]

    def swap(self, key: str, expected: int, value: int) -> tuple[bool, int]:
        reply = self.ask("CompareAndSet", key=key, expected=expected, value=value)
        return reply.swapped, reply.value

    def reset(self, *keys: str) -> int:
        return int(self.ask("Reset", keys=keys).reset)

    def pages(self, page_size: int = 0, prefix: str = "") -> Iterable[list[tuple[str, int]]]:
        token = ""
        while True:
            page = self.ask("List", prefix=prefix, page_size=page_size, page_token=token)
            yield [(one.key, one.value) for one in page.values]
            token = page.next_page_token
            if not token:
                return

    def listed(self, page_size: int = 0, prefix: str = "") -> list[tuple[str, int]]:
        return [pair for page in self.pages(page_size, prefix) for pair in page]

    def wait(self, key: str, wait_ms: int = 1000, **bounds: Any) -> Pending:
        return self.start("Wait", key=key, wait_ms=wait_ms, **bounds)

    def metrics(self) -> dict[str, int]:
        metrics = self.engine.instance("counter", "c").metrics()
        return {value.name: value.value for value in metrics.values}

    def machine(self, instance: str = "c") -> Machine:
        machine = self.engine.instance("counter", instance).machine
        assert machine is not None
        return machine

    def state(self, instance: str = "c") -> bytes:
        machine = self.machine(instance)
        found = machine.call("interlock_state") & (1 << 64) - 1
        state = machine.read(found >> 32, found & 0xFFFFFFFF)
        assert state is not None
        return state

    def load(self, state: bytes, instance: str) -> int:
        """Load a state into an instance that is as it was made; return the code."""
        self.start("Reset", instance=instance)
        machine = self.machine(instance)
        assert machine.post(state)
        return machine.call("interlock_load", len(state), self.clock.now()) & 0xFFFFFFFF

    def advance(self, ms: float) -> None:
        self.engine.advance(round(ms * MS))

    def close(self) -> None:
        self.engine.close()
        assert not self.alarm.raised, self.alarm.raised


def addition(key: str, delta: int, once: str = "") -> pb.Addition:
    return pb.Addition(key=key, delta=delta, once=once)

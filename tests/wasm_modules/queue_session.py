"""One queue in an engine whose time is the test's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interlock.queue.v1 import queue_pb2
from interlock.queue.v1.queue_pb2 import Delivery, Item
from interlock_host.calls import Call, CancelReason, Record
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import Failure, failure_of
from interlock_host.instance import Instance
from interlock_host.observer import EngineObserver

SERVICE = "/interlock.queue.v1.QueueService/"
START_NS = 10**18
MS = 1_000_000
CHARGE = 48
"""What an item takes of the capacity besides its id and data."""


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
        self._method = method
        self._response = getattr(queue_pb2, f"{method}Response")
        self.call: Call | None = None
        self.messages: list[Any] = []
        """The replies: at most one, but for Subscribe."""
        self.refusal: Failure | None = None
        self.done = False

    def take(self, record: Record) -> None:
        assert not self.done, "a record behind the final one"
        if record.status:
            self.refusal = failure_of(record)
        elif record.is_message:
            self.messages.append(self._response.FromString(record.payload))
        self.done = record.final
        if self.done:
            self._session.finished.append(self)

    @property
    def reply(self) -> Any:
        """The one reply of a call that was answered."""
        assert self.refusal is None, self.refusal
        assert len(self.messages) == 1, f"{self._method} is parked"
        return self.messages[0]

    @property
    def reason(self) -> str:
        """Why the call was refused."""
        assert self.refusal is not None
        return self.refusal.reason

    @property
    def data(self) -> list[bytes]:
        """The data of all items so far."""
        return [item.data for message in self.messages for item in message.items]

    @property
    def items(self) -> list[Delivery]:
        """All items so far."""
        return [item for message in self.messages for item in message.items]

    def cancel(self, reason: CancelReason = CancelReason.DISCONNECT) -> None:
        assert self.call is not None
        self.call.cancel(reason)


class Session:
    """An engine with a virtual clock, and calls to one instance of queue."""

    def __init__(self, name: str = "q", config: bytes = b"") -> None:
        self.alarm = Alarm()
        self.name = name
        self.finished: list[Pending] = []
        """Calls in the order of their final records."""
        engine_config = EngineConfig(seed=1, config_of=lambda module, instance: config)
        self.engine = Engine(engine_config, clock=VirtualClock(START_NS), observer=self.alarm)

    def start(self, method: str, **fields: object) -> Pending:
        """Make a call."""
        request = getattr(queue_pb2, f"{method}Request")(instance=self.name, **fields)
        return self.start_bytes(method, request.SerializeToString())

    def start_bytes(self, method: str, request: bytes) -> Pending:
        pending = Pending(self, method)
        found = self.engine.method(SERVICE + method)
        assert found is not None
        pending.call = self.engine.start(found, request, pending.take)
        if pending.call.answer is not None and not pending.done:
            pending.take(pending.call.answer)
        return pending

    def ask(self, method: str, **fields: object) -> Any:
        """Make a call that is answered at once and well; return the reply."""
        return self.start(method, **fields).reply

    def push(self, *data: bytes, **fields: object) -> Any:
        return self.ask("Push", items=[Item(data=one) for one in data], **fields)

    def pop(self, most: int = 1, **fields: object) -> list[Delivery]:
        return list(self.ask("Pop", max_items=most, **fields).items)

    def popped(self, most: int = 100, **fields: object) -> list[bytes]:
        """The data of what a Pop finds."""
        return [item.data for item in self.pop(most, **fields)]

    def ack(self, items: Iterable[Delivery]) -> Any:
        return self.ask("Ack", receipts=[item.receipt for item in items])

    def nack(self, items: Iterable[Delivery], **fields: object) -> Any:
        return self.ask("Nack", receipts=[item.receipt for item in items], **fields)

    def stats(self) -> Any:
        return self.ask("Stats")

    def metrics(self) -> dict[str, int]:
        metrics = self.engine.instance("queue", self.name).metrics()
        return {value.name: value.value for value in metrics.values}

    def advance(self, ms: float) -> None:
        self.engine.advance(round(ms * MS))

    def close(self) -> None:
        self.engine.close()
        assert not self.alarm.raised, self.alarm.raised

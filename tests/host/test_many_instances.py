"""What a call does does not grow with the number of instances that live beside it.

Times are the business of `tests/bench`; here the steps are counted, which no other load can change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from interlock.counter.v1 import counter_pb2
from interlock_host.clock import VirtualClock
from interlock_host.engine import Engine, EngineConfig
from tests.host.conftest import START_NS

SERVICE = "/interlock.counter.v1.CounterService/"
MANY = 1_000


class Steps:
    """Counts the bytecodes that run inside a `with`, and the calls of what is written in C."""

    def __init__(self) -> None:
        self.bytecodes = 0
        self.built_in: list[str] = []

    def _trace(self, frame: FrameType, event: str, _arg: Any) -> Any:
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        self.bytecodes += event == "opcode"
        return self._trace

    def _profile(self, _frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and arg is not sys.settrace:
            self.built_in.append(arg.__name__)

    def __enter__(self) -> Steps:
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        sys.setprofile(None)


def request(method: str, instance: str) -> bytes:
    """Return the bytes of a call of one key."""
    if method == "Get":
        return counter_pb2.GetRequest(instance=instance, keys=["home"]).SerializeToString()
    added = counter_pb2.Addition(key="home", delta=1)
    return counter_pb2.AddRequest(instance=instance, adds=[added]).SerializeToString()


@pytest.fixture
def counters() -> Iterator[Engine]:
    """An engine with the standard modules and a clock that stands."""
    engine = Engine(EngineConfig(), clock=VirtualClock(START_NS))
    yield engine
    engine.close()


@pytest.mark.parametrize("method_name", ["Add", "Get"])
def test_a_call_takes_as_many_steps_beside_a_thousand_instances(counters: Engine, method_name: str) -> None:
    add, method = counters.method(SERVICE + "Add"), counters.method(SERVICE + method_name)
    assert add is not None and method is not None
    called = request(method_name, "first")
    counters.start(add, request("Add", "first"))
    counters.start(method, called)  # whatever is looked up at first use
    with Steps() as alone:
        counters.start(method, called)
    for number in range(MANY):
        counters.start(add, request("Add", f"beside-{number}"))
    with Steps() as beside:
        counters.start(method, called)
    assert alone.bytecodes > 100 and len(alone.built_in) > 3  # it counts
    assert (beside.bytecodes, beside.built_in) == (alone.bytecodes, alone.built_in)

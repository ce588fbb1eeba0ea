"""Calls to any module, by the path of the method."""

from __future__ import annotations

from typing import Any

import pytest

import interlock
from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2

ADD = "interlock.counter.v1.CounterService/Add"
REQUEST = counter_pb2.AddRequest(instance="hits", adds=[counter_pb2.Addition(delta=2)])


def test_message() -> None:
    with interlock.open("local:") as il:
        reply = il.call(ADD, REQUEST)
        assert isinstance(reply, counter_pb2.AddResponse)
        assert reply.values[0].value == 2


def test_bytes() -> None:
    with interlock.open("local:") as il:
        reply = il.call("/" + ADD, REQUEST.SerializeToString())
        assert counter_pb2.AddResponse.FromString(reply).values[0].value == 2
        typed = il.call(ADD, REQUEST.SerializeToString(), counter_pb2.AddResponse)
        assert typed.values[0].value == 4


def test_stream() -> None:
    with interlock.open("local:") as il:
        il.queue("orders").push(b"one")
        request = queue_pb2.SubscribeRequest(instance="orders", credit=1)
        messages = il.stream("interlock.queue.v1.QueueService/Subscribe", request)
        assert next(messages).items[0].data == b"one"
        messages.close()  # type: ignore[attr-defined]
        assert il.queue("orders").stats().waiters == 0


async def test_asyncio() -> None:
    async with interlock.aio.open("local:") as il:
        assert (await il.call(ADD, REQUEST)).values[0].value == 2


def test_unknown_method() -> None:
    with interlock.open("local:") as il:
        with pytest.raises(interlock.UnknownMethod):
            il.call("acme.gate.v1.GateService/Pass", b"")
        with pytest.raises(interlock.UnknownMethod):
            next(il.stream("acme.gate.v1.GateService/Follow", b""))


@pytest.mark.parametrize("method", ["", "Add", "a.b/c/d", "/", "interlock.counter.v1.CounterService/"])
def test_no_method(method: str) -> None:
    with interlock.open("local:") as il, pytest.raises(interlock.Invalid) as caught:
        il.call(method, b"")
    assert caught.value.field == "method"


def test_descriptors_that_know_no_such_method() -> None:
    with interlock.open("local:") as il, pytest.raises(interlock.Invalid, match="name the reply's class"):
        il.call("acme.gate.v1.GateService/Pass", REQUEST)


@pytest.mark.parametrize("request_", ["text", None, 5])
def test_wrong_type(request_: Any) -> None:
    with interlock.open("local:") as il, pytest.raises(interlock.WrongType):
        il.call(ADD, request_)

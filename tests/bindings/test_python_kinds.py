"""A method that answers once is no stream, nor the other way round; the same wherever the instances are."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import interlock
from interlock.queue.v1 import queue_pb2
from tests.behaviour.daemon import serving
from tests.host import probe
from tests.host import serving as in_this_process

STATS = "interlock.queue.v1.QueueService/Stats"
SUBSCRIBE = "interlock.queue.v1.QueueService/Subscribe"
NAMED = queue_pb2.StatsRequest(instance="kinds").SerializeToString()
CREDIT = queue_pb2.SubscribeRequest(instance="kinds", credit=1).SerializeToString()


def _said(error: interlock.Error) -> tuple[str, str, str]:
    return error.reason, error.field, error.message


def test_a_stream_of_one_answer(url: str) -> None:
    with interlock.open(url) as il:
        with pytest.raises(interlock.Invalid) as caught:
            list(il.stream(STATS, NAMED))
        text = f"{STATS} answers once: it is a call, not a stream"
        assert _said(caught.value) == ("INVALID_PROTO", "method", text)
        assert il.call(STATS, NAMED) == b""


def test_a_call_that_answers_with_a_stream(url: str) -> None:
    with interlock.open(url) as il:
        with pytest.raises(interlock.Invalid) as caught:
            il.call(SUBSCRIBE, CREDIT)
        text = f"{SUBSCRIBE} answers with a stream: open it as one"
        assert _said(caught.value) == ("INVALID_PROTO", "method", text)
        il.queue("kinds").push(b"one")
        messages = il.stream(SUBSCRIBE, CREDIT)
        assert queue_pb2.SubscribeResponse.FromString(next(messages)).items[0].data == b"one"
        messages.close()  # type: ignore[attr-defined]
        il.queue("kinds").purge()


async def test_asyncio(url: str) -> None:
    async with interlock.aio.open(url) as il:
        with pytest.raises(interlock.Invalid, match="answers once"):
            async for _ in il.stream(STATS, NAMED):
                pytest.fail("it is no stream")
        with pytest.raises(interlock.Invalid, match="answers with a stream"):
            await il.call(SUBSCRIBE, CREDIT)
        assert await il.call(STATS, NAMED) == b""


@pytest.mark.parametrize("placement", ["local", "unix"])
@pytest.mark.parametrize("method", ["Collect", "Chat"])
def test_a_method_that_takes_a_stream(placement: str, method: str, tmp_path: Path) -> None:
    modules, path = probe.write_probe(tmp_path / "modules"), f"{probe.SERVICE}/{method}"
    with contextlib.ExitStack() as stack:
        if placement == "local":
            il = stack.enter_context(interlock.open("local:", modules=[modules]))
        else:
            url, _ = stack.enter_context(serving(tmp_path, "--modules", str(modules)))
            il = stack.enter_context(interlock.open(url))
        with pytest.raises(interlock.Invalid, match=f"{path} takes a stream of messages"):
            il.call(path, probe.message())
        with pytest.raises(interlock.Invalid, match=f"{path} takes a stream of messages"):
            list(il.stream(path, probe.message()))


async def test_they_are_counted(tmp_path: Path) -> None:
    """By the daemon and in process alike, so that a program that is mistaken is seen."""
    async with in_this_process.serving(tmp_path) as served, interlock.aio.open(f"unix://{tmp_path}/s") as il:
        await _mistaken(il)
        assert _counted(served.daemon.metrics.registry) == MISTAKES
    async with interlock.aio.open("local:") as il:
        await _mistaken(il)
        assert _counted(il.metrics) == MISTAKES


MISTAKES = {
    ("unknown", "unknown", "UNIMPLEMENTED"): 1,
    ("queue", "Stats", "INVALID_ARGUMENT"): 1,
    ("queue", "Subscribe", "INVALID_ARGUMENT"): 1,
}


async def _mistaken(il: interlock.aio.Client) -> None:
    with pytest.raises(interlock.UnknownMethod):
        await il.call("acme.gate.v1.GateService/Pass", b"")
    with pytest.raises(interlock.Invalid):
        await il.call(SUBSCRIBE, CREDIT)
    with pytest.raises(interlock.Invalid):
        await anext(il.stream(STATS, NAMED))


def _counted(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels[name] for name in ("wasm_module", "method", "status")): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "wasm_metric_counter_total"
    }

"""A program with OpenTelemetry's SDK: `python -m tests.bindings.traced_program sync|aio URL [MODULES]`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from opentelemetry import baggage, context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client.openmetrics.exposition import generate_latest

import interlock
import interlock.aio
from interlock.queue.v1 import queue_pb2
from tests.host import probe

ECHO = f"{probe.SERVICE}/Echo"
SUBSCRIBE = "interlock.queue.v1.QueueService/Subscribe"
SUBSCRIPTION = queue_pb2.SubscribeRequest(instance="orders", credit=1, lease_ms=60_000)


def on_threads(url: str, *modules: str) -> None:
    with interlock.open(url, modules=modules) as il:
        il.call(ECHO, probe.message(b"x"))
        orders = il.queue("orders", max_items=10)
        orders.push(b"one")
        stream = il.stream(SUBSCRIBE, SUBSCRIPTION)
        next(stream)
        stream.close()  # type: ignore[attr-defined]  # a generator's
        assert orders.pop(timeout=10.0).data == b"one"  # the stream has given it back
        assert not orders.pop_many(1, timeout=0.01)
        try:
            orders.configure(max_items=11)
        except interlock.ConfigConflict:
            if modules:
                check_exemplars(il.metrics)
            return
        raise AssertionError("no conflict")


async def on_a_loop(url: str, *modules: str) -> None:
    async with interlock.aio.open(url, modules=modules) as il:
        await il.call(ECHO, probe.message(b"x"))
        orders = await il.queue("orders", max_items=10)
        await orders.push(b"one")
        stream = il.stream(SUBSCRIBE, SUBSCRIPTION)
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # a generator's
        assert (await orders.pop(timeout=10.0)).data == b"one"  # the stream has given it back
        assert not await orders.pop_many(1, timeout=0.01)
        try:
            await orders.configure(max_items=11)
        except interlock.ConfigConflict:
            if modules:
                check_exemplars(il.metrics)
            return
        raise AssertionError("no conflict")


def check_exemplars(registry: Any) -> None:
    """The metrics of this process's own engine name the trace."""
    exposition: Any = generate_latest  # has no types
    span = trace.get_current_span().get_span_context()
    assert f'trace_id="{trace.format_trace_id(span.trace_id)}"' in exposition(registry).decode()


def main(kind: str, url: str, *modules: str) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "program"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    context.attach(baggage.set_baggage("interlock.tenant", "acme"))
    with provider.get_tracer("program").start_as_current_span("work"):
        if kind == "sync":
            on_threads(url, *modules)
        else:
            asyncio.run(on_a_loop(url, *modules))
    provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])

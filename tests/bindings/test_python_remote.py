"""The gRPC transports against a server that says what a test wants."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

import interlock
from interlock.counter.v1 import counter_pb2

Behaviour = Callable[[bytes, grpc.ServicerContext], bytes]
_VALUE = counter_pb2.GetResponse(values=[counter_pb2.KeyValue(key="", value=7)]).SerializeToString()


class Server(grpc.GenericRpcHandler):
    """Answers every method by one function."""

    def __init__(self, folder: Path) -> None:
        self.answer: Behaviour = lambda request, context: _VALUE
        self.metadata: list[dict[str, str]] = []
        self.calls = 0
        self.url = f"unix://{folder}/s"
        self._server: grpc.Server | None = None

    def start(self) -> None:
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self._server.add_insecure_port(self.url.replace("://", ":"))
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(0).wait()

    def service(self, details: Any) -> Any:
        self.metadata.append(dict(details.invocation_metadata))

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls += 1
            return self.answer(request, context)

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def started(server: Server) -> Server:
    server.start()
    return server


def refusing(code: grpc.StatusCode, text: str, *details: Any) -> Behaviour:
    """Return a behaviour that ends calls with a status."""

    def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
        status = status_pb2.Status(code=code.value[0], message=text)
        for detail in details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, text)

    return answer


def test_metadata(started: Server) -> None:
    with interlock.open(started.url, token="secret", metadata={"x-correlation-id": "c1"}) as il:
        assert il.counter("hits").get() == 7
    sent = started.metadata[0]
    assert sent["interlock-language"] == "python"
    assert sent["authorization"] == "Bearer secret"
    assert sent["x-correlation-id"] == "c1"
    assert sent["user-agent"].startswith("interlock-python/")
    assert "traceparent" not in sent


def test_trace_is_handed_on(started: Server) -> None:
    from opentelemetry import trace  # noqa: PLC0415

    context = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with interlock.open(started.url) as il, trace.use_span(trace.NonRecordingSpan(context)):
        il.counter("hits").get()
    assert started.metadata[0]["traceparent"] == f"00-{0xABC:032x}-{0xDEF:016x}-01"


def test_error_with_details(started: Server) -> None:
    info = error_details_pb2.ErrorInfo(reason="FENCED", domain="interlock", metadata={"field": "generation"})
    started.answer = refusing(grpc.StatusCode.FAILED_PRECONDITION, "stale", info)
    with interlock.open(started.url) as il, pytest.raises(interlock.Fenced) as caught:
        il.counter("hits").get()
    error = caught.value
    assert (error.reason, error.field, error.message) == ("FENCED", "generation", "stale")
    assert error.code is interlock.Code.FAILED_PRECONDITION


def test_error_without_details(started: Server) -> None:
    started.answer = refusing(grpc.StatusCode.PERMISSION_DENIED, "not you")
    with interlock.open(started.url) as il, pytest.raises(interlock.Denied, match="not you"):
        il.counter("hits").get()


def test_error_with_other_details(started: Server) -> None:
    other = error_details_pb2.BadRequest()
    info = error_details_pb2.ErrorInfo(reason="SHUT", domain="acme.gate.v1")
    started.answer = refusing(grpc.StatusCode.FAILED_PRECONDITION, "shut", other, info)
    with interlock.open(started.url) as il, pytest.raises(interlock.StateError) as caught:
        il.call("acme.gate.v1.GateService/Pass", b"")
    assert (caught.value.reason, caught.value.domain) == ("SHUT", "acme.gate.v1")


def test_nobody_there(server: Server) -> None:
    with interlock.open(server.url, retries=1) as il, pytest.raises(interlock.Unavailable) as caught:
        il.counter("hits").add(1)
    assert not caught.value.sent


def test_waits_for_a_host_that_starts(server: Server) -> None:
    """An Add is not safe to repeat; one that was never sent is."""
    added = counter_pb2.AddResponse(values=[counter_pb2.Added(value=1, applied=True)]).SerializeToString()
    server.answer = lambda request, context: added
    with interlock.open(server.url, retries=6) as il:
        pauses: list[float] = []
        wait = il.driver.pause

        def pause(seconds: float) -> None:
            if not pauses:
                server.start()
            pauses.append(seconds)
            wait(seconds)

        il.driver.pause = pause  # type: ignore[method-assign]
        assert il.counter("hits").add(1) == 1
    assert pauses
    assert server.calls == 1


def test_retries_carry_one_id(started: Server) -> None:
    started.answer = refusing(grpc.StatusCode.UNAVAILABLE, "going away")
    with interlock.open(started.url, reconnect=0) as il, pytest.raises(interlock.Unavailable) as caught:
        il.counter("hits").add(1)
    assert caught.value.sent
    assert started.calls == 4
    assert len({sent["request_id"] for sent in started.metadata}) == 1


def test_unsafe_is_not_repeated_on_a_state_that_began_anew(started: Server) -> None:
    info = error_details_pb2.ErrorInfo(reason="INSTANCE_RESTARTED", domain="interlock")
    started.answer = refusing(grpc.StatusCode.UNAVAILABLE, "began anew", info)
    with interlock.open(started.url) as il, pytest.raises(interlock.Unavailable):
        il.counter("hits").add(1)
    assert started.calls == 1


def test_a_read_has_no_id(started: Server) -> None:
    with interlock.open(started.url) as il:
        il.counter("hits").get()
    assert "request_id" not in started.metadata[0]


def test_safe_is_repeated(started: Server) -> None:
    refuse = refusing(grpc.StatusCode.UNAVAILABLE, "going away")
    started.answer = lambda request, context: refuse(request, context) if started.calls < 3 else _VALUE
    with interlock.open(started.url) as il:
        assert il.counter("hits").get() == 7
    assert started.calls == 3


def test_safety_net(started: Server) -> None:
    gone = threading.Event()

    def never(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(gone.set)
        gone.wait()
        return b""

    started.answer = never
    with interlock.open(started.url, deadline=0.05) as il, pytest.raises(interlock.DeadlineExceeded):
        il.counter("hits").get()
    assert gone.wait(20)


def test_closed(started: Server) -> None:
    il = interlock.open(started.url)
    il.close()
    with pytest.raises(interlock.ClientClosed):
        il.counter("hits").get()
    with pytest.raises(interlock.ClientClosed):
        next(il.stream("acme.gate.v1.GateService/Follow", b""))


def test_close_ends_calls(started: Server) -> None:
    inside, gone = threading.Event(), threading.Event()

    def never(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(gone.set)
        inside.set()
        gone.wait()
        return b""

    started.answer = never
    il = interlock.open(started.url)
    with futures.ThreadPoolExecutor() as threads:
        getting = threads.submit(il.counter("hits").get)
        inside.wait()
        il.close()
        with pytest.raises(interlock.ClientClosed):
            getting.result()


def test_no_metrics(started: Server) -> None:
    with interlock.open(started.url) as il, pytest.raises(interlock.Unsupported):
        _ = il.metrics


@pytest.fixture
async def tasks(started: Server) -> AsyncIterator[interlock.aio.Client]:
    async with interlock.aio.open(started.url, reconnect=0) as il:
        yield il


async def test_asyncio(started: Server, tasks: interlock.aio.Client) -> None:
    assert await tasks.counter("hits").get() == 7
    assert started.metadata[0]["interlock-language"] == "python"
    started.answer = refusing(grpc.StatusCode.UNAVAILABLE, "going away")
    with pytest.raises(interlock.Unavailable):
        await tasks.counter("hits").add(1)
    assert started.calls == 1 + 4
    assert len({sent["request_id"] for sent in started.metadata[1:]}) == 1

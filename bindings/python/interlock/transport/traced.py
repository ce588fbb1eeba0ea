"""A CLIENT span around each call, where the program has OpenTelemetry's SDK.

Placement makes no difference: over gRPC the span's context is sent as W3C
`traceparent` and baggage, in process the engine's spans find it as the current one.
A program without the SDK pays one look into a dictionary a call.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from interlock import _version
from interlock.errors import Code, Error
from interlock.ops.flow import Request
from interlock.transport import AsyncStream, AsyncTransport, Stream, Transport

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def start_span(path: str) -> Span | None:
    """Begin the span of a call of "/package.Service/Method"; None where no SDK is set up."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
        return None
    service, _, method = path.removeprefix("/").partition("/")
    attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
    tracer = provider.get_tracer("interlock", _version.VERSION)
    span: Span = tracer.start_span(f"{service}/{method}", kind=trace.SpanKind.CLIENT, attributes=attributes)
    return span


def end_span(span: Span, error: BaseException | None = None) -> None:
    """End a call's span; `error` is what came instead of its answer. A second end does nothing."""
    if not span.is_recording():
        return
    trace = sys.modules["opentelemetry.trace"]
    span.set_attribute("rpc.grpc.status_code", int(_code_of(error)))
    if error is not None:
        span.set_status(trace.Status(trace.StatusCode.ERROR, str(error)))
    span.end()


def _code_of(error: BaseException | None) -> Code:
    if error is None:
        return Code.OK
    if isinstance(error, Error):
        return error.code
    # A task that is cancelled, an interrupt: nobody waits for the answer any more.
    return Code.UNKNOWN if isinstance(error, Exception) else Code.CANCELLED


@contextlib.contextmanager
def ending(span: Span, *, early: bool = True) -> Iterator[None]:
    """Make a span the current one; end it by what is raised, else only if `early`."""
    trace = sys.modules["opentelemetry.trace"]
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        end_span(span, error)
        raise
    if early:
        end_span(span)


class TracedTransport:
    """Another transport's calls, with their spans."""

    def __init__(self, behind: Transport) -> None:
        self._behind = behind
        self._call = behind.call

    @property
    def registry(self) -> Any:
        """The registry of the transport behind."""
        return self._behind.registry

    def call(self, request: Request) -> bytes:
        """Send a request and return the bytes of its reply.

        Raises:
            Error: What came instead.
        """
        span = start_span(request.path)
        if span is None:
            return self._call(request)
        with ending(span):
            return self._call(request)

    def stream(self, request: Request) -> Stream:
        """Open a server stream."""
        span = start_span(request.path)
        if span is None:
            return self._behind.stream(request)
        with ending(span, early=False):
            return TracedStream(self._behind.stream(request), span)

    def close(self) -> None:
        """Close the transport behind."""
        self._behind.close()


class TracedStream:
    """A stream whose span ends with it."""

    def __init__(self, behind: Stream, span: Span) -> None:
        self._behind = behind
        self._span = span

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._behind)
        except StopIteration:
            end_span(self._span)
            raise
        except BaseException as error:
            end_span(self._span, error)
            raise

    def close(self) -> None:
        """End the call; the iteration ends too."""
        self._behind.close()
        end_span(self._span)

    def __del__(self) -> None:
        self.close()


class AsyncTracedTransport:
    """Another transport's calls, with their spans."""

    def __init__(self, behind: AsyncTransport) -> None:
        self._behind = behind

    @property
    def registry(self) -> Any:
        """The registry of the transport behind."""
        return self._behind.registry

    async def start(self) -> None:
        """Be ready for calls."""
        await self._behind.start()

    async def call(self, request: Request) -> bytes:
        """Send a request and return the bytes of its reply.

        Raises:
            Error: What came instead.
        """
        span = start_span(request.path)
        if span is None:
            return await self._behind.call(request)
        with ending(span):
            return await self._behind.call(request)

    def stream(self, request: Request) -> AsyncStream:
        """Open a server stream."""
        span = start_span(request.path)
        if span is None:
            return self._behind.stream(request)
        with ending(span, early=False):
            return AsyncTracedStream(self._behind.stream(request), span)

    async def close(self) -> None:
        """Close the transport behind."""
        await self._behind.close()


class AsyncTracedStream:
    """A stream whose span ends with it. The call may begin with its first message, so below the span."""

    def __init__(self, behind: AsyncStream, span: Span) -> None:
        self._behind = behind
        self._span = span

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        trace = sys.modules["opentelemetry.trace"]
        try:
            with trace.use_span(self._span, record_exception=False, set_status_on_exception=False):
                return await self._behind.__anext__()
        except StopAsyncIteration:
            end_span(self._span)
            raise
        except BaseException as error:
            end_span(self._span, error)
            raise

    def close(self) -> None:
        """End the call; the iteration ends too."""
        self._behind.close()
        end_span(self._span)

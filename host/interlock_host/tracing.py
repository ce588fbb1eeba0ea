"""Spans of calls, by OpenTelemetry: a call, its entries, and how long it was parked.

Of one call: a SERVER span from its arrival to its answer; below it an `entry`
span for each entry that was made for it, and a `parked` span from the end of
the entry that left it unanswered to its answer, and a `journal` span while the
answer of a durable instance waits for the disk. The lines that the module
writes for the call (EVENT records) are events of the SERVER span.

Attributes are those of OpenTelemetry's conventions for gRPC, and
`interlock.module`, `interlock.instance`, `interlock.call_id`. A span may name
an instance, which a metric never does: spans are not kept as series.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry import baggage, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

if TYPE_CHECKING:
    from interlock_host.calls import Call
    from interlock_host.module import Method

SCOPE = "interlock"
MOST_ENTRIES = 128
"""Entry spans of one call, as many as OpenTelemetry keeps events of a span: a stream may have
millions of messages. `interlock.entries` on the call's span says how many there were."""
BAGGAGE_PREFIX = "interlock."
MOST_BAGGAGE = 16

_HOST_FAULTS = frozenset({2, 4, 12, 13, 14, 15})
"""The codes that the conventions call an error of a server: UNKNOWN, DEADLINE_EXCEEDED,
UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS."""


class CallTracer:
    """Begins the spans of calls.

    Args:
        tracer: Makes them; it has the sampler.
        kind: What is made of each call.
    """

    def __init__(self, tracer: Tracer, kind: type[CallTrace] | None = None) -> None:
        self._tracer = tracer
        self._kind = kind or CallTrace
        self._attributes: dict[Method, dict[str, str]] = {}

    def arrived(self, method: Method, metadata: Iterable[tuple[str, str | bytes]]) -> CallTrace | None:
        """Begin the span of a call that came from afar.

        Args:
            method: What is called.
            metadata: The caller's; W3C `traceparent`, `tracestate` and `baggage` in it are read.

        Returns:
            The call's trace, or None where the sampler leaves it out.
        """
        carrier = {key: value for key, value in metadata if isinstance(value, str)}
        return self.begin(method, propagate.extract(carrier))

    def begin(self, method: Method, parent: Context | None = None) -> CallTrace | None:
        """Begin the span of a call.

        Args:
            method: What is called.
            parent: Where it belongs; None is the current context of this thread or task.

        Returns:
            The call's trace, or None where the sampler leaves it out.
        """
        attributes = self._attributes.get(method) or self._describe(method)
        name = method.path.removeprefix("/")
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, {**attributes, **_baggage(parent)})
        # What is recorded without being sampled is exported by nobody: no log may name its trace.
        return self._kind(self._tracer, span) if span.get_span_context().trace_flags.sampled else None

    def _describe(self, method: Method) -> dict[str, str]:
        self._attributes[method] = {
            "rpc.system": "grpc",
            "rpc.service": method.module.service,
            "rpc.method": method.name,
            "interlock.module": method.module.name,
        }
        return self._attributes[method]


def _baggage(context: Context | None) -> dict[str, str]:
    """Return the caller's baggage that is meant for us, `interlock.*`, as attributes of their own prefix."""
    found: dict[str, str] = {}
    for key, value in baggage.get_all(context).items():
        if key.startswith(BAGGAGE_PREFIX) and len(found) < MOST_BAGGAGE:
            found[f"interlock.baggage.{key.removeprefix(BAGGAGE_PREFIX)}"] = str(value)
    return found


class CallTrace:
    """The spans of one call. An engine tells it what happens, under the instance's lock.

    Args:
        tracer: Makes the spans below.
        span: The call's, which `end` ends.
    """

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span, Context())
        self._entries = 0
        self._entry: Span | None = None
        self._waiting: Span | None = None
        self._answered = False

    @property
    def trace_id(self) -> str:
        """The trace's id, in 32 hexadecimal digits."""
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    def entry_began(self, call: Call, export: str) -> None:
        """The instance is about to be entered for the call."""
        if self._entries == 0 and self._span.is_recording():  # its caller may be gone already
            self._span.set_attribute("interlock.instance", call.instance.name)
            self._span.set_attribute("interlock.call_id", call.id)
        self._entries += 1
        if self._entries <= MOST_ENTRIES:
            self._entry = self._below("entry", {"interlock.export": export})

    def entry_ended(self, trap: str = "") -> None:
        """The entry is over; `trap` says how it trapped, if it did."""
        if self._entry is not None:
            if trap:
                self._entry.set_status(Status(StatusCode.ERROR, trap))
            self._entry.end()
            self._entry = None

    def parked(self) -> None:
        """The entry left the call without its answer."""
        if self._waiting is None and not self._answered:
            self._waiting = self._below("parked", {})

    def held(self) -> None:
        """The final answer is there, and waits for the journal."""
        self._end_waiting()
        self._waiting = self._below("journal", {})

    def event(self, text: str) -> None:
        """The module wrote a line for the call."""
        if self._span.is_recording():
            self._span.add_event(text)

    def answered(self, status: int) -> None:
        """The call has its final answer, with this gRPC code."""
        self._answered = True
        self._end_waiting()

    def _end_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None

    def end(self, status: int, text: str = "") -> None:
        """The caller got this gRPC code, and these words with it. A second end does nothing."""
        if not self._span.is_recording():
            return
        self._span.set_attribute("rpc.grpc.status_code", status)
        self._span.set_attribute("interlock.entries", self._entries)
        if status in _HOST_FAULTS:
            self._span.set_status(Status(StatusCode.ERROR, text))
        self._span.end()

    def _below(self, name: str, attributes: dict[str, str]) -> Span:
        return self._tracer.start_span(name, self._context, attributes=attributes)


class LocalCallTrace(CallTrace):
    """The spans of a call whose caller is this process: its answer ends it."""

    def answered(self, status: int) -> None:
        super().answered(status)
        self.end(status)

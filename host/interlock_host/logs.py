"""Structured logs on standard error: JSON lines, or a console form on a terminal."""

from __future__ import annotations

import datetime
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import structlog

from interlock_host.observer import EngineObserver

if TYPE_CHECKING:
    from interlock_host.instance import Instance
    from interlock_host.module import Module

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("auto", "json", "console")

_DIGEST_CHARS = 12
"""Of a digest's 64 on a console: enough to tell modules apart."""
_DUMB = (None, "", "dumb", "unknown")
"""What TERM says where there are no colours."""

_STAMPS: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Send this process's logs to `stream`, standard error by default.

    What libraries write through `logging` takes the same form. A process that
    only embeds Interlock leaves this alone: our lines go where its `logging` goes.

    Args:
        level: One of LEVELS; lines below it are dropped.
        form: One of FORMATS; `auto` is `console` on a terminal, else `json`.
        stream: Where the lines go.
    """
    out = stream or sys.stderr
    threshold: int = getattr(logging, level.upper())
    handler = logging.StreamHandler(out)
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form, out)]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=processors, foreign_pre_chain=_STAMPS)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    # asyncio and grpc say at debug what nobody but their authors can use.
    for noisy in ("asyncio", "grpc"):
        logging.getLogger(noisy).setLevel(max(threshold, logging.INFO))


def _rendering(form: str, out: TextIO) -> list[structlog.typing.Processor]:
    if form == "console" or (form == "auto" and out.isatty()):
        return [_for_eyes, *([_clock_time] if out.isatty() else []), _console(out)]
    # By default both forms show the variables of each frame: requests, and metadata with tokens.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]


def _console(out: TextIO) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty() and os.environ.get("TERM") not in _DUMB and not os.environ.get("NO_COLOR"),
        exception_formatter=structlog.dev.plain_traceback,
        sort_keys=False,
        pad_event_to=0,
        pad_level=False,
    )


def _for_eyes(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Shorten a line to what a person reads of it, so that most fit a terminal; JSON has all."""
    line.pop("part", None)
    for name, value in line.items():
        if name == "digest":
            line[name] = str(value)[:_DIGEST_CHARS]
        elif isinstance(value, list | tuple):
            line[name] = ",".join(map(str, value))
    return line


def _clock_time(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Who looks at a terminal knows the date, and has a clock of the place beside it."""
    line["timestamp"] = f"{datetime.datetime.fromisoformat(line['timestamp']).astimezone():%H:%M:%S}"
    return line


def logger(part: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one part of the host: "interlock.<part>" of `logging`, with values by name."""
    wrapped: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(f"interlock.{part}"),
        processors=[
            structlog.stdlib.filter_by_level,
            *_STAMPS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return wrapped.bind(part=part)


class Repeats:
    """Holds back a line that repeats: a module that faults on every call must not fill a disk.

    Of each key, `burst` lines pass in each window of `seconds`. Keys are kept
    for good, so they must come from a bounded set: never a caller's text.
    """

    def __init__(
        self, burst: int = 5, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, ...], tuple[float, int]] = {}

    def admit(self, *key: str) -> int | None:
        """Return how many lines of `key` were held back since the last one, or None to hold this one too."""
        now = self._clock()
        with self._lock:
            began, seen = self._windows.get(key, (now, 0))
            held = 0
            if now - began >= self._seconds:
                held = max(0, seen - self._burst)
                began, seen = now, 0
            self._windows[key] = (began, seen + 1)
        return held if seen < self._burst else None


class LogObserver(EngineObserver):
    """Logs what modules do wrong, and what they have to say. What repeats is held back."""

    def __init__(self) -> None:
        self._log = logger("engine")
        self._repeats = Repeats()

    def module_started(self, module: Module, seconds: float) -> None:
        self._log.info(
            "module served", module=module.short_name, digest=module.digest, seconds=round(seconds, 3)
        )

    def trap(self, instance: Instance, message: str) -> None:
        self._say(self._log.error, "trap", instance, error=message, traps=instance.traps)

    def fault(self, instance: Instance, message: str) -> None:
        self._say(self._log.warning, "module fault", instance, error=message)

    def event(self, instance: Instance, call_id: int, text: str) -> None:
        call = instance.calls.get(call_id)
        ids = {"trace_id": call.trace.trace_id} if call is not None and call.trace is not None else {}
        self._say(self._log.info, "module event", instance, call=call_id, text=text, **ids)

    def output(self, instance: Instance, text: str) -> None:
        self._say(self._log.info, "module output", instance, text=text)

    def not_saved(self, message: str) -> None:
        held = self._repeats.admit("not saved")
        if held is not None:
            self._log.error("not saved", error=message, held_back=held)

    def journal_failed(self, message: str) -> None:
        self._log.error("journal failed", error=message, effect="durable calls are refused")

    def journal_resumed(self) -> None:
        self._log.warning("journal resumed", effect="durable calls are taken again")

    def _say(self, say: Callable[..., object], event: str, instance: Instance, **values: object) -> None:
        held = self._repeats.admit(event, instance.module.name)
        if held is not None:
            say(event, module=instance.module.name, instance=instance.name, held_back=held, **values)

"""What clients asked and were told, and when: the form is in checker/history.go."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Protocol

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

import interlock

UNANSWERED = frozenset({"", "INSTANCE_RESTARTED", "SHUTTING_DOWN", "CALLER_GONE"})
"""Reasons that say nothing about whether a call was applied; "" is the transport's own failure."""

Answer = Message | str | None
"""A reply, the reason of a refusal, or nothing."""


NOT_SENT = "NOT_SENT"
"""Not a module's reason: the connection was not there (yet), and the call is made anew."""
MOST_TRIES = 100_000


class Calls(Protocol):
    """What a history needs of a client."""

    def call(self, method: str, request: Message, *, wait: float) -> Any:
        """Make a call; see `interlock.Client.call`."""
        ...


class History:
    """Takes calls of any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[dict[str, Any]] = []

    def call(self, number: int, client: Calls, method: str, request: Message) -> Answer:
        """Make a call of client `number`, and note it.

        Args:
            number: Whose it is.
            client: What carries it.
            method: "package.Service/Method".
            request: What is asked.

        Returns:
            The reply, the reason of a refusal, or None where nobody knows.
        """
        line = {"client": number, "method": method.rpartition("/")[2], "ask": _plain(request)}
        for _ in range(MOST_TRIES):
            began = time.monotonic_ns()
            answer = _answer(client, method, request)
            if answer is not NOT_SENT:
                break
        ended = time.monotonic_ns()
        if isinstance(answer, Message):
            line["answer"] = _plain(answer)
        elif answer is not None:
            line["error"] = answer
        with self._lock:
            self._lines.append(line | {"began": began, "ended": ended})
        return answer

    def text(self) -> str:
        """Return the history as lines of JSON, with times from its beginning."""
        with self._lock:
            first = min((line["began"] for line in self._lines), default=0)
            shifted = [
                line | {"began": line["began"] - first, "ended": line["ended"] - first}
                for line in self._lines
            ]
        return "".join(json.dumps(line) + "\n" for line in shifted)


def _answer(client: Calls, method: str, request: Message) -> Answer:
    try:
        reply: Message = client.call(method, request, wait=10.0)
    except interlock.Unavailable as error:
        if not error.sent:
            return NOT_SENT
        return None if error.reason in UNANSWERED else error.reason
    except interlock.Error as error:
        return None if error.reason in UNANSWERED else error.reason
    return reply


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return plain

"""Calls to any module, by the path of the method."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf.message import Message

from interlock.errors import Invalid, WrongType
from interlock.ops.arguments import flag, ms, text
from interlock.ops.flow import Flow, Request, ask_bytes

Sendable = bytes | Message


def request_of(method: str, request: Sendable, wait: float, safe: bool = False) -> Request:
    """Return what is sent for a raw call.

    Raises:
        Invalid: The method is not "package.Service/Method".
        WrongType: The request is neither bytes nor a message.
    """
    text(method, "method")
    ms(wait, "wait")
    flag(safe, "safe")
    path = "/" + method.removeprefix("/")
    service, _, name = path[1:].partition("/")
    if not service or not name or "/" in name:
        raise Invalid(f"{method!r} is not package.Service/Method", field="method")
    if isinstance(request, Message):
        return Request(path, request.SerializeToString(), wait, safe)
    if not isinstance(request, bytes):
        raise WrongType(f"a request is bytes or a message, not {type(request).__name__}", field="request")
    return Request(path, request, wait, safe)


def reply_type(method: str, request: Sendable, reply: type[Message] | None) -> type[Message] | None:
    """Return the class of a method's replies: as named, else as its service says; None for bytes.

    Raises:
        Invalid: The request's descriptors know no such method.
        WrongType: The reply is no class of messages.
    """
    text(method, "method")
    if reply is not None and not (isinstance(reply, type) and issubclass(reply, Message)):
        raise WrongType("reply must be a class of messages, or None", field="reply")
    if reply is not None or not isinstance(request, Message):
        return reply
    service, _, name = method.removeprefix("/").partition("/")
    try:
        found = request.DESCRIPTOR.file.pool.FindServiceByName(service).methods_by_name[name]
    except KeyError:
        words = f"no descriptor of {method} is loaded: name the reply's class, or send bytes"
        raise Invalid(words, field="method") from None
    from google.protobuf import message_factory  # noqa: PLC0415 - a sixth of this package's import

    return message_factory.GetMessageClass(cast(Any, found.output_type))


def call(method: str, request: Sendable, reply: type[Message] | None, wait: float, safe: bool) -> Flow[Any]:
    """Call a unary method; return its reply as a message, or as bytes."""
    cls = reply_type(method, request, reply)
    data = yield from ask_bytes(request_of(method, request, wait, safe))
    return data if cls is None else cls.FromString(data)

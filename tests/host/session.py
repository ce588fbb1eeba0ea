"""A module in an engine, called with keyword arguments that become messages of its own descriptors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from interlock_host.calls import Call, Record
from interlock_host.engine import Engine
from interlock_host.errors import Failure, failure_of
from interlock_host.module import Method
from interlock_host.pack import read_packed


class Messages:
    """A service's messages, as classes."""

    def __init__(self, descriptor_set: bytes, service: str) -> None:
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
            pool.Add(file)
        self.service = pool.FindServiceByName(service)

    def request(self, method: str, **fields: object) -> bytes:
        descriptor = self.service.methods_by_name[method].input_type
        return message_factory.GetMessageClass(descriptor)(**fields).SerializeToString()

    def decode(self, method: str, request: bytes) -> Any:
        descriptor = self.service.methods_by_name[method].input_type
        return message_factory.GetMessageClass(descriptor).FromString(request)

    def reply(self, method: str, data: bytes) -> Any:
        descriptor = self.service.methods_by_name[method].output_type
        return message_factory.GetMessageClass(descriptor).FromString(data)


class Sent:
    """A call, and what came back of it."""

    def __init__(self, messages: Messages, method: str) -> None:
        self._messages = messages
        self._method = method
        self.records: list[Record] = []
        self.call: Call

    @property
    def replies(self) -> list[Any]:
        return [self._messages.reply(self._method, r.payload) for r in self.records if r.is_message]

    @property
    def reply(self) -> Any:
        """The one answer of a call that went well."""
        assert [record.status for record in self.records] == [0], self.failure
        (reply,) = self.replies
        return reply

    @property
    def done(self) -> bool:
        assert self.call.done == bool(self.records and self.records[-1].final)
        return self.call.done

    @property
    def failure(self) -> Failure:
        assert self.done
        return failure_of(self.records[-1], self._messages.service.file.package)


class Session:
    """Calls one module of an engine."""

    def __init__(self, engine: Engine, packed: Path, service: str) -> None:
        self.engine = engine
        self.messages = Messages(read_packed(packed.read_bytes()).descriptor_set, service)

    def send(self, method: str, instance: str = "a", **fields: object) -> Sent:
        """Begin a call whose request is one message."""
        return self.send_bytes(method, self.messages.request(method, instance=instance, **fields))

    def send_bytes(self, method: str, request: bytes) -> Sent:
        """Begin a call whose request is these bytes."""
        sent = Sent(self.messages, method)
        sent.call = self.engine.start(self.method(method), request, sent.records.append)
        if sent.call.answer is not None and not sent.records:
            sent.records.append(sent.call.answer)
        return sent

    def open(self, method: str) -> Sent:
        """Begin a call whose client streams."""
        sent = Sent(self.messages, method)
        sent.call = self.engine.open_stream(self.method(method), sent.records.append)
        return sent

    def message(self, sent: Sent, method: str, instance: str = "a", **fields: object) -> None:
        sent.call.send(self.messages.request(method, instance=instance, **fields))

    def method(self, name: str) -> Method:
        method = self.engine.method(f"/{self.messages.service.full_name}/{name}")
        assert method is not None
        return method


def fields(message: Message) -> dict[str, Any]:
    """What is set in a message."""
    return {field.name: value for field, value in message.ListFields()}

"""The gate: a module by a third party, compiled with zig, packed with our command line, called in process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from interlock_host.calls import Call, Record
from interlock_host.cli.pack import pack
from interlock_host.engine import Engine
from interlock_host.errors import Failure, failure_of
from interlock_host.pack import read_packed

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "wasm_modules" / "third_party"
PROTO = SOURCE / "acme" / "gate" / "v1" / "gate.proto"
SERVICE = "acme.gate.v1.GateService"


def compile_gate(out: Path) -> Path:
    """Compile gate.c the way its author would, with nothing of ours but the ABI's header."""
    command = [
        sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-std=c11", "-O2", "-g0",
        "-Wall", "-Wextra", "-Werror", "-mcpu=generic+bulk_memory+mutable_globals", "-nostdlib",
        "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=16384",
        "-I", str(ROOT / "wasm_modules" / "abi"), str(SOURCE / "gate.c"), "-o", str(out),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return out


def pack_gate(compiled: Path, out: Path) -> Path:
    """Pack it with `interlock pack`."""
    arguments = [str(compiled), "--proto", str(PROTO), "--contract", str(SOURCE / "contract.yaml")]
    result = CliRunner().invoke(pack, [*arguments, "-o", str(out)])
    assert result.exit_code == 0, result.output
    return out


class Messages:
    """The gate's messages, as classes made from the descriptors in its file."""

    def __init__(self, descriptor_set: bytes) -> None:
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
            pool.Add(file)
        self.service = pool.FindServiceByName(SERVICE)

    def request(self, method: str, **fields: object) -> bytes:
        descriptor = self.service.methods_by_name[method].input_type
        return message_factory.GetMessageClass(descriptor)(**fields).SerializeToString()

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
        return failure_of(self.records[-1], "acme.gate.v1")


class Gate:
    """Calls the gate in an engine; messages as keyword arguments."""

    def __init__(self, engine: Engine, packed: Path) -> None:
        self.engine = engine
        self.messages = Messages(read_packed(packed.read_bytes()).descriptor_set)

    def send(self, method: str, instance: str = "a", **fields: object) -> Sent:
        """Begin a call whose request is one message."""
        sent = Sent(self.messages, method)
        request = self.messages.request(method, instance=instance, **fields)
        sent.call = self.engine.start(self._method(method), request, sent.records.append)
        if sent.call.answer is not None and not sent.records:
            sent.records.append(sent.call.answer)
        return sent

    def open(self, method: str) -> Sent:
        """Begin a call whose client streams."""
        sent = Sent(self.messages, method)
        sent.call = self.engine.open_stream(self._method(method), sent.records.append)
        return sent

    def message(self, sent: Sent, method: str, instance: str = "a", **fields: object) -> None:
        sent.call.send(self.messages.request(method, instance=instance, **fields))

    def _method(self, name: str) -> Any:
        method = self.engine.method(f"/{SERVICE}/{name}")
        assert method is not None
        return method


def fields(message: Message) -> dict[str, Any]:
    """What is set in a message."""
    return {field.name: value for field, value in message.ListFields()}

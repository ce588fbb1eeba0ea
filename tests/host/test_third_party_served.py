"""The third party's module behind `interlock serve`, met by clients that know its address alone."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner, Result
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from interlock_host.cli.main import main
from interlock_host.cli.target import error_info
from tests.host.gate import SERVICE, compile_gate, pack_gate
from tests.host.session import fields

SERVE = "from interlock_host.cli.main import main; main()"
MS = 1_000_000
MOST_TRIES = 10_000


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A daemon that serves the gate beside the standard modules: its ready line."""
    folder = tmp_path_factory.mktemp("served")
    modules = folder / "modules"
    modules.mkdir()
    pack_gate(compile_gate(folder / "gate.wasm"), modules / "gate.wasm")
    command = [
        *(sys.executable, "-c", SERVE, "serve", "--modules", str(modules), "--clock", "virtual"),
        *("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--log-level", "error"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


class Reflected:
    """A client made of what the server says of itself."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def method(self, name: str, service: str = SERVICE) -> tuple[Any, Any]:
        """The method as grpc calls it, and the class of its requests."""
        found = self.pool.FindServiceByName(service).FindMethodByName(name)
        request = message_factory.GetMessageClass(found.input_type)
        reply = message_factory.GetMessageClass(found.output_type)
        streaming = (found.client_streaming, found.server_streaming)
        bind = getattr(self.channel, "_".join("stream" if side else "unary" for side in streaming))
        path = f"/{service}/{name}"
        return bind(path, request.SerializeToString, reply.FromString), request

    def __call__(self, name: str, **message: Any) -> Any:
        call, request = self.method(name)
        return call(request(**message))

    def later(self, name: str, **message: Any) -> Any:
        call, request = self.method(name)
        return call.future(request(**message))

    def advance(self, by_ns: int) -> None:
        call, request = self.method("Advance", "interlock.host.v1.HostService")
        call(request(by_ns=by_ns))

    def until(self, instance: str, **wanted: int) -> None:
        """Peek, a bounded number of times, until the answer has what is wanted."""
        for _ in range(MOST_TRIES):
            found = self("Peek", instance=instance)
            if all(getattr(found, name) == value for name, value in wanted.items()):
                return
        raise AssertionError(f"never: the last answer was {found}")


@pytest.fixture
def gate(ready: dict[str, Any]) -> Iterator[Reflected]:
    client = Reflected(ready["listen"][0])
    yield client
    client.channel.close()


@contextlib.contextmanager
def refused(code: str, reason: str, domain: str = "interlock") -> Iterator[None]:
    with pytest.raises(grpc.RpcError) as caught:
        yield
    error: Any = caught.value
    info = error_info(error)
    assert (error.code().name, info.reason, info.domain) == (code, reason, domain)


def test_reflection_lists(gate: Reflected) -> None:
    assert SERVICE in gate.database.get_services()
    names = [method.name for method in gate.pool.FindServiceByName(SERVICE).methods]
    assert names[:8] == ["Open", "Close", "Pass", "Peek", "Watch", "Count", "Echo", "Flood"]


def test_unary(gate: Reflected) -> None:
    assert gate("Open", instance="unary").released == 0
    assert gate("Pass", instance="unary").number == 1
    assert fields(gate("Peek", instance="unary")) == {"open": True, "passed": 1}
    with refused("FAILED_PRECONDITION", "ALREADY_OPEN", "acme.gate.v1"):
        gate("Open", instance="unary")


def test_parked(gate: Reflected) -> None:
    waiting = [gate.later("Pass", instance="parked", wait_ms=50) for _ in range(3)]
    gate.until("parked", waiting=3)
    assert gate("Open", instance="parked").released == 3
    assert sorted(call.result().number for call in waiting) == [1, 2, 3]


def test_timed_out(gate: Reflected) -> None:
    waiting = gate.later("Pass", instance="late", wait_ms=50)
    gate.until("late", waiting=1)
    gate.advance(50 * MS)
    with refused("DEADLINE_EXCEEDED", "TIMED_OUT"):
        waiting.result()


def test_disconnect(gate: Reflected) -> None:
    waiting = gate.later("Pass", instance="gone", wait_ms=50)
    gate.until("gone", waiting=1)
    waiting.cancel()
    gate.until("gone", waiting=0)


def test_server_stream(gate: Reflected) -> None:
    events = gate("Watch", instance="watch", limit=2)
    gate.until("watch", watching=1)
    gate("Open", instance="watch", auto_close_ms=5)
    gate.advance(5 * MS)
    assert [fields(event) for event in events] == [{"sequence": 1, "open": True}, {"sequence": 2}]


def test_slow_consumer(gate: Reflected) -> None:
    """A burst within the window arrives whole; one beyond it ends the stream."""
    assert [reply.number for reply in gate("Flood", instance="flood", count=16)] == list(range(1, 17))
    with refused("RESOURCE_EXHAUSTED", "SLOW_CONSUMER"):
        list(gate("Flood", instance="flood", count=5_000))


def test_client_stream(gate: Reflected) -> None:
    call, request = gate.method("Count")
    assert call(request(instance="count") for _ in range(5)).messages == 5
    with refused("INVALID_ARGUMENT", "STREAM_EMPTY"):
        call(iter(()))


def test_bidi_stream(gate: Reflected) -> None:
    call, request = gate.method("Echo")
    replies = call(request(instance="echo", data=data) for data in (b"one", b"two"))
    assert [(reply.number, reply.data) for reply in replies] == [(1, b"one"), (2, b"two")]


def test_host_survives(gate: Reflected) -> None:
    """One instance misbehaves in every way; another goes on, and so does the daemon."""
    gate("Open", instance="good")
    for method in ("Loop", "Trap"):
        with refused("INTERNAL", "TRAP"):
            gate(method, instance="bad")
    assert gate("Grow", instance="grown").memory_bytes == 4 << 20
    with refused("INTERNAL", "PARKED_READ"):
        gate("Stall", instance="stalled")
    for number, instance in ((5, "bad-1"), (6, "bad-2"), (7, "bad-3")):
        with refused("INTERNAL", "TRAP"):
            gate("BadOutbox", instance=instance, kind=number)
    assert gate("Pass", instance="good").number == 1


# The command line


def command(ready: dict[str, Any], *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--target", ready["listen"][0]])


def test_call(ready: dict[str, Any]) -> None:
    result = command(ready, "call", "gate/cli", "Open", '{"auto_close_ms": 60000}')
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"released": 0})
    result = command(ready, "call", "gate/cli", "Flood", '{"count": 2}')
    assert [json.loads(line) for line in result.stdout.splitlines()] == [{"number": 1}, {"number": 2}]
    result = command(ready, "call", "gate/cli", "Open")
    assert result.exit_code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert "FAILED_PRECONDITION/ALREADY_OPEN: the gate is open already" in result.stderr


def test_modules(ready: dict[str, Any]) -> None:
    result = command(ready, "modules", "--output", "json")
    assert "acme.gate.v1.GateService" in result.stdout and "A gate that calls wait at" in result.stdout


# Metrics, which nobody wrote for this module


def test_metrics(ready: dict[str, Any], gate: Reflected) -> None:
    gate("Open", instance="measured")
    with refused("FAILED_PRECONDITION", "ALREADY_OPEN", "acme.gate.v1"):
        gate("Open", instance="measured")
    with refused("INTERNAL", "TRAP"):
        gate("Trap", instance="measured")
    gate("Open", instance="measured")
    with urllib.request.urlopen(f"http://{ready['metrics']}/metrics") as reply:
        lines = reply.read().decode().splitlines()

    def value(family: str, **labels: str) -> float:
        wanted = [f'{key}="{text}"' for key, text in labels.items()] + ['wasm_module="gate"']
        found = [line for line in lines if line.startswith(f"{family}{{") and all(w in line for w in wanted)]
        assert len(found) == 1, found
        return float(found[0].rpartition("}")[2].split()[0])

    assert value("wasm_metric_counter_total", method="Open", status="OK") >= 2
    assert value("wasm_metric_counter_total", method="Open", status="FAILED_PRECONDITION") >= 1
    assert value("wasm_metric_latency_seconds_count", method="Open") >= 3
    assert value("interlock_traps_total") >= 1
    assert value("interlock_module_value", name="open") >= 1
    assert value("interlock_instances") >= 1
    assert value("interlock_instance_memory_bytes") >= 65536


def test_inspect(ready: dict[str, Any], tmp_path: Path) -> None:
    """What `inspect` says of the file is what the host says of the module."""
    packed = pack_gate(compile_gate(tmp_path / "gate.wasm"), tmp_path / "packed.wasm")
    facts = json.loads(CliRunner().invoke(main, ["inspect", str(packed), "--output", "json"]).stdout)
    listed = command(ready, "modules", "--output", "json").stdout
    assert facts["digest"] in listed
    assert facts["limits"]["max_memory"] == 4 << 20

"""The command line against a host in this process."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from interlock.host.v1 import host_pb2
from interlock_host.cli.instances import module_rows
from interlock_host.cli.main import main
from tests.host import probe
from tests.host.serving import Served, refused, serving


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"INTERLOCK_TARGET": None}).invoke(main, arguments, input=stdin)


async def at(served: Served, *arguments: str, stdin: str | None = None) -> Result:
    """Run a command that calls the host, on a thread: the host is on this one's loop."""
    return await asyncio.to_thread(run, *arguments, "--target", served.target, stdin=stdin)


def lines(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_call(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        pushed = await at(served, "call", "queue/orders", "Push", '{"items": [{"data": "b25l"}]}')
        assert lines(pushed) == [{"accepted": 1, "duplicates": 0, "firstSequence": "1"}]
        popped = await at(served, "call", "queue/orders", "pop")
        assert lines(popped)[0]["items"][0]["data"] == "b25l"


async def test_call_reads_standard_input(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        result = await at(served, "call", "probe/a", "Echo", "-", stdin=json.dumps({"data": "b25l"}))
        assert lines(result) == [{"instance": "a", "data": "b25l"}]


async def test_call_may_name_its_instance_twice(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for named in ("a", ""):
            result = await at(served, "call", "probe/a", "Echo", json.dumps({"instance": named}))
            assert lines(result) == [{"instance": "a", "data": ""}]


async def test_call_of_a_client_stream(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        messages = "".join(json.dumps({"data": encoded(text)}) + "\n" for text in ("first", "last"))
        result = await at(served, "call", "probe/a", "Collect", "-", stdin=messages)
        assert lines(result) == [{"instance": "a", "data": encoded("last")}]


async def test_call_of_both_streams(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        messages = "".join(json.dumps({"data": encoded(text)}) + "\n\n" for text in ("one", "two"))
        result = await at(served, "call", "probe/a", "Chat", "-", stdin=messages)
        assert [line["data"] for line in lines(result)] == [encoded("one"), encoded("two")]


async def test_call_of_a_server_stream(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        watching = asyncio.ensure_future(at(served, "call", "probe/one", "Watch"))
        await served.until_parked(1)
        await served.call("Publish", b"news")
        await served.call("Finish")
        assert [line["data"] for line in lines(await watching)] == [encoded("news")]


async def test_exit_code_is_the_status(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        result = await at(served, "call", "probe/a", "Refuse")
        assert (result.exit_code, result.stdout) == (9, "")
        assert result.stderr == "Error: FAILED_PRECONDITION/PROBE_SHUT: shut (field data)\n"
        result = await at(served, "call", "probe/a", "Wait", "--timeout", "0.05")
        assert result.exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("absent/a", "Do"), 12, "no module 'absent' is served there; served are counter, probe, queue"),
        (("probe/a", "Absent"), 12, "it has Echo, Wait,"),
        (("probe/a", "Echo", "{"), 3, "the request is no test.probe.v1.Message"),
        (("probe/a", "Echo", '{"dada": 1}'), 3, "it has no field 'dada'; there are instance, data"),
        (("probe/a", "Echo", '{"instance": "b"}'), 3, "names the instance 'b', and the command 'a'"),
        (("probe", "Echo"), 2, "is not MODULE/INSTANCE"),
        (("probe/UPPER", "Echo"), 3, "INVALID_ARGUMENT/INSTANCE_INVALID"),
    ],
)
async def test_call_refused(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    async with serving(tmp_path) as served:
        result = await at(served, "call", *arguments)
        assert (result.exit_code, result.stdout) == (code, "")
        assert said in result.stderr


@pytest.mark.parametrize("module", ["probe", "test.probe.v1", probe.SERVICE])
async def test_names_of_a_module(tmp_path: Path, module: str) -> None:
    async with serving(tmp_path) as served:
        assert lines(await at(served, "call", f"{module}/a", "Echo")) == [{"instance": "a", "data": ""}]


def test_no_host(tmp_path: Path) -> None:
    result = run("modules", "--target", f"unix:{tmp_path}/absent")
    assert result.exit_code == 14
    assert "interlock serve" in result.stderr


def test_bad_target() -> None:
    result = run("modules", "--target", "nowhere")
    assert result.exit_code == 2
    assert "write HOST:PORT or unix:PATH" in result.stderr


async def test_modules(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        table = (await at(served, "modules")).stdout.splitlines()
        assert table[0].split() == ["MODULE", "SERVICE", "INSTANCES", "METHODS"]
        assert any(row.startswith("probe ") and probe.SERVICE in row for row in table)
        found = {module["name"]: module for module in lines(await at(served, "modules", "--output", "json"))}
        assert found["probe"]["service"] == probe.SERVICE


def test_modules_on_a_terminal() -> None:
    names = ("Push", "Pop", "Ack", "CheckGeneration", "Subscribe", "Describe")
    methods = [host_pb2.Method(name=name) for name in names]
    found = [host_pb2.Module(name="queue", service="acme.queue.v1.QueueService", methods=methods)]
    for width, heading in ((120, ["SERVICE", "INSTANCES"]), (80, ["INSTANCES"]), (40, ["INSTANCES"])):
        table = module_rows(found, width)
        assert list(table[0]) == ["MODULE", *heading, "METHODS"]
        assert " ".join(row[-1] for row in table[1:]) == " ".join(names)
        columns = zip(*table, strict=True)
        assert sum(max(map(len, column)) + 2 for column in columns) - 2 <= width
        assert len(table) == (4 if width == 40 else 2)
    (_, row) = module_rows(found, None)
    assert len(row) == 4


async def test_instances(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for name in ("one", "two"):
            await served.unary("Echo")(probe.message(instance=name))
        rows = (await at(served, "instances", "--prefix", "o")).stdout.splitlines()
        assert [row.split()[:2] for row in rows] == [["INSTANCE", "STATE"], ["probe/one", "live"]]
        found = lines(await at(served, "instances", "--module", "probe", "--output", "json"))
        assert [instance["name"] for instance in found] == ["one", "two"]


async def test_delete(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        waiting = asyncio.ensure_future(served.call("Wait"))
        await served.until_parked(1)
        result = await at(served, "delete", "probe/one")
        assert result.stdout == "probe/one is deleted; 1 parked calls were cancelled\n"
        async with refused() as failure:
            await waiting
        assert failure["reason"] == "INSTANCE_DELETED"
        result = await at(served, "delete", "probe/one")
        assert result.exit_code == 5
        assert "NOT_FOUND" in result.stderr


@pytest.mark.parametrize("command", [(), *((name,) for name in sorted(main.commands))])
def test_help_has_an_example(command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert f"  interlock {' '.join(command)}".rstrip() in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--listen", "0.0.0.0:0"), "--insecure"),
        (("--listen", "nowhere"), "write HOST:PORT"),
        (("--config", "absent.toml"), "absent.toml"),
        (("--modules", "absent"), "absent is not a folder"),
    ],
)
def test_serve_refused(arguments: tuple[str, ...], said: str) -> None:
    result = run("serve", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr

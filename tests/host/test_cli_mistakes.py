"""What the command line says to a mistake: in words of its user's, and at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interlock.queue.v1 import queue_pb2
from interlock_host.cli.main import main
from interlock_host.cli.request import NotARequest, read_request
from tests.host.serving import Served, serving


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner(env={"INTERLOCK_TARGET": None}).invoke(main, arguments, input=stdin)


async def at(served: Served, *arguments: str, stdin: bytes | None = None) -> Result:
    return await asyncio.to_thread(run, *arguments, "--target", served.target, stdin=stdin)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"items": [{}, {"data": "hello world"}]}, 'items[1].data: "hello world" is not base64'),
        ({"items": [{"data": "hello wor"}]}, 'items[0].data: "hello wor" is not base64'),
        ({"items": [{"data": 5}]}, "items[0].data: 5 is not base64"),
        ({"items": [{"data": ["x"]}]}, 'items[0].data: ["x"] is not base64'),
        ({"items": [{"data": "b"}]}, 'items[0].data: "b" is not base64'),
        ({"items": [5]}, "items[0]: 5 is not an object"),
        ({"items": {"data": ""}}, 'items: {"data": ""} is not a list'),
        ({"items": [{"dada": ""}]}, "items[0] has no field 'dada'; there are data, "),
        ({"waitMs": "soon"}, 'waitMs: "soon" is not a whole number'),
        ({"wait_ms": True}, "wait_ms: true is not a whole number"),
        ({"waitMs": -1}, "Failed to parse waitMs field: Value out of range: -1"),
        ({"instance": 5}, "instance: 5 is not a text"),
        ({"items": "x" * 99}, f'items: "{"x" * 39} ... is not a list'),
        ([], "[] is not an object"),
        (None, "null is not an object"),
    ],
)
def test_what_is_wrong_with_a_request(request_: object, said: str) -> None:
    with pytest.raises(NotARequest) as caught:
        read_request(queue_pb2.PushRequest(), json.dumps(request_))
    assert caught.value.message.startswith(f"the request is no interlock.queue.v1.PushRequest: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON: "),
        ('{"waitMs": 1, "waitMs": 2}', "duplicate key waitMs"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_no_json(text: str, said: str) -> None:
    with pytest.raises(NotARequest) as caught:
        read_request(queue_pb2.PushRequest(), text)
    assert caught.value.message.startswith(f"the request is no interlock.queue.v1.PushRequest: {said}")


@pytest.mark.parametrize("data", ["", "b25l", "b25", "b24=", "b28", "-_-_", "+/+/", None])
def test_base64_of_every_kind(data: str | None) -> None:
    message = queue_pb2.PushRequest()
    read_request(message, json.dumps({"items": [{"data": data}], "waitMs": "7"}))
    assert message.wait_ms == 7


async def test_a_line_of_a_stream_that_is_no_request(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for line, said in (
            (b'{"data": "b25"}\n{"data": 5}\n', "data: 5 is not base64"),
            (b"\xff\n", "standard input is not UTF-8"),
        ):
            result = await at(served, "call", "probe/a", "Collect", "-", stdin=line)
            assert (result.exit_code, result.stdout) == (3, "")
            assert said in result.stderr

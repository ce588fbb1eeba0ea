"""What the command line says to a mistake: in words of its user's, and at once."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interlock.queue.v1 import queue_pb2
from interlock_host.cli.channel import Route
from interlock_host.cli.main import main
from interlock_host.cli.request import NotARequest, read_request
from interlock_host.cli.unanswered import unanswered
from interlock_host.security.tokens import digest_of
from interlock_host.server.address import Address
from tests.host.secured import Authority, secured
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


def unreached(*arguments: str) -> str:
    """The one line that is said where no host is reached."""
    result = run("modules", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (14, "", 1)
    return result.stderr


async def test_a_host_with_tls(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    pair = authority.issue("host", "localhost")
    async with secured(tmp_path, pair, client_ca=authority.file) as host:

        async def said(name: str, *arguments: str) -> str:
            return await asyncio.to_thread(unreached, "--target", f"{name}:{host.port}", *arguments)

        trusting = ("--ca", str(authority.file))
        assert "if it speaks TLS, add --ca FILE, or write grpcs://localhost:" in await said("localhost")
        assert "is not trusted: " in await said("localhost", "--ca", str(stranger.file))
        assert "is not for 127.0.0.1; call it by a name" in await said("127.0.0.1", *trusting)
        assert "add --cert and --key" in await said("localhost", *trusting)
        cert, key = map(str, stranger.issue("client", "client"))
        shown = await said("localhost", *trusting, "--cert", cert, "--key", key)
        assert "may not trust the certificate of --cert" in shown


async def test_ports_that_are_no_such_host(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    async with serving(tmp_path, listen=("127.0.0.1:0",), metrics="127.0.0.1:0") as served:
        ca = ("--ca", str(authority.file))
        said = await asyncio.to_thread(unreached, "--target", served.target, *ca)
        assert "speaks no TLS; leave out --ca" in said
        metrics = str(served.daemon.metrics_address)
        assert "the port of /metrics?" in await asyncio.to_thread(unreached, "--target", metrics)


@pytest.mark.parametrize(
    ("route", "cause", "said"),
    [
        (Route(Address(host="::1", port=7), False), "Connection refused", "serve --listen [::1]:7"),
        (Route(Address(path=Path("/s")), False), "No such file or directory", "serve --listen unix:/s"),
        (Route(Address(path=Path("/s")), False, named=False), "No such file or directory", "interlock serve"),
        (Route(Address(host="db", port=7), True), "Connection refused", "; the connection is refused"),
        (Route(Address(host="db", port=7), True), "No route to host", "answers at db:7: No route to host"),
    ],
)
def test_where_to_start_a_host(route: Route, cause: str, said: str) -> None:
    at = route.address
    details = f"failed to connect to all addresses; last error: UNKNOWN: ipv4:1.2.3.4:7: {cause}"
    if at.path is not None:
        details = details.replace("ipv4:1.2.3.4:7: ", f"{at}: connect failed: addr: {at} error: ")
    assert unanswered(route, details).endswith(said)


def test_a_name_that_is_nobodys() -> None:
    details = "errors resolving nix:7: [field:hostname lookup error: Domain name not found]"
    assert unanswered(Route(Address(host="nix", port=7), False), details) == "no host has the name nix"


def test_a_connection_that_is_lost() -> None:
    route = Route(Address(path=Path("/s")), False)
    said = unanswered(route, "Stream removed (Socket closed)")
    assert said == "the connection to unix:/s was lost: Stream removed (Socket closed)"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://127.0.0.1:7070", "write unix:PATH, HOST:PORT, grpc://HOST:PORT"),
        ("grpcs://unix:/s", "a Unix socket has no TLS"),
    ],
)
def test_what_is_no_target(target: str, said: str) -> None:
    result = run("modules", "--target", target)
    assert result.exit_code == 2 and said in result.stderr


@pytest.mark.parametrize("command", ["modules", "top"])
def test_files_that_are_no_certificates(tmp_path: Path, command: str) -> None:
    authority = Authority(tmp_path / "ca")
    (tmp_path / "junk").write_text("junk")
    junk, ca, key = str(tmp_path / "junk"), str(authority.file), str(authority.issue("a", "a")[1])
    to = ("--target", "localhost:1") if command == "modules" else ("--metrics", "localhost:1")
    for files, said in (
        (("--ca", junk), f"{junk} is no certificate in PEM: no certificate or crl found"),
        (("--ca", ca, "--cert", junk, "--key", key), f"{junk} and {key} are no certificate and its key"),
    ):
        result = run(command, *to, *files)
        assert result.exit_code == 2 and said in result.stderr


async def test_a_message_that_no_host_takes(tmp_path: Path) -> None:
    """gRPC refuses it before the host sees it, with no reason: the host would have given this one."""
    async with serving(tmp_path) as served:
        request = json.dumps({"items": [{"data": "AAAA" * 1_700_000}]}).encode()
        result = await at(served, "call", "queue/a", "Push", "-", stdin=request)
        assert result.exit_code == 8
        assert result.stderr.startswith("Error: RESOURCE_EXHAUSTED/MESSAGE_TOO_LARGE: the message has 51000")


def new_token(folder: Path, out: str = "token", name: str = "ci") -> Result:
    tokens = ("--tokens", str(folder / "tokens.toml"))
    allow = ("--name", name, "--allow", "queue:rw")
    return run("token", "new", *allow, *tokens, "--out", str(folder / out))


def test_a_token_in_a_file_is_its_owners(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        result = new_token(tmp_path)
    finally:
        os.umask(before)
    assert (result.exit_code, result.output) == (0, "")
    out = tmp_path / "token"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert digest_of(out.read_text().strip()).hex() in (tmp_path / "tokens.toml").read_text()


def test_a_token_is_written_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    for out, said in (("token", "File exists"), ("link", "File exists"), ("absent/token", "No such file")):
        result = new_token(tmp_path, out)
        assert result.exit_code == 1 and said in result.stderr
    assert (tmp_path / "token").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["link", "token"]


def test_a_token_and_its_entry_go_into_two_files(tmp_path: Path) -> None:
    result = new_token(tmp_path, "tokens.toml")
    assert result.exit_code == 2 and "goes into another file" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_token_without_an_entry_is_not_left(tmp_path: Path) -> None:
    assert new_token(tmp_path).exit_code == 0
    assert new_token(tmp_path, "again").exit_code == 1  # ci is there already
    assert sorted(os.listdir(tmp_path)) == ["token", "tokens.toml"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")
@pytest.mark.parametrize("command", ["--help", "serve --listen unix:{}/s --metrics off"])
def test_standard_output_that_is_full(tmp_path: Path, command: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            (sys.executable, "-m", "interlock_host", *command.format(tmp_path).split()),
            stdout=full, stderr=subprocess.PIPE, timeout=30, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": ""},
        )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # a host's log
    assert (done.returncode, said) == (1, ["Error: standard output: No space left on device"])
    assert not (tmp_path / "s").exists()  # the host ended in order


def test_a_file_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the command, and whatever the file."""

    def read() -> None:
        raise OSError(errno.EIO, "Input/output error", "a.wasm")

    monkeypatch.setattr("interlock_host.cli.token.new_token", read)
    result = run("token", "new", "--name", "x", "--allow", "queue:r")
    assert (result.exit_code, result.stderr) == (1, "Error: a.wasm: Input/output error\n")

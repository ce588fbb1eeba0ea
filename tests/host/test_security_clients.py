"""The command line and the Python client against a secured host, and where a token must never show."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import interlock
import interlock.aio
from interlock.options import Options
from interlock_host import logs
from interlock_host.cli.channel import Target, open_channel
from interlock_host.cli.main import main
from interlock_host.config import ConfigError, HostConfig
from interlock_host.security.access import read_access
from interlock_host.security.guard import Guard
from interlock_host.security.tokens import PREFIX, digest_of
from interlock_host.server.address import Address
from tests.host import probe
from tests.host.secured import Authority, bearer, refuses_to_start, secured, token_entry, write_tokens
from tests.host.serving import refused, serving

ENTRIES = (
    token_entry("ci", "queue/ci:rw", "probe/ci:rw", "host:r", "reflection:r"),
    token_entry("one", "queue/one:rw"),
)


def run(*arguments: str, **environment: str | None) -> Result:
    clean = {"INTERLOCK_TARGET": None, "INTERLOCK_TOKEN": None, "INTERLOCK_CA": None}
    return CliRunner(env={**clean, **environment}).invoke(main, arguments)


async def command(*arguments: str, **environment: str | None) -> Result:
    """Run a command on a thread: the host is on this one's loop."""
    return await asyncio.to_thread(run, *arguments, **environment)


async def test_commands(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ours")
    tokens = write_tokens(tmp_path, *ENTRIES)
    async with secured(tmp_path, ours.issue("host", "localhost"), tokens=tokens) as host:
        target = ("--target", f"localhost:{host.port}", "--ca", str(ours.file))
        pushed = await command("call", "queue/ci", "Push", '{"items": [{}]}', *target, "--token", "ci-token")
        assert json.loads(pushed.stdout)["accepted"] == 1
        listed = await command("instances", *target, INTERLOCK_TOKEN="ci-token")
        assert "queue/ci" in listed.stdout
        for arguments, code in (
            (("call", "queue/other", "Push"), 7),
            (("delete", "queue/ci"), 7),
        ):
            assert (await command(*arguments, *target, INTERLOCK_TOKEN="ci-token")).exit_code == code
        unknown = await command("modules", *target)
        assert unknown.exit_code == 16 and "UNAUTHENTICATED" in unknown.stderr


async def test_command_with_a_certificate(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ours")
    cert, key = ours.issue("client", "client.internal")
    async with secured(tmp_path, ours.issue("host", "localhost"), client_ca=ours.file) as host:
        target = ("--target", f"grpcs://localhost:{host.port}", "--ca", str(ours.file))
        assert (await command("modules", *target)).exit_code == 14
        assert (await command("modules", *target, "--cert", str(cert), "--key", str(key))).exit_code == 0


async def test_commands_over_a_unix_socket(tmp_path: Path) -> None:
    """A socket needs no TLS, whatever INTERLOCK_CA says for other hosts."""
    authority = Authority(tmp_path / "ours")
    async with serving(tmp_path, tokens=write_tokens(tmp_path, *ENTRIES)) as served:
        listed = await command(
            "modules", "--target", served.target, INTERLOCK_TOKEN="ci-token", INTERLOCK_CA=str(authority.file)
        )
        assert listed.exit_code == 0, listed.output


@pytest.mark.parametrize(
    "address", ["10.0.0.1:1", "db.internal:1", "grpc://10.0.0.1:1", "[::ffff:127.0.0.1]:1"]
)
def test_no_token_in_the_clear(address: str) -> None:
    result = run("modules", "--target", address, "--token", "secret-token")
    assert result.exit_code == 2
    assert "in the clear" in result.stderr and "secret-token" not in result.output
    with pytest.raises(interlock.Invalid, match="plaintext"):
        interlock.open(f"grpc://{address.removeprefix('grpc://')}", token="secret-token")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:1", "[::1]:1", "unix:/run/absent.sock"])
def test_a_token_stays_on_this_machine(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment's would see it."""
    seen: list[Any] = []
    monkeypatch.setattr("grpc.insecure_channel", lambda target, options: seen.extend(options))
    monkeypatch.setattr("grpc.intercept_channel", lambda *_: None)
    open_channel(Target(address, "secret-token"))
    assert ("grpc.enable_http_proxy", 0) in seen


@pytest.mark.parametrize("token", ["secret\ntoken", "secret-tokén"])
def test_a_token_that_no_header_carries(token: str) -> None:
    """grpc's own error would print it."""
    result = run("modules", "--target", "127.0.0.1:1", "--token", token)
    assert result.exit_code == 2 and "secret" not in result.output
    with pytest.raises(interlock.Invalid) as caught:
        interlock.open("grpc://127.0.0.1:1", token=token)
    assert "secret" not in str(caught.value)


def test_a_default_socket_of_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the runtime directory is open to others, one of them may serve a socket there."""
    tmp_path.chmod(0o777)
    socket = Address(path=tmp_path / "interlock" / "interlock.sock")
    monkeypatch.setattr("interlock_host.cli.channel.default_socket", lambda: socket)
    (tmp_path / "interlock").mkdir()
    with pytest.raises(ConfigError, match="others may write"):
        open_channel(Target(None, "secret-token"))


def test_half_a_certificate() -> None:
    with pytest.raises(ConfigError, match="go together"):
        open_channel(Target("grpcs://h:1", cert=Path("c.pem")))
    with pytest.raises(ConfigError, match="--ca or grpcs"):
        open_channel(Target("h:1", cert=Path("c.pem"), key=Path("k.pem")))


async def test_python(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ours")
    tokens = write_tokens(tmp_path, *ENTRIES)
    client_pair = ours.issue("client", "client.internal")
    pair = ours.issue("host", "localhost")
    async with secured(tmp_path, pair, tokens=tokens, client_ca=ours.file) as host:
        options: Any = {"token": "one-token", "ca": ours.file, "cert": client_pair[0], "key": client_pair[1]}
        async with interlock.aio.open(f"grpcs://localhost:{host.port}", **options) as il:
            await il.queue("one").push(b"hello")
            with pytest.raises(interlock.Denied) as caught:
                await il.queue("two").push(b"hello")
            assert caught.value.reason == "PERMISSION_DENIED"

        def threads() -> bytes:
            with interlock.open(f"grpc://localhost:{host.port}", **options) as il:
                data: bytes = il.queue("one").pop(timeout=0).data
                return data

        assert await asyncio.to_thread(threads) == b"hello"


def test_no_token_in_a_repr() -> None:
    assert "secret" not in repr(Options(token="secret-token")) + repr(Target(token="secret-token"))


async def test_no_token_in_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line there is: of calls that pass, are refused, are denied, and of a guard that breaks."""
    stream = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    level = logging.getLogger().level
    logs.configure("debug", "json", stream)
    try:
        async with serving(tmp_path, tokens=write_tokens(tmp_path, *ENTRIES)) as served:
            await _calls_of_every_kind(served, monkeypatch)
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    text = stream.getvalue()
    assert "call broke" in text and "PERMISSION_DENIED" in text and "in_the_guard" in text
    for secret in ("ci-token", "wrong-token", digest_of("ci-token").hex(), "private words"):
        assert secret not in text


async def _calls_of_every_kind(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def echo(token: str, instance: str) -> None:
        message = probe.message(b"private words", instance)
        await served.unary("Echo")(message, metadata=bearer(token))

    await echo("ci-token", "ci")
    for token, instance in (("ci-token", "other"), ("wrong-token", "ci")):
        async with refused():
            await echo(token, instance)

    def in_the_guard(guard: Guard, context: Any, method: Any, request: bytes) -> None:
        held = (request, list(context.invocation_metadata()))
        raise RuntimeError(len(held))

    monkeypatch.setattr(Guard, "check", in_the_guard)
    async with refused() as failure:
        await echo("ci-token", "ci")
    assert failure["code"] == "INTERNAL"


def test_new_token(tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    made = [
        run(
            "token",
            "new",
            "--name",
            name,
            "--allow",
            "queue/a*:rw",
            "--allow",
            "host:r",
            "--tokens",
            str(file),
        )
        for name in ("first", 'sec"ond')
    ]
    assert [result.exit_code for result in made] == [0, 0]
    assert file.stat().st_mode & 0o777 == 0o600
    access = read_access(file, certificates=False)
    for result, name in zip(made, ("first", 'sec"ond'), strict=True):
        (token,) = result.stdout.splitlines()
        assert token.startswith(PREFIX) and token not in file.read_text()
        principal = access.by_token(token)
        assert principal is not None and principal.name == name
        assert list(map(str, principal.rules)) == ["queue/a*:rw", "host/*:r"]


def test_new_token_without_a_file() -> None:
    result = run("token", "new", "--name", "ci", "--allow", "queue:r")
    (token,) = result.stdout.splitlines()
    assert digest_of(token).hex() in result.stderr and token not in result.stderr


@pytest.mark.parametrize(
    ("name", "rule", "says"),
    [
        ("a", "queue", "is no rule"),
        ("known", "queue:r", "another entry's"),
        ("a\nb", "queue:r", "is no name"),
    ],
)
def test_new_token_refused(tmp_path: Path, name: str, rule: str, says: str) -> None:
    file = write_tokens(tmp_path, token_entry("known", "queue:r"))
    before = file.read_text()
    result = run("token", "new", "--name", name, "--allow", rule, "--tokens", str(file))
    assert result.exit_code == 1 and says in result.stderr and not result.stdout
    assert file.read_text() == before and list(tmp_path.iterdir()) == [file]


async def test_a_module_folder_of_somebody_elses(tmp_path: Path) -> None:
    """Through a link to where others write, and a module that is one."""
    open_folder = tmp_path / "open"
    modules = probe.write_probe(open_folder)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "probe.wasm").symlink_to(modules / "probe.wasm")
    open_folder.chmod(0o777)
    for folder in (modules, linked):
        config = HostConfig(listen=(f"unix:{tmp_path}/s",), metrics="off", modules=(folder,))
        await refuses_to_start(config, "others")
    (linked / "probe.wasm").unlink()
    (linked / "gone.wasm").symlink_to(tmp_path / "nowhere")
    config = HostConfig(listen=(f"unix:{tmp_path}/s",), metrics="off", modules=(linked,))
    await refuses_to_start(config, r"gone\.wasm: No such file")


async def test_a_socket_through_a_link(tmp_path: Path) -> None:
    """A folder that is ours, inside one where others write, by a link that hides it."""
    inner = tmp_path / "open" / "inner"
    inner.mkdir(parents=True, mode=0o700)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(inner)
    config = HostConfig(listen=(f"unix:{tmp_path}/link/s",), metrics="off")
    await refuses_to_start(config, f"others may write to {tmp_path}/open")

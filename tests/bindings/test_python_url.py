"""URLs and options: what is taken, and what is refused before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import interlock
from interlock.url import Address, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("local:", ("local", "")),
        ("local:state", ("local", "state")),
        ("local:../state", ("local", "../state")),
        ("local:/var/state", ("local", "/var/state")),
        ("local://state", ("local", "state")),
        ("local://../state", ("local", "../state")),
        ("local:///var/state", ("local", "/var/state")),
        ("unix://../here.sock", ("unix", "unix:../here.sock")),
        ("unix:///run/interlock.sock", ("unix", "unix:/run/interlock.sock")),
        ("unix:/run/interlock.sock", ("unix", "unix:/run/interlock.sock")),
        ("unix:here.sock", ("unix", "unix:here.sock")),
        ("grpc://127.0.0.1:7070", ("grpc", "127.0.0.1:7070")),
        ("grpc://[::1]:7070/", ("grpc", "[::1]:7070")),
        ("grpcs://host:7070", ("grpc", "host:7070", True)),
    ],
)
def test_parse(url: str, address: tuple[Any, ...]) -> None:
    assert parse(url) == Address(*address)


@pytest.mark.parametrize(
    "url",
    ["", "local", "local://", "unix:", "unix://", "grpc:", "grpc://", "grpc://host", "grpc://:7070", "grpc://h:0",
     "grpc://h:port", "grpc://user@h:1", "grpc://h/x:1", "http://h:1", "grpc://h:99999"],
)  # fmt: skip
def test_invalid(url: str) -> None:
    with pytest.raises(interlock.Invalid, match=r"local:|grpc://host:port") as caught:
        interlock.open(url)
    assert caught.value.field == "url"


@pytest.mark.parametrize("url", ["shared:", "shared:/dev/shm/x"])
def test_later(url: str) -> None:
    with pytest.raises(interlock.Unsupported, match="later") as caught:
        interlock.open(url)
    assert isinstance(caught.value, NotImplementedError)
    with pytest.raises(interlock.Unsupported):
        interlock.aio.open(url)


@pytest.mark.parametrize(
    ("address", "private"),
    [("127.0.0.1:1", True), ("[::1]:1", True), ("localhost:1", True), ("10.0.0.1:1", False), ("db:1", False)],
)
def test_private(address: str, private: bool) -> None:
    assert parse(f"grpc://{address}").private is private


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("local:", {"token": "t"}),
        ("local:", {"metadata": {"a": "b"}}),
        ("local:", {"ca": "ca.pem"}),
        ("grpc://127.0.0.1:1", {"modules": ["x"]}),
        ("unix:x", {"engine": object()}),
        ("unix:x", {"ca": "ca.pem"}),
    ],
)
def test_option_of_another_placement(url: str, options: Any) -> None:
    with pytest.raises(interlock.Unsupported):
        interlock.open(url, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"deadline": 0},
        {"retries": -1},
        {"token": "t"},
        {"cert": "c.pem"},
        {"cert": "c.pem", "key": "k.pem"},
        {"ca": "absent.pem"},
        {"metadata": {"Upper": "x"}},
        {"metadata": {"Authorization": "Bearer t"}},
        {"metadata": {"key": "line\nbreak"}},
    ],
)
def test_invalid_option(options: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(interlock.Invalid):
        interlock.open("grpc://example.invalid:1", **options)


def test_unknown_option() -> None:
    with pytest.raises(TypeError):
        interlock.open("local:", tiemout=1)  # type: ignore[call-arg]


def test_a_folder_of_modules_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (tmp_path / "absent", file):
        with pytest.raises(interlock.Invalid, match=f"{folder} is not a folder of modules") as caught:
            interlock.open("local:", modules=[tmp_path, folder])
        assert caught.value.field == "modules[1]"


def test_an_engine_that_is_none() -> None:
    with pytest.raises(interlock.WrongType) as caught:
        interlock.open("local:", engine="local")  # type: ignore[arg-type]
    assert caught.value.field == "engine"

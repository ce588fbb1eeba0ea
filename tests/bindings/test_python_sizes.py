"""A message that is too large is the caller's mistake, whoever finds it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import interlock
from interlock.transport import wire
from tests.behaviour.daemon import serving


@pytest.mark.parametrize("size", [4_150_000, 5_000_000])
def test_too_large_anywhere(size: int, tmp_path: Path) -> None:
    """Whether the module's limit stops a message or gRPC's own does."""
    with serving(tmp_path) as urls:
        for url in ("local:", *urls):
            with interlock.open(url) as il, pytest.raises(interlock.TooLarge) as caught:
                il.queue("orders").push(bytes(size))
            error = caught.value
            assert (error.reason, error.code) == ("MESSAGE_TOO_LARGE", interlock.Code.RESOURCE_EXHAUSTED)
            assert error.message.startswith("the message has ")
            assert error.items == (interlock.Item(bytes(size)),)


async def test_too_large_by_tasks(tmp_path: Path) -> None:
    with serving(tmp_path) as urls:
        for url in ("local:", *urls):
            async with interlock.aio.open(url) as il:
                with pytest.raises(interlock.TooLarge) as caught:
                    await il.queue("orders").push_many([b"small", bytes(5_000_000)])
            assert (caught.value.reason, caught.value.items) == ("MESSAGE_TOO_LARGE", (bytes(5_000_000),))


@pytest.mark.parametrize("kind", ("sync", "aio"))
def test_too_large_to_be_received(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "channel_options", lambda address: [("grpc.max_receive_message_length", 1)])
    with serving(tmp_path) as (url, _):
        if kind == "sync":
            with interlock.open(url) as il, pytest.raises(interlock.TooLarge) as caught:
                il.counter("hits").add(1)
        else:

            async def add() -> None:
                async with interlock.aio.open(url) as il:
                    await il.counter("hits").add(1)

            with pytest.raises(interlock.TooLarge) as caught:
                asyncio.run(add())
    assert (caught.value.reason, "this client takes 1" in caught.value.message) == ("MESSAGE_TOO_LARGE", True)

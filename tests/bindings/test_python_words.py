"""An error says the same wherever the instances are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import interlock
from interlock.queue.v1 import queue_pb2
from tests.behaviour.daemon import serving


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    with serving(tmp_path_factory.mktemp("words")) as served:
        yield ("local:", *served)


def _errors(urls: tuple[str, ...], work: Callable[[interlock.Client], object]) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for url in urls:
        with interlock.open(url, deadline=0.05) as il, pytest.raises(interlock.Error) as caught:
            work(il)
        error = caught.value
        found.add((type(error), error.code, error.reason, error.message, error.field))
    return found


def test_unknown_method(urls: tuple[str, ...]) -> None:
    path = "acme.gate.v1.GateService/Pass"
    code, text = interlock.Code.UNIMPLEMENTED, f"no module serves /{path}"
    expected = {(interlock.UnknownMethod, code, "UNKNOWN_METHOD", text, "")}
    assert _errors(urls, lambda il: il.call(path, b"")) == expected
    assert _errors(urls, lambda il: list(il.stream(path, b""))) == expected


def test_deadline(urls: tuple[str, ...]) -> None:
    request = queue_pb2.PopRequest(instance="words", wait_ms=20_000)
    found = _errors(urls, lambda il: il.call("interlock.queue.v1.QueueService/Pop", request))
    code, text = interlock.Code.DEADLINE_EXCEEDED, "the call's deadline passed"
    assert found == {(interlock.DeadlineExceeded, code, "CALLER_GONE", text, "")}

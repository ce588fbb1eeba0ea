"""One daemon for all tests of a file, and the URLs under which the same calls must do the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.behaviour.daemon import serving


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """By placement."""
    with serving(tmp_path_factory.mktemp("urls")) as served:
        yield dict(zip(("local", "unix", "grpc"), ("local:", *served), strict=True))


@pytest.fixture(params=["local", "unix", "grpc"])
def url(request: pytest.FixtureRequest, urls: dict[str, str]) -> str:
    """Each of them."""
    return urls[request.param]

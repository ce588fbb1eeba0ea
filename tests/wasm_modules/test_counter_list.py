"""Counter: List."""

from collections.abc import Iterator

import pytest
from counter_session import Session

INVALID_ARGUMENT = 3


@pytest.fixture
def c() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def test_byte_order(c: Session) -> None:
    keys = [
        "",
        "a",
        "a\x00",
        "aa",
        "b",
        "Z",
        "é",
        "z",
        "\U0001f600",
        "\uffff",
        "12345678",
        "123456789",
        "1234567",
    ]
    c.add(*((key, 1) for key in keys))
    assert [key for key, _ in c.listed()] == sorted(keys, key=str.encode)


def test_pages(c: Session) -> None:
    c.add(*((f"{i:04}", i) for i in range(1000)))
    assert [len(page) for page in c.pages(page_size=300)] == [300, 300, 300, 100]
    assert [len(page) for page in c.pages(page_size=500)] == [500, 500]
    assert c.listed(page_size=7) == c.listed() == [(f"{i:04}", i) for i in range(1000)]


def test_default_page(c: Session) -> None:
    for part in range(2):
        c.add(*((f"{part}-{i:04}", 1) for i in range(501)))
    assert [len(page) for page in c.pages()] == [1000, 2]


def test_prefix(c: Session) -> None:
    c.add(*((key, 1) for key in ("a", "ab", "abc", "abd", "ac", "b")))
    assert [key for key, _ in c.listed(prefix="ab")] == ["ab", "abc", "abd"]
    assert [key for key, _ in c.listed(page_size=1, prefix="ab")] == ["ab", "abc", "abd"]
    assert c.listed(prefix="abcd") == []


def test_changes_between_pages(c: Session) -> None:
    c.add(*((f"{i:02}", 1) for i in range(10)))
    first = c.ask("List", page_size=4)
    c.reset("03", "05")
    c.add(("00a", 1), ("06a", 1))
    second = c.ask("List", page_size=100, page_token=first.next_page_token)
    assert [one.key for one in first.values] == ["00", "01", "02", "03"]
    assert [one.key for one in second.values] == ["04", "06", "06a", "07", "08", "09"]
    assert second.next_page_token == ""


def test_a_token_of_an_empty_key(c: Session) -> None:
    c.add(("", 1), ("a", 2))
    assert list(c.pages(page_size=1)) == [[("", 1)], [("a", 2)]]


def test_tokens_of_elsewhere(c: Session) -> None:
    c.add(("a", 1), ("ab", 2), ("abc", 3))
    token = c.ask("List", page_size=1, prefix="a").next_page_token
    refused = (INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", "page_token")
    for wrong in ("x", "0" * 16, "0" * 16 + "a", token + "b", token[:-1] + "b", "f" + token[1:]):
        if wrong != token:
            assert c.start("List", prefix="a", page_token=wrong).why == refused
    assert c.start("List", prefix="ab", page_token=token).why == refused
    c.start("Add", instance="d", adds=[{"key": "a", "delta": 1}])
    assert c.start("List", instance="d", prefix="a", page_token=token).why == refused


def test_a_page_fits_a_message(c: Session) -> None:
    keys = [f"{i:05}".ljust(1024, "x") for i in range(6000)]
    for part in range(0, 6000, 200):
        c.add(*((key, 1) for key in keys[part : part + 200]))
    pages = list(c.pages(page_size=10_000))
    assert [key for page in pages for key, _ in page] == keys
    assert 1 < len(pages) <= 3

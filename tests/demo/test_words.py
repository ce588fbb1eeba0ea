"""What a word is; the same cases are tested by demo/go/words_test.go and demo/typescript/words.test.ts."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from demo.job import SHARDS, additions, shard_of
from demo.words import count, count_files, differences

CASES = json.loads((Path(__file__).parents[2] / "demo/go/testdata/words.json").read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_count(name: str) -> None:
    text, wanted = CASES[name]
    assert {word.decode(): number for word, number in count(text.encode()).items()} == wanted


def test_count_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("spam ham")
    (tmp_path / "b").write_text("spam")
    assert count_files(sorted(tmp_path.iterdir())) == {"spam": 2, "ham": 1}


def test_differences() -> None:
    assert differences({"a": 1}, {"a": 1}) == []
    assert differences({"a": 1, "c": 2}, {"a": 3, "b": 4}) == ["a: 1, not 3", "b: 0, not 4", "c: 2, not 0"]


def test_shards() -> None:
    assert shard_of(b"123456789") == 0xCBF43926 % SHARDS == zlib.crc32(b"123456789") % SHARDS


def test_additions_name_item_and_word() -> None:
    shards = additions("7.1", {b"spam": 2, b"ham": 1})
    found = {add: number for number, shard in enumerate(shards) for add in shard}
    assert found == {
        ("spam", 2, "7.1/spam"): shard_of(b"spam"),
        ("ham", 1, "7.1/ham"): shard_of(b"ham"),
    }

"""The input of the demo."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from demo.corpus import BLOCK_LINES, blocks_of, find_files


@pytest.mark.parametrize("lines", [0, 1, BLOCK_LINES, BLOCK_LINES + 1, 3 * BLOCK_LINES])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b""])
def test_blocks(tmp_path: Path, lines: int, end: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\n".join(b"line" for _ in range(lines)) + (end if lines else b""))
    blocks = list(blocks_of(5, path))
    assert b"".join(block.text for block in blocks) == path.read_bytes()
    assert [block.id for block in blocks] == [f"5.{i}" for i in range(-(-lines // BLOCK_LINES))]


def test_the_library_without_what_was_installed() -> None:
    files = find_files()
    root = Path(sysconfig.get_path("stdlib"))
    assert root / "json/decoder.py" in files
    assert files == sorted(set(files))
    assert not [path for path in files if "site-packages" in path.parts]


def test_some_files_are_spread_over_all() -> None:
    files, some = find_files(), find_files(40)
    assert len(set(some)) == 40
    assert files.index(some[0]) == 0
    assert files.index(some[-1]) >= len(files) * 39 // 40 - 1
    assert find_files(10**6) == files

"""The input: the Python files of the running interpreter's standard library, in blocks of lines."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK_LINES = 100
"""Lines of one item: its words are counted together, under one `once` a word."""


class Block(NamedTuple):
    """Some consecutive lines of one file."""

    id: str
    """Names the block in the whole corpus: "417.3" is the fourth block of file 417."""
    text: bytes


def find_files(most: int | None = None) -> list[Path]:
    """Return the files in order of their paths; `most` of them, evenly spread, if it is named.

    Nothing that was installed beside the library belongs to it.
    """
    root = Path(sysconfig.get_path("stdlib"))
    installed = {"site-packages", "dist-packages"}
    found = (path.relative_to(root) for path in root.rglob("*.py") if path.is_file())
    files = [root / path for path in sorted(found) if not installed.intersection(path.parts)]
    if most is None or most >= len(files):
        return files
    return [files[place * len(files) // most] for place in range(most)]


def blocks_of(number: int, path: Path) -> Iterator[Block]:
    """Cut the file of this number into blocks. No word crosses a line, so none is cut."""
    lines = path.read_bytes().splitlines(keepends=True)
    for first in range(0, len(lines), BLOCK_LINES):
        text = b"".join(lines[first : first + BLOCK_LINES])
        yield Block(f"{number}.{first // BLOCK_LINES}", text)

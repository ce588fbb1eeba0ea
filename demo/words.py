"""What a word is, and counting them.

A word is a run of at most 64 of the bytes A-Z, a-z and _; a longer run is cut
into words of 64 from its start. Bytes, so that a file in any encoding counts
the same everywhere. demo/go/words.go and demo/typescript/words.ts do the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

WORD = re.compile(rb"[A-Za-z_]{1,64}")

Totals = dict[str, int]


def count(text: bytes) -> Counter[bytes]:
    """Count the words of a text."""
    return Counter(WORD.findall(text))


def count_files(paths: Iterable[Path]) -> Totals:
    """Count the words of whole files in one process: what every other way must agree with."""
    totals: Counter[bytes] = Counter()
    for path in paths:
        totals.update(WORD.findall(path.read_bytes()))
    return {word.decode("ascii"): number for word, number in totals.items()}


def differences(found: Totals, wanted: Totals) -> list[str]:
    """One line for each word whose count is not the wanted one, in the order of the words."""
    words = sorted(found.keys() | wanted.keys())
    return [
        f"{word}: {found.get(word, 0)}, not {wanted.get(word, 0)}"
        for word in words
        if found.get(word, 0) != wanted.get(word, 0)
    ]

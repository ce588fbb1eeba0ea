"""Counts the words of Python's library through queues, and shows what can go wrong going right.

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console

from demo.acts import Corpus, in_process, storm, through_daemon
from demo.corpus import blocks_of, find_files
from demo.failure import DemoFailed
from demo.job import PARTITIONS
from demo.summary import total_line
from demo.words import count_files


def read_corpus(console: Console, most: int | None) -> Corpus:
    """Find the files, and count them in one process."""
    files = find_files(most)
    began = time.monotonic()
    with console.status("counting in one process"):
        totals = count_files(files)
    seconds = time.monotonic() - began
    items = sum(1 for number, path in enumerate(files) for _ in blocks_of(number, path))
    console.print(
        f"{len(files):,} files of the standard library of Python {sys.version.partition(' ')[0]}"
        f" are {items:,} items",
        soft_wrap=True,
    )
    console.print(f"one process counts, in {seconds:.1f} s: {total_line(totals)}", highlight=False)
    return Corpus(files, most, items, totals)


def _title(console: Console, text: str) -> None:
    console.print()
    console.rule(text)


def play(console: Console, given: argparse.Namespace) -> None:
    corpus = read_corpus(console, given.files)
    _title(console, "1  Python, Go and TypeScript around one daemon")
    through_daemon(console, corpus, given.require_all)
    _title(console, "2  the same, in one process: local:")
    in_process(console, corpus)
    if given.storm:
        _title(console, "3  a storm of 127 consumer groups, a third of whose members die")
        storm(console)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, help="so many files instead of all, evenly spread")
    parser.add_argument("--no-storm", dest="storm", action="store_false", help="without the last act")
    parser.add_argument("--require-all", action="store_true", help="fail where a language is missing")
    given = parser.parse_args()
    if given.files is not None and given.files < PARTITIONS:
        parser.error(f"--files: at least {PARTITIONS}, so that each partition has one")
    console = Console(highlight=False)
    began = time.monotonic()
    try:
        play(console, given)
    except DemoFailed as failure:
        console.print(f"[bold red]The demo failed:[/] {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    console.print(f"all of it took {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One pass over the files of a journal, in which each batch is judged once.

A problem is held back until the next batch that is right. If there is one, its mark
says that what was lost had been durable: that is damage. If there is none, the problem
is the end of a journal whose host died while it wrote: that is a cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import google_crc32c

from interlock_host.disk import Disk
from interlock_host.journal.batch import HEADER_SIZE, SEALED, SLOT_SIZE, Header, footer_matches, header_at
from interlock_host.journal.damage import FOREVER, Cut, Damage, Note
from interlock_host.journal.index import Index
from interlock_host.journal.salvage import Salvage, salvage
from interlock_host.journal.segment import (
    FOLDER,
    Batch,
    Gap,
    Segment,
    first_lsn_of,
    is_unfinished,
    stamps,
    walk,
)

_crc32c = google_crc32c.value


class Tail(NamedTuple):
    """The last batch of a journal."""

    stamp: int | None = None
    """None if there is no batch at all."""
    chain: int = 0
    file: int = 0
    """The number of the segment it is in."""
    at: int = 0
    end: int = 0
    first_lsn: int = 1
    last_lsn: int = 0


class _Problem(NamedTuple):
    """A place that is not right, until it is known whether it was durable."""

    file: int
    at: int
    lsn: int
    """The first entry in doubt."""
    text: str
    before: tuple[int, Batch] | None
    """The file and the place of the last batch before it."""
    torn: bool
    """A host that died while it wrote could have left it."""
    batch: Batch | None = None
    """A batch that is there, but not whole."""
    left: Salvage | None = None


class Reader:
    """The pass, and what it has found so far."""

    def __init__(self, disk: Disk, after: int = 0) -> None:
        self.index = Index()
        self.first_lsn = 1
        self.last_lsn = 0
        self.mark = 0
        self.sealed = False
        self.cut: Cut | None = None
        self.damage: list[Damage] = []
        self.notes: list[Note] = []
        self.segments: list[Segment] = []
        self._disk = disk
        self._after = after
        self._held: list[_Problem] = []
        self._chain: int | None = None
        self._stopped = False
        self._stamp = -1
        self._last: tuple[int, Batch] | None = None

    @property
    def tail(self) -> Tail:
        """The last batch that counts."""
        if self._last is None:
            return Tail()
        file, (at, header, _) = self._last
        return Tail(header.stamp, _chained(header), file, at, at + header.span, header.first, header.last)

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        """Read everything."""
        self._open()
        self._stamp = self._find_stamp()
        if self.segments:
            self.first_lsn = self.segments[0].first_lsn
            self.last_lsn = self.first_lsn - 1
        for file, buffer in enumerate(self.index.files):
            for item in walk(buffer, self._stamp):
                if isinstance(item, Gap):
                    self._gap(file, item)
                else:
                    self._batch(file, item)
            if progress is not None:
                progress(file + 1, len(self.segments))
        self._finish()

    def _open(self) -> None:
        named = [(name, first_lsn_of(name)) for name in self._disk.list(FOLDER)]
        begin = max(
            (first for _, first in named if first is not None and first <= self._after + 1), default=0
        )
        for name, first in named:
            path = f"{FOLDER}/{name}"
            if first is None:
                if not is_unfinished(name):
                    self.notes.append(Note(path, 0, "not a segment of the journal"))
                continue
            if first < begin:
                continue
            try:
                buffer = self._disk.read(path)
            except FileNotFoundError:  # dropped meanwhile, by a journal that is being written
                continue
            self.index.add_file(buffer)
            self.segments.append(Segment(path, first, first - 1, len(buffer)))

    def _find_stamp(self) -> int:
        """Find out which journal this is: what most files begin with, for nobody's payload stands there."""
        heads = [header_at(buffer, 0) for buffer in self.index.files]
        counted = Counter(head.stamp for head in heads if head is not None)
        if counted:
            return counted.most_common(1)[0][0]
        return next((stamp for buffer in self.index.files for stamp in stamps(buffer)), -1)

    def _gap(self, file: int, gap: Gap) -> None:
        """A host that dies leaves the beginning of a batch of its own, where its next was to be."""
        ours = gap.header is None or gap.header.stamp == self._stamp
        torn = ours and (gap.at > 0 or self.segments[file].first_lsn == self.last_lsn + 1)
        if torn and gap.header is not None and gap.header.first == self.last_lsn + 1 and not self._stopped:
            self._settle(file, Batch(gap.at, gap.header))
            self.mark = max(self.mark, gap.header.mark)
        self._held.append(_Problem(file, gap.at, self.last_lsn + 1, gap.text, self._last, torn))

    def _batch(self, file: int, batch: Batch) -> None:
        header = batch.header
        smooth = header.chain == self._chain and header.first == self.last_lsn + 1
        if (smooth and not self._held and not self._stopped) or self._counts(file, batch):
            self._chain = _chained(header)
            self.mark = max(self.mark, header.mark)
            self._body(file, batch)

    def _counts(self, file: int, batch: Batch) -> bool:
        """Say whether a batch is the next one, though it is not where the next one was expected."""
        header = batch.header
        if self._stopped:
            self.last_lsn = max(self.last_lsn, header.last)
            return False
        if self._last is None and header.first < self.first_lsn:
            self.first_lsn, self.last_lsn = header.first, header.first - 1
        self._replace(header)
        if header.first <= self.last_lsn:
            self._again(file, batch)
            return False
        if not self._follows(header):
            self._stop(file, batch, "the batch does not follow the one before it")
            return False
        self._settle(file, batch)
        return True

    def _replace(self, header: Header) -> None:
        """Forget a batch that is not whole if this is a copy of it: a restart writes the last batch again."""
        for problem in self._held:
            if problem.batch is not None and problem.batch.header.crc == header.crc:
                self._held.remove(problem)
                self.last_lsn, self._last, self._chain = problem.lsn - 1, problem.before, header.chain
                return

    def _follows(self, header: Header) -> bool:
        """Say whether the batch before was this one's own, as far as that one is known."""
        known = self._chain is not None and all(problem.batch is not None for problem in self._held)
        return not known or header.first != self.last_lsn + 1 or header.chain == self._chain

    def _again(self, file: int, batch: Batch) -> None:
        """Entries that were there already: a copy is harmless, anything else puts both in doubt."""
        header = batch.header
        if header.entries == 0 or self.index.has_batch(header):
            # At the front of a file, the last one before is what every opening writes again.
            if batch.at or header.last != self.last_lsn:
                self.notes.append(Note(self._path(file), batch.at, "a copy of a batch that was there before"))
        else:
            self._stop(file, batch, "other entries under LSNs that were there before")

    def _stop(self, file: int, batch: Batch, text: str) -> None:
        """Trust nothing from here on, not even what looks whole: it may be another history."""
        first = self._held[0].lsn if self._held else batch.header.first
        self.damage.append(Damage(self._path(file), batch.at, first, None, text, FOREVER))
        self._held.clear()
        self.last_lsn = max(self.last_lsn, batch.header.last)
        self._stopped = True

    def _settle(self, file: int, batch: Batch) -> None:
        """What was held back is damage, for a batch follows it."""
        held, self._held = self._held, []
        first = batch.header.first
        gaps = [problem for problem in held if problem.batch is None]
        for problem in held:
            if problem.batch is not None and problem.left is not None:
                self.index.add_entries(problem.file, problem.at, problem.batch.header, problem.left.offsets)
                self.damage += problem.left.damage
        if first > self.last_lsn + 1:
            file, at, text = (*gaps[0][:2], gaps[0].text) if gaps else (file, batch.at, "a part is missing")
            text += f"; LSN {self.last_lsn + 1} to {first - 1} are lost"
            self.damage.append(Damage(self._path(file), at, self.last_lsn + 1, None, text, first - 1))
        else:
            self.notes += [
                Note(self._path(gap.file), gap.at, f"{gap.text}; no entry is lost") for gap in gaps
            ]

    def _body(self, file: int, batch: Batch) -> None:
        buffer = self.index.files[file]
        at, header, known_by = batch
        middle = at + HEADER_SIZE + SLOT_SIZE * header.entries
        directory = buffer[at + HEADER_SIZE : middle]
        named = _crc32c(directory) == header.directory_crc
        whole = _crc32c(buffer[middle : middle + header.size]) == header.entries_crc
        before, self._last = self._last, (file, batch)
        self.last_lsn = header.last
        self.sealed = bool(header.flags & SEALED)
        if named and whole and known_by == "header":
            if header.entries:
                self.index.add_batch(file, at, header, directory)
            if not footer_matches(buffer, at, header):
                self.notes.append(Note(self._path(file), at, "the batch's footer is not whole"))
            return
        left = salvage(self._path(file), buffer, at, header, directory if named else None)
        if left.damage:
            self._held.append(
                _Problem(file, at, header.first, left.damage[0].text, before, True, batch, left)
            )
            return
        part = known_by if known_by != "header" else "entries" if named else "directory"
        self.notes.append(Note(self._path(file), at, f"the batch was put together without its {part}"))
        if header.entries:
            self.index.add_entries(file, at, header, left.offsets)

    def _finish(self) -> None:
        if self._held and not self._stopped:
            first = self._held[0]
            for problem in self._held:
                if not problem.torn or problem.file != first.file:
                    path = self._path(problem.file)
                    self.damage.append(Damage(path, problem.at, first.lsn, None, problem.text, FOREVER))
                    break
            else:
                self._cut_at(first)
        ends = [later.first_lsn - 1 for later in self.segments[1:]] + [self.last_lsn]
        self.segments = [
            segment._replace(last_lsn=end) for segment, end in zip(self.segments, ends, strict=False)
        ]

    def _cut_at(self, problem: _Problem) -> None:
        size = self.segments[problem.file].bytes - problem.at
        self.cut = Cut(self._path(problem.file), problem.at, problem.lsn, size)
        self.last_lsn = problem.lsn - 1
        self._last = problem.before
        self.sealed = False

    def _path(self, file: int) -> str:
        return self.segments[file].path


def _chained(header: Header) -> int:
    """Return what the next batch's chain must be; a batch without entries may go missing."""
    return header.crc if header.entries else header.chain

"""Where the entries of a scanned journal are."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from interlock_host.disk import Buffer
from interlock_host.journal import entry
from interlock_host.journal.batch import HEADER_SIZE, SLOT, SLOT_SIZE, Header, header_at

_SHIFT = 40
_OFFSET = (1 << _SHIFT) - 1


def _positions() -> array[int]:
    return array("Q")


class Index:
    """The places of all readable entries, by instance and in order of LSN.

    A place is one number, the file's number << 40 | the offset in it: eight bytes an
    entry, so that a million of them cost 8 MB and no objects.
    """

    def __init__(self) -> None:
        self.files: list[Buffer] = []
        self.places: defaultdict[int, array[int]] = defaultdict(_positions)
        """By instance, in order of LSN."""
        self.bytes: defaultdict[int, int] = defaultdict(int)
        """By instance."""
        self._batches = array("Q")
        self._firsts = array("Q")
        """Of the batches: where they begin, and their first LSN."""
        self._partial: dict[int, array[int]] = {}
        self._mended: dict[int, Header] = {}
        """Of batches that are not whole: the places of the entries that are, and the header."""

    def add_file(self, buffer: Buffer) -> int:
        """Take a file in, and return its number."""
        self.files.append(buffer)
        return len(self.files) - 1

    def add_batch(self, file: int, at: int, header: Header, directory: bytes) -> None:
        """Take in a batch that is whole: header, directory and entries."""
        place = self._add(file, at, header)
        place += HEADER_SIZE + SLOT_SIZE * header.entries
        places, sizes = self.places, self.bytes
        for instance, size, _ in SLOT.iter_unpack(directory):
            places[instance].append(place)
            sizes[instance] += size
            place += size

    def add_entries(self, file: int, at: int, header: Header, offsets: list[int]) -> None:
        """Take in those entries of a batch that are at the offsets; something else of it is not whole."""
        buffer = self.files[file]
        batch = self._add(file, at, header)
        self._mended[batch] = header
        self._partial[batch] = array("Q", [file << _SHIFT | offset for offset in offsets])
        for offset in offsets:
            instance = entry.links(buffer, offset).instance
            self.places[instance].append(file << _SHIFT | offset)
            self.bytes[instance] += entry.span(buffer, offset)

    def _add(self, file: int, at: int, header: Header) -> int:
        place = file << _SHIFT | at
        self._batches.append(place)
        self._firsts.append(header.first)
        return place

    def close(self) -> None:
        """Let the files go; nothing can be read any more."""
        for buffer in self.files:
            if not isinstance(buffer, bytes):
                buffer.close()
        self.files.clear()

    def read(self, place: int) -> entry.Entry:
        """Read the entry at a place."""
        return entry.decode(self.files[place >> _SHIFT], place & _OFFSET)

    def links(self, place: int) -> entry.Links:
        """Read where the entry at a place stands."""
        return entry.links(self.files[place >> _SHIFT], place & _OFFSET)

    def kind(self, place: int) -> int:
        """Read the kind of the entry at a place."""
        return entry.kind_of(self.files[place >> _SHIFT], place & _OFFSET)

    def after(self, instance: int, lsn: int) -> int:
        """Return how many of an instance's entries are at `lsn` or before it."""
        places = self.places.get(instance)
        return bisect_right(places, lsn, key=lambda place: self.links(place).lsn) if places else 0

    def has_batch(self, header: Header) -> bool:
        """Say whether this very batch was taken in: its header's checksum covers those of all the rest."""
        number = bisect_right(self._firsts, header.first) - 1
        if number < 0:
            return False
        place = self._batches[number]
        known = self._mended.get(place) or header_at(self.files[place >> _SHIFT], place & _OFFSET)
        return known == header

    def all(self, after: int) -> Iterator[entry.Entry]:
        """Go through all readable entries behind an LSN, in order."""
        for number in range(max(0, bisect_right(self._firsts, after) - 1), len(self._batches)):
            for found in self._batch(number):
                if found.lsn > after:
                    yield found

    def _batch(self, number: int) -> Iterator[entry.Entry]:
        batch = self._batches[number]
        places = self._partial.get(batch)
        if places is not None:
            yield from map(self.read, places)
            return
        buffer, at = self.files[batch >> _SHIFT], batch & _OFFSET
        header = header_at(buffer, at)
        at += HEADER_SIZE + SLOT_SIZE * (header.entries if header else 0)
        for _ in range(header.entries if header else 0):
            yield entry.decode(buffer, at)
            at += entry.span(buffer, at)

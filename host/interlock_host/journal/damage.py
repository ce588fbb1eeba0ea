"""What a scan found that is not as it was written."""

from __future__ import annotations

from typing import NamedTuple

FOREVER = (1 << 64) - 1


class Damage(NamedTuple):
    """Entries that were durable and cannot be had any more. What they belonged to is refused."""

    path: str
    offset: int
    lsn: int
    """The first entry that is lost."""
    instance: int | None
    """Whose it was; None where that is lost as well."""
    text: str
    until: int
    """The last entry that is lost; FOREVER if everything from `lsn` on is in doubt."""

    def __str__(self) -> str:
        return f"{self.path}, offset {self.offset}, LSN {self.lsn}: {self.text}"


class Cut(NamedTuple):
    """The end of a journal that was not closed: written, but never known to be durable. It is dropped."""

    path: str
    offset: int
    lsn: int
    """The first that is dropped."""
    bytes: int
    """From there to the end of the file."""

    def __str__(self) -> str:
        return f"{self.path}, offset {self.offset}, LSN {self.lsn}: {self.bytes} bytes cut off"


class Note(NamedTuple):
    """Something odd that cost nothing: all that it stands for is known from elsewhere."""

    path: str
    offset: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}, offset {self.offset}: {self.text}"

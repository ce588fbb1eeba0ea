"""Reads the primitive values of the WebAssembly binary format (core specification, chapter 5.2)."""

from __future__ import annotations

from struct import unpack_from

from interlock_host.pack.errors import PackError


class Cursor:
    """A position in `data` that moves forward and never past `end`."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def byte(self) -> int:
        if self.at >= self.end:
            raise PackError(f"truncated at byte {self.at}")
        value = self.data[self.at]
        self.at += 1
        return value

    def unsigned(self, bits: int = 32) -> int:
        """A LEB128 number of at most `bits` bits."""
        value = shift = 0
        start = self.at
        while True:
            piece = self.byte()
            value |= (piece & 0x7F) << shift
            if piece < 0x80:
                break
            shift += 7
            if shift >= bits:
                raise PackError(f"number longer than {bits} bits at byte {start}")
        if value >> bits:
            raise PackError(f"number larger than {bits} bits at byte {start}")
        return value

    def signed(self, bits: int) -> int:
        """A signed LEB128 number of at most `bits` bits."""
        value = shift = 0
        start = self.at
        while True:
            piece = self.byte()
            value |= (piece & 0x7F) << shift
            shift += 7
            if piece < 0x80:
                break
            if shift >= bits:
                raise PackError(f"number longer than {bits} bits at byte {start}")
        return value - (1 << shift) if piece & 0x40 else value

    def skip(self, size: int) -> None:
        if size > self.end - self.at:
            raise PackError(f"truncated: {size} bytes wanted at byte {self.at}, {self.end - self.at} left")
        self.at += size

    def take(self, size: int) -> bytes:
        start = self.at
        self.skip(size)
        return self.data[start : self.at]

    def word(self) -> int:
        """A little-endian number of 32 bits."""
        self.skip(4)
        value: int = unpack_from("<I", self.data, self.at - 4)[0]
        return value

    def name(self) -> str:
        """UTF-8 that is safe to show: the format allows more, but a name ends up in messages and tables."""
        start = self.at
        try:
            text = self.take(self.unsigned()).decode()
        except UnicodeDecodeError as error:
            raise PackError(f"name at byte {start} is not UTF-8") from error
        if not text.isprintable():
            raise PackError(f"name at byte {start} has control characters: {text!a}")
        return text

    def count(self) -> range:
        """The indices of a vector. Each element takes a byte or more, so a count past the end is refused."""
        start = self.at
        size = self.unsigned()
        if size > self.end - self.at:
            raise PackError(f"truncated: vector of {size} elements at byte {start}")
        return range(size)

    def part(self, size: int) -> Cursor:
        """A cursor over the next `size` bytes, which this one passes."""
        start = self.at
        self.skip(size)
        return Cursor(self.data, start, self.at)

    @property
    def done(self) -> bool:
        return self.at >= self.end


def unsigned_bytes(value: int) -> bytes:
    """The shortest LEB128 form."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

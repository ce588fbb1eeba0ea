"""The image of a machine: all that its module's state is, and a machine made from it again.

Restoring runs none of the module's code. A module's control block stays where
it was first named, so an image keeps that place; asking for it again would be
an entry into a module whose `_initialize` never ran, which Go's runtime ends
with a trap.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

from interlock_host.wasm import raw
from interlock_host.wasm.machine import Machine, Trapped
from interlock_host.wasm.program import Program, StartFailed

PAGE_BYTES = 4096
"""What is left out where it is zero: the unit in which a system gives memory, so that
a machine made from an image takes no more of it than the one that was captured."""
WASM_PAGE_BYTES = 65536
RUN_BYTES = WASM_PAGE_BYTES
"""The most bytes of one run."""

_ZEROS = bytes(WASM_PAGE_BYTES)
_ZERO_PAGE = bytes(PAGE_BYTES)


class ImageMisfit(StartFailed):
    """The image cannot be of this program, or is larger than the machine may be."""


class Image(NamedTuple):
    """A machine's state. Two machines in the same state have equal images."""

    size: int
    """Of memory, in bytes: a multiple of WASM_PAGE_BYTES."""
    runs: tuple[tuple[int, bytes | memoryview], ...]
    """Address and content of what is not zero, in whole pages, rising; a run ends at the end of a
    WebAssembly page at the latest."""
    globals: tuple[int, ...]
    """The bits of each mutable global, in the order of `Program.globals`."""
    control: int
    """The address of the control block."""

    @property
    def memory(self) -> bytes:
        """All of memory, with its zeros."""
        whole = bytearray(self.size)
        for at, data in self.runs:
            whole[at : at + len(data)] = data
        return bytes(whole)


def capture(machine: Machine) -> Image:
    """Return the image of a machine that is between entries.

    Raises:
        ImageMisfit: The program exports no global of a name that it should have.
    """
    size = machine.memory_bytes
    return Image(size, tuple(_runs(machine, size)), _read_globals(machine), machine._control)


def _runs(machine: Machine, size: int) -> Iterator[tuple[int, bytes]]:
    view = machine._view
    for base in range(0, size, WASM_PAGE_BYTES):
        piece = bytes(view[base : base + WASM_PAGE_BYTES])
        if piece == _ZEROS:
            continue
        start = -1
        for at in range(0, WASM_PAGE_BYTES, PAGE_BYTES):
            if not piece.startswith(_ZERO_PAGE, at):
                start = at if start < 0 else start
            elif start >= 0:
                yield base + start, piece[start:at]
                start = -1
        if start >= 0:
            yield base + start, piece[start:]


def restore_machine(
    program: Program, max_memory: int, budget_ms: int, image: Image, *, random_state: int, now: int
) -> Machine:
    """Make a machine in the state of an image.

    Args:
        program: The one that the image's machine was made from.
        max_memory: As for `Machine`.
        budget_ms: As for `Machine`.
        image: What to restore.
        random_state: The state of the captured machine's `random`.
        now: The time of the captured machine, in ns since the epoch.

    Raises:
        ImageMisfit: The image is of another program, or larger than `max_memory`.
        StartFailed: The program cannot be instantiated.
    """
    machine = Machine(program, max_memory, budget_ms, random_state, now)
    filled = _filled(machine)
    _grow(machine, image.size)
    _fill(machine, image, filled)
    _write_globals(machine, image.globals)
    try:
        machine.resume(image.control)
    except Trapped as error:
        raise ImageMisfit(str(error)) from None
    return machine


def _grow(machine: Machine, size: int) -> None:
    fresh = machine.memory_bytes
    if size < fresh or size % WASM_PAGE_BYTES:
        raise ImageMisfit(f"an image of {size} bytes; the module begins with {fresh}")
    before = ctypes.c_uint64()
    pages = (size - fresh) // WASM_PAGE_BYTES
    error = raw.MEMORY_GROW(machine._context, machine.memory, pages, ctypes.byref(before)) if pages else None
    if error:
        raise ImageMisfit(f"an image of {size} bytes: {raw.take_error(error)}")


def _fill(machine: Machine, image: Image, filled: tuple[tuple[int, int], ...]) -> None:
    """Write memory over what instantiation put there; all else of it is zero."""
    view = machine._view
    for at, size in filled:
        view[at : at + size] = bytes(size)
    for at, data in image.runs:
        if at + len(data) > image.size:
            raise ImageMisfit(f"an image with a run of {len(data)} bytes at {at}")
        view[at : at + len(data)] = data


def _filled(machine: Machine) -> tuple[tuple[int, int], ...]:
    """Where a fresh machine of this program is not zero. Its data segments alone say so: they are the
    same each time, and to look at a large memory each time would cost more than the rest of waking."""
    program = machine._program
    if program.filled is None:
        program.filled = tuple((at, len(data)) for at, data in _runs(machine, machine.memory_bytes))
    return program.filled


def _globals(machine: Machine) -> Iterator[tuple[int, raw.Value]]:
    """The address of each mutable global, and its value."""
    for name in machine._program.globals:
        extern = machine._extern(name)
        if extern is None or int(extern.kind) != raw.EXTERN_GLOBAL:
            raise ImageMisfit(f"the module exports no global {name}")
        value = raw.Value()
        address = ctypes.addressof(extern.of)
        raw.GLOBAL_GET(machine._context, address, ctypes.addressof(value))
        if int(value.kind) >= len(raw.VALUE_BYTES):
            raise ImageMisfit(f"global {name} holds a reference")
        yield address, value
        del extern  # its address was of use until here


def _read_globals(machine: Machine) -> tuple[int, ...]:
    values = (value for _, value in _globals(machine))
    return tuple(
        int.from_bytes(bytes(value.of)[: raw.VALUE_BYTES[int(value.kind)]], "little") for value in values
    )


def _write_globals(machine: Machine, values: tuple[int, ...]) -> None:
    names = machine._program.globals
    if len(values) != len(names):
        raise ImageMisfit(f"an image with {len(values)} globals; the module has {len(names)}")
    for bits, (address, value) in zip(values, _globals(machine), strict=True):
        size = raw.VALUE_BYTES[int(value.kind)]
        if bits >> 8 * size:
            raise ImageMisfit("an image with a global that is larger than the module's")
        ctypes.memmove(ctypes.addressof(value.of), bits.to_bytes(size, "little"), size)
        error = raw.GLOBAL_SET(machine._context, address, ctypes.addressof(value))
        if error:
            raise ImageMisfit(raw.take_error(error))

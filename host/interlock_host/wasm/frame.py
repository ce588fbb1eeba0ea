"""Where one entry's arguments, results and trap stand while wasmtime runs it.

An entry borrows a frame and gives it back, so a few frames serve any number of
machines: the ones last used are warm in the processor's cache, where each of
ten thousand machines' own would not be. Two entries that run at the same time
on two threads have two frames.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

Frame = tuple[Any, Any, Any, Any]
"""Three words of 16 bytes each, as large as a v128, and a trap or NULL; behind
each its address, as an argument for `raw.CALL`. A plain tuple, unpacked by every entry."""

WORDS = struct.Struct("<q8xq8xq8x")
"""How three integers stand in a frame."""

FRAMES: list[Frame] = []
"""Those that nobody uses, their traps NULL."""


def new_frame() -> Frame:
    """Return a frame, where none is left."""
    words, trap = (ctypes.c_int64 * 6)(), ctypes.c_void_p()
    return memoryview(words).cast("B").cast("q"), ctypes.byref(words), trap, ctypes.byref(trap)

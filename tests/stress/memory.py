"""What this process holds of the machine's memory."""

from __future__ import annotations

import ctypes
import gc
import resource
from pathlib import Path


def resident_kib() -> int:
    """KiB resident once garbage is collected, and malloc has given back what it only keeps for reuse."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024

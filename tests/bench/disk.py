"""The disk that the durable figures stand on: its file system, and what one sync of it takes."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.measure import quantile

SYNCS = 300
BLOCK = 4096


@contextlib.contextmanager
def scratch(disk: Path) -> Iterator[Path]:
    """Make a folder below `disk` that is gone afterwards; /tmp may be memory, which syncs for nothing."""
    disk.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=disk, prefix="data-") as folder:
        yield Path(folder)


def describe(disk: Path, syncs: int = SYNCS) -> dict[str, Any]:
    """Return the file system under `disk`, and how long `fdatasync` takes there behind a block appended.

    It is asked before and after what is measured: a disk that others use, or whose
    cache fills, is not the same one at the end.
    """
    took = []
    with scratch(disk) as folder:
        descriptor = os.open(folder / "syncs", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for _ in range(syncs):
                os.write(descriptor, bytes(BLOCK))
                began = time.perf_counter()
                os.fdatasync(descriptor)
                took.append((time.perf_counter() - began) * 1e3)
        finally:
            os.close(descriptor)
    took.sort()
    return {
        "file_system": file_system(disk),
        "fdatasync_p50_ms": quantile(took, 0.5),
        "fdatasync_p99_ms": quantile(took, 0.99),
    }


def file_system(path: Path) -> str:
    """Return the type and the options of the file system that holds `path`, as the kernel names them."""
    path = path.resolve()
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    held = [mount for mount in mounts if path.is_relative_to(mount[1])]
    _, _, kind, options, *_ = max(reversed(held), key=lambda mount: len(mount[1]))
    return f"{kind} ({options})"

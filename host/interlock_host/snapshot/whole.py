"""Files that are there whole, or not at all."""

from __future__ import annotations

import contextlib

from interlock_host.disk import Disk, write_new

TEMPORARY = ".tmp"
"""How the name of a file ends that is not whole yet."""


def write_whole(disk: Disk, folder: str, name: str, data: bytes) -> None:
    """Make `folder/name` hold these bytes, durably; what it held before stays until then.

    Args:
        disk: The data directory.
        folder: Where in it; "" is its root.
        name: Of the file.
        data: The bytes.

    Raises:
        OSError: It could not be; the file is as it was, or, where only the last
            sync failed, holds the new bytes, which may not outlive a crash.
    """
    path = f"{folder}/{name}" if folder else name
    temporary = path + TEMPORARY
    with contextlib.suppress(FileNotFoundError):
        disk.remove(temporary)
    try:
        write_new(disk, temporary, data)
        disk.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            disk.remove(temporary)
        raise
    disk.sync_folder(folder)


def open_folder(disk: Disk, folder: str) -> None:
    """Make a folder of the root that lasts, and remove from it what a crash left half written."""
    disk.make_folder(folder)
    disk.sync_folder("")
    for name in disk.list(folder):
        if name.endswith(TEMPORARY):
            disk.remove(f"{folder}/{name}")

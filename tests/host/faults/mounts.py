"""Small file systems of our own, to be filled, and made read-only."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1 << 20


class Mount:
    """A file system that is mounted.

    Args:
        path: Where.
        image: The file that it is in; None if it is in memory.
    """

    def __init__(self, path: Path, image: Path | None) -> None:
        self.path = path
        self._image = image
        self._hog = path / "hog"

    def fill(self) -> None:
        """Take all the space there is."""
        with self._hog.open("wb", buffering=0) as hog, contextlib.suppress(OSError):
            while True:
                hog.write(bytes(4096))

    def empty(self) -> None:
        """Give it back."""
        self._hog.unlink()

    def break_down(self) -> None:
        """Have the kernel find an error in it: it lets nobody write from then on, open files included."""
        self._trigger().write_text("1")

    def why_not_broken(self) -> str:
        """Say why that cannot be had here; empty if it can."""
        return "" if os.access(self._trigger(), os.W_OK) else f"{self._trigger()} cannot be written here"

    def _trigger(self) -> Path:
        found = subprocess.run(
            ["findmnt", "-no", "SOURCE", self.path], check=True, capture_output=True, text=True
        )
        return Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"

    def repair(self) -> None:
        """Have it checked and mounted again."""
        assert self._image is not None
        subprocess.run(["umount", self.path], check=True)
        subprocess.run(["fsck.ext4", "-fy", self._image], check=False, capture_output=True)
        self.attach()

    def attach(self) -> None:
        """Mount the image."""
        mount("-o", "loop,errors=remount-ro", self._image, self.path)


@contextlib.contextmanager
def mounted(kind: str, folder: Path, size: int) -> Iterator[Mount]:
    """Mount an empty tmpfs, or an ext4 in a file, for a while."""
    path = folder / "mnt"
    path.mkdir()
    if kind == "tmpfs":
        mount("-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", path)
        made = Mount(path, None)
    else:
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(size)
        subprocess.run(["mkfs.ext4", "-q", "-b", "1024", "-m", "0", image], check=True)
        made = Mount(path, image)
        made.attach()
    try:
        yield made
    finally:
        subprocess.run(["umount", "-l", path], check=True)  # whatever a failed test left open


def mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


def why_not(folder: Path) -> str:
    """Say why nothing can be mounted here; empty if it can."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    try:
        with mounted("tmpfs", folder, MEGABYTE):
            return ""
    except subprocess.CalledProcessError as error:
        return f"nothing can be mounted here: {error.stderr.decode().strip()}"

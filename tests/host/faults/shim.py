"""The library that makes system calls fail, and the folder that tells it which."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parent / "faults.c"


def compiled(folder: Path) -> Path:
    """Compile the library."""
    out = folder / "faults.so"
    command = [
        sys.executable, "-m", "ziglang", "cc", "-std=gnu11", "-O1", "-shared", "-fPIC",
        "-Wall", "-Wextra", "-Werror", str(SOURCE), "-o", str(out), "-ldl",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return out


class Faults:
    """What system calls on a data directory do from now on. See faults.c.

    Args:
        folder: Of the rules.
        library: The compiled faults.c.
        data: The data directory.
    """

    def __init__(self, folder: Path, library: Path, data: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.environment = {
            "LD_PRELOAD": str(library),
            "INTERLOCK_FAULTS": str(folder),
            "INTERLOCK_FAULTS_IN": str(data),
        }

    def fail(self, call: str, number: int, part: str = "journal", *, after: int = 0) -> None:
        """Have calls fail with an errno; a write after so many bytes."""
        rule, new = self._folder / f"{call}-{part}", self._folder / "new"
        new.write_text(f"{number} {after}")
        new.replace(rule)

    def heal(self) -> None:
        """Have everything work again."""
        for rule in self._folder.iterdir():
            rule.unlink()

    @contextlib.contextmanager
    def holding(self, call: str, part: str = "journal") -> Iterator[Held]:
        """Have calls wait until the end of the block."""
        rule = self._folder / f"{call}-{part}"
        os.mkfifo(rule)
        held = Held(rule)
        try:
            yield held
        finally:
            held.release()


class Held:
    """Calls that wait."""

    def __init__(self, fifo: Path) -> None:
        self._fifo = fifo
        self._writer = -1

    def entered(self) -> None:
        """Return once a call waits."""
        if self._writer < 0:
            self._writer = os.open(self._fifo, os.O_WRONLY)  # returns when somebody reads

    def release(self) -> None:
        """Let those go that wait, and have none wait any more."""
        if self._writer < 0:
            with contextlib.suppress(OSError):
                self._writer = os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK)
        self._fifo.unlink(missing_ok=True)
        if self._writer >= 0:
            os.close(self._writer)


FULL, BROKEN, READ_ONLY = errno.ENOSPC, errno.EIO, errno.EROFS

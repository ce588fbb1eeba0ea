"""Taking a Unix socket's path: for this process alone, and never from a host that still runs."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from interlock_host.config import ConfigError
from interlock_host.security.files import check_folders


class SocketClaim:
    """The right to listen at a path, held until `release`.

    grpc removes whatever socket it finds at the path that it binds, a running
    host's too. A lock file beside the socket keeps hosts apart: the kernel
    drops the lock with its process, so a dead host's socket is simply replaced.
    The lock file stays behind; to remove it would be a race with the next host.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_folders(path)
        self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._take()
        except BaseException:
            os.close(self._lock)
            raise

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"unix:{self._path}: another interlock serves there; stop it first") from None
        if _answers(self._path):
            raise ConfigError(f"unix:{self._path}: another program serves there")

    def release(self) -> None:
        """Remove the socket and give up the path."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        os.close(self._lock)


def _answers(path: Path) -> bool:
    """Whether anything listens at `path`. Something there that is no socket is an error."""
    if not path.exists():
        return False
    if not path.is_socket():
        raise ConfigError(f"unix:{path}: the file there is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        return probe.connect_ex(str(path)) not in (errno.ECONNREFUSED, errno.ENOENT)


@contextlib.contextmanager
def owner_only() -> Iterator[None]:
    """Give what is created inside to its owner alone: a socket is open to others before any chmod."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)

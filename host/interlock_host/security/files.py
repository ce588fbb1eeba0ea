"""Reading files that decide who may do what: only where nobody else could have written them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from interlock_host.errors import ConfigError

_LARGEST = 1 << 20
"""Bytes. A larger file is a mistake, and must not be read once a second."""

Signature = tuple[int, ...]
"""Changes when the file does: device, inode, both times in nanoseconds, size."""

ABSENT: Signature = ()


def signature(path: Path) -> Signature:
    """Return what changes with the file; ABSENT where it cannot be asked."""
    try:
        found = path.stat()
    except OSError:
        return ABSENT
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


def read_trusted(path: Path, *, secret: bool = False) -> bytes:
    """Read a file that belongs to us or to root, and that nobody else may change.

    Args:
        path: A file, or a link to one.
        secret: Whether others must not be able to read it either. Its group may.

    Raises:
        ConfigError: It cannot be read, or others could have written or, where secret, read it.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            # Of what was opened, not of what stands there later.
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError(f"{path} is not a file")
            check_owned(path, found, secret=secret)
            content = file.read(_LARGEST + 1)
        check_folders(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise ConfigError(f"{path}: it is larger than {_LARGEST:,} bytes")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a FIFO would hold up the host


def check_owned(path: Path, found: os.stat_result, *, secret: bool = False, shared: bool = False) -> None:
    """Refuse what others may change or, where it is secret, read.

    Args:
        path: What is looked at.
        found: Its owner and mode.
        secret: Whether others may not read it either.
        shared: Whether its group may change it: whoever set that up chose it.

    Raises:
        ConfigError: It says what to do.
    """
    if found.st_uid not in (0, os.getuid()):
        raise ConfigError(f"{path} belongs to another user, who could change it; chown it")
    if _others_write(found, shared):
        raise ConfigError(f"{path} may be written by others; chmod {'o' if shared else 'go'}-w it")
    if secret and found.st_mode & stat.S_IRWXO:
        raise ConfigError(f"{path} may be read by others; chmod o-rwx it")


def _others_write(found: os.stat_result, shared: bool) -> bool:
    """Tell whether its mode lets another user write.

    A group whose number is the user's is that user's alone: such systems set a
    umask of 002, and group-writable is then what every folder is.
    """
    ours_alone = shared or found.st_gid == os.getuid() != 0
    others = stat.S_IWOTH if ours_alone else stat.S_IWGRP | stat.S_IWOTH
    return bool(found.st_mode & others)


def check_folders(path: Path, *, shared: bool = False) -> None:
    """Refuse a path that others could make lead to something else: it, or what it links to.

    With the sticky bit, as on /tmp, others cannot rename what is not theirs. For `shared` see `check_owned`.

    Raises:
        ConfigError: It names the folder.
    """
    parent = path.parent.resolve()
    for folder in dict.fromkeys((parent, *parent.parents, *path.resolve().parents)):
        found = folder.stat()
        open_to_others = _others_write(found, shared) and not found.st_mode & stat.S_ISVTX
        if open_to_others or found.st_uid not in (0, os.getuid()):
            raise ConfigError(f"{path}: others may write to {folder}, and put something of their own there")

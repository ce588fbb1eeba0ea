"""The folder that is to hold a data directory: ours alone, and with nothing of anybody else's in it."""

from __future__ import annotations

from pathlib import Path

from interlock_host.errors import ConfigError
from interlock_host.journal.segment import FOLDER as JOURNAL
from interlock_host.security.files import check_folders, check_owned
from interlock_host.snapshot.modules import FOLDER as MODULES
from interlock_host.snapshot.store import FOLDER as SNAPSHOTS
from interlock_host.snapshot.whole import TEMPORARY

LOCK = "LOCK"
FORMAT = "FORMAT"
FORM = b"interlock data 1\n"
"""What FORMAT holds."""

_ANY_FORM = b"interlock data "
_BEGUN = frozenset((LOCK, FORMAT + TEMPORARY, "lost+found"))
"""What a folder may hold without a FORMAT: a first start that a crash cut short, a disk of its own."""
_PARTS = frozenset((JOURNAL, SNAPSHOTS, MODULES))


def claim(path: Path) -> None:
    """Make the folder if it is not there; refuse one that others may change, or that is something else's.

    Raises:
        OSError: It is refused, or cannot be made; the text leaves the naming of it to the caller.
    """
    fresh = not (path / FORMAT).exists()
    if fresh:
        _refuse_inside_another(path)
        _refuse_open_above(_first_to_make(path))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError("it is not a folder") from None
    _refuse_open(path)
    if fresh:
        _refuse_filled(path)


def _refuse_inside_another(path: Path) -> None:
    for folder in path.resolve().parents:
        try:
            with open(folder / FORMAT, "rb") as file:
                inside = file.read(len(_ANY_FORM)) == _ANY_FORM
        except OSError:
            continue
        if inside:
            raise OSError(f"it is inside another data directory, {folder}")


def _refuse_open(path: Path) -> None:
    """Refuse a folder in which any user could write a history, or put one in its place.

    Its group may: volumes of containers are a group's, and so are the folders of some projects.
    """
    try:
        check_owned(path, path.stat(), shared=True)
    except ConfigError as error:
        raise OSError(f"it{str(error).removeprefix(str(path))}") from None
    _refuse_open_above(path)


def _refuse_open_above(path: Path) -> None:
    try:
        check_folders(path, shared=True)
    except ConfigError as error:
        raise OSError(str(error).removeprefix(f"{path}: ")) from None


def _first_to_make(path: Path) -> Path:
    while not path.parent.exists():
        path = path.parent
    return path


def _refuse_filled(path: Path) -> None:
    strange = [entry.name for entry in sorted(path.iterdir()) if not _begun(entry)]
    if not strange or (path / FORMAT).exists():  # another process was first, and has the lock
        return
    more = f" and {len(strange) - 1:,} more" if len(strange) > 1 else ""
    text = f"it holds {strange[0]!r}{more}, and no {FORMAT} that makes it a data directory"
    raise OSError(f"{text}; name a folder that is empty, or not there yet")


def _begun(entry: Path) -> bool:
    if entry.name in _PARTS and entry.is_dir():
        return next(entry.iterdir(), None) is None
    return entry.name in _BEGUN

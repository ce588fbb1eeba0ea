"""Module folders that are safe to load code from."""

from __future__ import annotations

from pathlib import Path

from interlock_host.config import ConfigError
from interlock_host.security.files import check_folders, check_owned


def check_folder(folder: Path) -> None:
    """Refuse a folder whose modules somebody else could replace, or one that links to such a place.

    Raises:
        ConfigError: It is not a folder, or it, a module in it or a folder above may be changed by others.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder")
    for path in (folder, *sorted(folder.glob("*.wasm"))):
        try:
            check_owned(path, path.stat())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        check_folders(path)

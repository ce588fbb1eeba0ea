"""Module folders that are safe to load code from."""

from __future__ import annotations

import stat
from pathlib import Path

from interlock_host.config import ConfigError

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def check_folder(folder: Path) -> None:
    """Refuse a folder whose modules somebody else could replace.

    Raises:
        ConfigError: It is not a folder, or it or a module in it may be written by its group or by others.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder")
    for path in (folder, *sorted(folder.glob("*.wasm"))):
        if path.stat().st_mode & _OTHERS:
            text = "may be written by others, who could have any code served; chmod go-w it"
            raise ConfigError(f"{path} {text}")

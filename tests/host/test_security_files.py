"""Who may have written a file, or a folder above it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from interlock_host.config import ConfigError
from interlock_host.security.files import check_folders, check_owned

USER = 4242


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def stat_of(mode: int, uid: int, gid: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "trusted"),
    [
        (0o755, USER, USER, True),
        (0o755, 0, 0, True),
        (0o775, USER, USER, True),  # a group of the user's own, by a umask of 002
        (0o775, USER, 100, False),
        (0o775, 0, 0, False),
        (0o757, USER, USER, False),
        (0o755, USER + 1, USER, False),
    ],
)
def test_who_may_write(monkeypatch: pytest.MonkeyPatch, mode: int, uid: int, gid: int, trusted: bool) -> None:
    monkeypatch.setattr(os, "getuid", lambda: USER)
    found = stat_of(mode, uid, gid)
    if trusted:
        check_owned(Path("it"), found)
    else:
        with pytest.raises(ConfigError):
            check_owned(Path("it"), found)


def test_a_folder_above_that_all_may_write_to(folder: Path) -> None:
    check_folders(folder / "file")
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="others may write"):
        check_folders(folder / "file")
    folder.chmod(0o1777)
    check_folders(folder / "file")

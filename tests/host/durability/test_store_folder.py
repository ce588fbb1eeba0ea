"""Which folders become a data directory, and which are left as they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import interlock
from interlock_host.durability import folder
from interlock_host.durability.store import Store
from interlock_host.journal import DataLocked
from tests.host.durability.folder import run

FORMAT = "interlock data 1\n"


def opened(path: Path) -> list[str]:
    """Open a data directory and let it go; return what is in it."""
    Store.open(path).close()
    return sorted(os.listdir(path))


def refused(path: Path, said: str) -> None:
    """Expect it to be refused, and left as it is."""
    before = sorted(path.rglob("*")) if path.is_dir() else path
    with pytest.raises(OSError, match=said):
        Store.open(path)
    assert before == (sorted(path.rglob("*")) if path.is_dir() else path)


def test_a_new_one(tmp_path: Path) -> None:
    assert opened(tmp_path / "not" / "there") == ["FORMAT", "LOCK", "journal", "modules", "snapshots"]
    assert (tmp_path / "not" / "there").stat().st_mode & 0o777 == 0o700
    (tmp_path / "empty").mkdir()
    assert "FORMAT" in opened(tmp_path / "empty")


def begun(path: Path) -> None:
    (path / "LOCK").write_text("pid 1\n")
    (path / "FORMAT.tmp").write_text("interl")


def folders(path: Path) -> None:
    for name in ("journal", "modules", "snapshots"):
        (path / name).mkdir()


def a_disk_of_its_own(path: Path) -> None:
    (path / "lost+found").mkdir()


@pytest.mark.parametrize("leave", [begun, folders, a_disk_of_its_own])
def test_a_first_start_cut_short(tmp_path: Path, leave: Callable[[Path], None]) -> None:
    leave(tmp_path)
    assert {"FORMAT", "LOCK", "journal", "modules", "snapshots"} <= set(opened(tmp_path))
    assert (tmp_path / "FORMAT").read_text() == FORMAT


def test_what_stands_beside_is_left(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "note").write_text("of the operator")
    assert "note" in opened(tmp_path)


def test_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    refused(tmp_path, r"it holds 'thesis.tex', and no FORMAT .*name a folder that is empty")
    (tmp_path / "notes").mkdir()
    refused(tmp_path, r"it holds 'notes' and 1 more, and no FORMAT")


def test_two_first_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second, in the middle of the first's, is told of the lock."""
    check, first = folder._refuse_open, []

    def overtaken(path: Path) -> None:
        monkeypatch.setattr(folder, "_refuse_open", check)
        first.append(Store.open(path))

    monkeypatch.setattr(folder, "_refuse_open", overtaken)
    with pytest.raises(DataLocked):
        Store.open(tmp_path)
    first[0].close()


def test_without_its_form(tmp_path: Path) -> None:
    with interlock.open(f"local:{tmp_path}") as il:
        il.counter("a").add(1)
    (tmp_path / "FORMAT").unlink()
    refused(tmp_path, "it holds 'journal' and . more, and no FORMAT")


@pytest.mark.parametrize("name", ["journal", "snapshots", "new", "new/deeper"])
def test_inside_another(tmp_path: Path, name: str) -> None:
    opened(tmp_path)
    refused(tmp_path / name, f"it is inside another data directory, {tmp_path}")
    assert not (tmp_path / "new").exists()


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "it is not a folder")


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o1777])
@pytest.mark.parametrize("fresh", [True, False])
def test_written_by_others(tmp_path: Path, mode: int, fresh: bool) -> None:
    path = tmp_path / "data"
    path.mkdir()
    if not fresh:
        opened(path)
    path.chmod(mode)
    refused(path, "it may be written by others; chmod o-w it")
    path.chmod(0o755)
    assert "FORMAT" in opened(path)


def test_written_by_a_group(tmp_path: Path) -> None:
    """As the volume of a container is, and what a project shares."""
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o2775)
    os.chown(above, -1, os.getgid())
    assert "FORMAT" in opened(above / "data")
    (above / "data").chmod(0o2770)
    assert "FORMAT" in opened(above / "data")


def test_under_a_folder_that_others_write(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o777)
    refused(above / "data", f"others may write to {above}")
    above.chmod(0o1777)
    assert "FORMAT" in opened(above / "data")


def test_how_it_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine").touch()
    result = run("serve", "--data", data, "--listen", f"unix:{tmp_path}/s", "--metrics", "off")
    assert result.exit_code == 1
    assert f"Error: --data {data}: it holds 'mine', and no FORMAT" in result.output
    with pytest.raises(interlock.Invalid, match=f"^{data}: it holds 'mine', and no FORMAT"):
        interlock.open(f"local:{data}")
    assert os.listdir(data) == ["mine"]

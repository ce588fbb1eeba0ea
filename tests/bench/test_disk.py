"""What is said of a disk, and of a run on it."""

from __future__ import annotations

from pathlib import Path

from tests.bench import recovery, report
from tests.bench.disk import describe, file_system, scratch


def test_file_system() -> None:
    assert file_system(Path("/proc/self")).startswith("proc (")


def test_scratch_is_gone(tmp_path: Path) -> None:
    with scratch(tmp_path / "new") as folder:
        assert folder.is_dir() and folder.is_relative_to(tmp_path)
    assert not folder.exists()


def test_syncs_are_timed(tmp_path: Path) -> None:
    found = describe(tmp_path, 3)
    assert 0 < found["fdatasync_p50_ms"] <= found["fdatasync_p99_ms"]
    assert list(tmp_path.iterdir()) == []


def test_recovery_runs_and_is_told(tmp_path: Path) -> None:
    found = recovery.run(tmp_path, 300, 2)
    assert found["one_counter"]["journal_alone"]["replayed"] == 301  # its CREATE too
    assert found["one_counter"]["saved"]["replayed"] == 0
    assert found["100_counters"]["journal_alone"]["replayed"] == 400
    told = report.lines({"recovery": found})
    assert len(told) == 11 and sum("bound" in line for line in told) == 8

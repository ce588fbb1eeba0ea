"""One process at a time has a data directory."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from interlock_host.journal import DataLock, DataLocked

PATIENCE = 20
HOLD = """
import sys
from pathlib import Path
from interlock_host.journal import DataLock
lock = DataLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
FORK = """
import os, sys
from pathlib import Path
from interlock_host.journal import DataLock
lock = DataLock(Path(sys.argv[1]))
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.read()
    os._exit(0)
os.waitpid(-1, 0)
"""


def process(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_the_holder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    lock = DataLock(path)
    with pytest.raises(DataLocked) as refused:
        DataLock(path)
    said = str(refused.value)
    assert str(tmp_path) in said and f"pid {os.getpid()}," in said and f"host {socket.gethostname()}," in said
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, program \S", said)
    lock.close()
    DataLock(path).close()


def test_a_killed_holder_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    holder = process(HOLD, path)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    with pytest.raises(DataLocked, match=f"pid {holder.pid},"):
        DataLock(path)
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=PATIENCE)
    assert f"pid {holder.pid}" in path.read_text(), "its text is still there"
    lock = DataLock(path)
    assert f"pid {os.getpid()}\n" in path.read_text()
    lock.close()
    assert path.read_text() == ""


def test_a_forked_child_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    parent = process(FORK, path)
    assert parent.stdout and parent.stdout.readline() == "forked\n"
    with pytest.raises(DataLocked, match=f"pid {parent.pid},"):
        DataLock(path)
    parent.send_signal(signal.SIGKILL)
    assert parent.wait(PATIENCE) == -signal.SIGKILL
    DataLock(path).close()
    parent.communicate(timeout=PATIENCE)


def test_closing_twice(tmp_path: Path) -> None:
    lock = DataLock(tmp_path / "LOCK")
    lock.close()
    other = DataLock(tmp_path / "LOCK")
    lock.close()
    with pytest.raises(DataLocked):
        DataLock(tmp_path / "LOCK")
    other.close()

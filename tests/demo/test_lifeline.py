"""Nothing that the demo started outlives it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from demo.daemon import Daemon

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
DEMO = """
import threading
from demo.daemon import Daemon
with Daemon() as daemon:
    print(daemon.pid, flush=True)
    threading.Event().wait()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nothing else tells of the end of a grandchild")
def test_the_daemon_ends_with_a_demo_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", DEMO], cwd=ROOT, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        daemon = os.pidfd_open(int(demo.stdout.readline()))
        try:
            demo.kill()
            ended, _, _ = select.select([daemon], [], [], PATIENCE_SECONDS)
            assert ended
        finally:
            os.close(daemon)


def test_the_daemon_ends_with_the_block() -> None:
    with Daemon() as daemon:
        pid = daemon.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

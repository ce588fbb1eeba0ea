"""Nothing that the demo started outlives it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

import interlock
from demo.daemon import Daemon
from demo.job import make_queues, queue_name

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


def test_a_halted_consumer_ends_with_its_input() -> None:
    """It stands still to be killed by a demo that may be gone."""
    with Daemon() as daemon, interlock.open(daemon.url) as client:
        make_queues(client)
        client.queue(queue_name(0)).push(b"spam")
        command = [sys.executable, "-m", "demo.worker", "consume", daemon.url, "py-1", "--halt-after", "1"]
        with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE) as consumer:
            assert consumer.stdin is not None and consumer.stdout is not None
            while json.loads(consumer.stdout.readline())["event"] != "halted":
                pass
            consumer.stdin.close()
            assert consumer.wait(PATIENCE_SECONDS) == 0


def test_the_daemon_ends_with_the_block() -> None:
    with Daemon() as daemon:
        pid = daemon.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

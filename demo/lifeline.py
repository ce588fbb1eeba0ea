"""How a child process notices that the demo is gone, however it ended: SIGKILL lets nobody clean up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def at_end_of_input(stop: Callable[[], object]) -> None:
    """Call `stop` when whoever started this process closes its end of standard input, or is gone."""

    def wait() -> None:
        # Not sys.stdin: the interpreter's end would wait for its lock.
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()

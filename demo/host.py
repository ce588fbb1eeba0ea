"""`interlock serve`, ended as by SIGTERM when its standard input ends.

python -m demo.host serve --listen 127.0.0.1:0
"""

from __future__ import annotations

import os
import signal

from demo.lifeline import at_end_of_input
from interlock_host.cli.main import main

if __name__ == "__main__":
    at_end_of_input(lambda: os.kill(os.getpid(), signal.SIGTERM))
    main()

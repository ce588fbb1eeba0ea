"""Standard input, output and error, where whoever starts a process closed them."""

from __future__ import annotations

import contextlib
import os
import sys


def open_closed() -> None:
    """Open /dev/null on what is closed of descriptors 0 to 2.

    A file or a socket would take the number instead: it would get what is printed, and libuv
    ends the process when it closes one below 3.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        opened = os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
        os.set_inheritable(opened, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115

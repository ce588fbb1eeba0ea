"""The `interlock` command."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import click

import interlock_host
from interlock_host.cli.call import call
from interlock_host.cli.inspect import inspect
from interlock_host.cli.instances import delete, instances, modules, reinstate
from interlock_host.cli.journal import journal, replay
from interlock_host.cli.pack import pack
from interlock_host.cli.serve import serve
from interlock_host.cli.token import token
from interlock_host.cli.top import top


class _Commands(click.Group):
    """The commands; a file of this machine's that fails ends any of them with one line."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        try:
            return super().main(*arguments, **settings)
        except OSError as error:  # of a pipe that was closed click ends in silence
            where = error.filename or ("" if _flushes() else "standard output")
            with contextlib.suppress(OSError):
                click.echo(f"Error: {where}{': ' if where else ''}{error.strerror or error}", err=True)
            sys.exit(1)


def _flushes() -> bool:
    """Whether standard output takes what waits for it; if not, Python must not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, sys.stdout.fileno())
            os.close(nothing)
        return False
    return True


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""
    \b
    Begin with a host and a call, in two terminals:
      interlock serve
      interlock call queue/orders Push '{"items": [{"data": "b25l"}]}'
    """,
)
@click.version_option(interlock_host.__version__, prog_name="interlock")
def main() -> None:
    """Queues, counters and other coordinators, as WebAssembly modules behind one gRPC host.

    An instance is one named state of a module: queue/orders, counter/hits. It
    is made by the first call that names it.
    """


_OF_A_HOST = (serve, call, modules, instances, delete, reinstate, top, token)
for command in (*_OF_A_HOST, pack, inspect, journal, replay):
    main.add_command(command)

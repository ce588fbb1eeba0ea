"""`interlock serve`: a host, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import uvloop

from interlock_host import logs
from interlock_host.cli.standard_files import open_closed
from interlock_host.config import CLOCKS, ConfigError, HostConfig, load
from interlock_host.errors import ModuleError
from interlock_host.server.daemon import Daemon

_FILE = click.Path(path_type=Path)
_MOST_FILES = 1 << 20
_ENDING = (signal.SIGTERM, signal.SIGINT)


@click.command(
    epilog="""
    \b
    Examples:
      interlock serve
          the user's own Unix socket, and 127.0.0.1:7070
      interlock serve --listen 127.0.0.1:0 --metrics 127.0.0.1:0
          ports that are free; the ready line on standard output names them
      interlock serve --modules ./modules --listen unix:/run/app/interlock.sock
          modules of your own, beside the standard ones
      interlock serve --data /var/lib/interlock
          what was acknowledged is still there after a crash; see `interlock journal`
      interlock serve --listen 0.0.0.0:7070 --tls-cert host.pem --tls-key host.key --tokens tokens.toml
          for other machines; see `interlock token new`, and SECURITY.md

    \b
    Settings come from flags, then the environment (INTERLOCK_DRAIN_SECONDS=5),
    then the file, then defaults. What --tokens and the TLS options name is read
    again when it changes. SETTINGS.md has every key. A file, in TOML:
      drain_seconds = 5
      [[limits]]                       # caps on what modules may ask for
      module = "queue"
      max_parked_calls = 10000
      [[instances]]                    # settings of instances, by name
      module = "queue"
      name = "orders-*"
      config = {capacity_bytes = 4194304}

    SIGTERM or SIGINT ends it: no new calls, drain_seconds for parked calls, then
    the rest is cancelled. A second signal ends it at once.
    """
)
@click.option(
    "--listen", multiple=True, metavar="ADDR",
    help="HOST:PORT or unix:PATH; may be repeated, and replaces the defaults. Port 0 picks one.",
)  # fmt: skip
@click.option(
    "--metrics", metavar="HOST:PORT", help='Where /metrics is; "off" for none.  [default: 127.0.0.1:9464]'
)
@click.option(
    "--modules", multiple=True, metavar="DIR", type=click.Path(path_type=Path),
    help="A folder of packed .wasm files, served beside the standard modules; may be repeated.",
)  # fmt: skip
@click.option(
    "--data", metavar="DIR", type=_FILE,
    help="Keep instances in this folder, across restarts and crashes; without it they end with the host.",
)  # fmt: skip
@click.option("--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="Settings, in TOML.")
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="The host's certificate, in PEM.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="Its private key.")
@click.option(
    "--client-ca", metavar="FILE", type=_FILE, help="Let in clients with a certificate of these alone."
)
@click.option("--tokens", metavar="FILE", type=_FILE, help="Who may call what; see `interlock token new`.")
@click.option(
    "--insecure", is_flag=True, default=None, help="Allow addresses that other machines reach, without TLS."
)
@click.option(
    "--clock",
    type=click.Choice(CLOCKS),
    help="For tests: with virtual, time moves by HostService.Advance only.",
)
@click.option("--seed", type=click.IntRange(min=0), help="For tests: where all randomness begins.")
@click.option(
    "--log-level", type=click.Choice(logs.LEVELS), help="Lines below it are dropped.  [default: info]"
)
@click.option(
    "--log-format", type=click.Choice(logs.FORMATS), help="The form of the lines on standard error."
)
def serve(file: Path | None, **flags: Any) -> None:
    """Serve modules over gRPC.

    Once it serves, it prints one line of JSON to standard output, with the
    addresses; logs go to standard error.
    """
    open_closed()
    try:
        config = load(file, flags=flags)
        logs.configure(config.log_level, config.log_format)
        _allow_files()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(config))
    except (ConfigError, ModuleError) as error:
        raise click.ClickException(str(error)) from error


def _allow_files() -> None:
    """Let this process open many files: each client is one, and the usual 1,024 is there for `select`."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _serve(config: HostConfig) -> None:
    with _signals() as stopping:
        daemon = Daemon(config)
        await daemon.start()
        try:
            ready = {"event": "ready", "listen": [str(address) for address in daemon.listening]}
            if daemon.metrics_address is not None:
                ready["metrics"] = str(daemon.metrics_address)
            click.echo(json.dumps(ready, separators=(",", ":")))
            await stopping.wait()
        finally:
            await daemon.stop()


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Ask for an orderly end at the first SIGTERM or SIGINT, and end at once at the second."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in _ENDING:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stopping
    finally:  # a loop that is closed would keep SIGINT to itself
        for number in _ENDING:
            loop.remove_signal_handler(number)

"""`interlock top`: what a host does, live."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import grpc
from rich.console import Console

from interlock_host.cli.target import EXIT_HELP, output_option
from interlock_host.config import DEFAULT_METRICS, ConfigError
from interlock_host.top.screen import Keys, live_on, show_json, show_lines, sleep
from interlock_host.top.source import ScrapeError, source_of
from interlock_host.top.watch import Frame, Watch

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command(
    epilog=f"""
    \b
    Examples:
      interlock top
          live; q or Ctrl-C quits
      interlock top --once
          one interval, as a table
      interlock top --interval 5 --output json | jq -c '[.time, .total.calls_per_second]'
      interlock top --once --output json | jq '.modules.queue.values.depth'
      interlock top --metrics https://queues.example:9464 --ca ca.pem

    \b
    With --output json, one object a line and interval:
      time, source, up       up is false where the host did not answer: then `error` says why
      seconds, restarted     the interval as measured; whether counters began anew in it
      total                  calls_total, calls_per_second, errors_per_second, statuses, p50_seconds,
                             p99_seconds, parked_calls, instances, memory_bytes, traps_total, traps, values
      modules.NAME           the same for each module
      languages.NAME         calls_total ... p99_seconds, by the callers' language
      methods.MODULE.METHOD  the same for each method; the key is "MODULE.METHOD"

    \b
    Calls count when they end. Latency runs from a call's arrival to its answer, the time that it was
    parked included; p50 and p99 are interpolated within the histogram's buckets, as PromQL's
    histogram_quantile does. Errors are all statuses but OK. A counter that fell began anew at 0.

    {EXIT_HELP}
    """
)
@click.option(
    "--metrics", envvar="INTERLOCK_METRICS", metavar="HOST:PORT|URL", default=DEFAULT_METRICS,
    show_default=True, help="Where the host serves /metrics: see its ready line.  [env: INTERLOCK_METRICS]",
)  # fmt: skip
@click.option(
    "--interval", metavar="SECONDS", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True,
    help="Between two readings.",
)  # fmt: skip
@click.option("--count", metavar="N", type=click.IntRange(min=1), help="Stop after so many intervals.")
@click.option("--once", is_flag=True, help="Print a table of one interval; no picture.")
@click.option(
    "--token", envvar="INTERLOCK_TOKEN", metavar="T", help="Sent to the host.  [env: INTERLOCK_TOKEN]"
)
@click.option(
    "--ca", envvar="INTERLOCK_CA", metavar="FILE", type=_FILE, help="Turns TLS on; see `interlock call`."
)
@click.option("--cert", metavar="FILE", type=_FILE, help="The client's certificate, in PEM.")
@click.option("--key", metavar="FILE", type=_FILE, help="Its private key.")
@output_option
def top(metrics: str, interval: float, count: int | None, once: bool, output: str, **shown: Any) -> None:
    """Show rates, latency, parked calls, memory and traps, by module and language."""
    try:
        source = source_of(metrics, **shown)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if once and count not in (None, 1):
        raise click.UsageError("--once is --count 1")
    count = 1 if once else count
    watch = Watch(str(source), source.read, interval)
    console = Console()
    try:
        first = watch.begin()
        with _terminated():
            if output == "text" and console.is_terminal and not console.is_dumb_terminal and not once:
                last = _live(console, watch, first, count)
            else:
                last = _print(watch, first, count, output)
    except ScrapeError as error:
        _exit(error)
    except KeyboardInterrupt:
        return
    if last.error is not None and count is not None:
        _exit(last.error)


def _live(console: Console, watch: Watch, first: Frame, count: int | None) -> Frame:
    last = first
    with live_on(console) as show, Keys(lambda: show(last)) as keys:
        show(first)
        for last in watch.frames(keys.wait, count):
            show(last)
    return last


def _print(watch: Watch, first: Frame, count: int | None, output: str) -> Frame:
    last = first
    for last in watch.frames(sleep, count):
        (show_json if output == "json" else show_lines)(last)
    return last


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """End as by Ctrl-C when told to by SIGTERM or by a closed terminal: the screen is restored."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(error: ScrapeError) -> NoReturn:
    name = next(code.name for code in grpc.StatusCode if code.value[0] == error.code)
    click.echo(f"Error: {name}: {error}", err=True)
    sys.exit(error.code)

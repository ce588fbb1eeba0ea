"""Where a command finds its host, and how it tells what went wrong there."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click
import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from interlock_host.cli.channel import Route, Target, open_channel
from interlock_host.cli.unanswered import unanswered
from interlock_host.config import ConfigError
from interlock_host.server.status import DETAILS_KEY

EXIT_HELP = "The exit code is the gRPC code: 0, or 1 to 16, with the reason on standard error."

GAP = "  "
"""Between the columns of a table."""

_TOO_LARGE = re.compile(r"Received message larger than max \((\d+) vs\. (\d+)\)")

_Command = TypeVar("_Command", bound=Callable[..., None])


def target_options(command: _Command) -> _Command:
    """Give a command the options of a `Target`, which it takes as `target`."""

    @functools.wraps(command)
    def run(
        target: str | None,
        token: str | None,
        ca: Path | None,
        cert: Path | None,
        key: Path | None,
        **rest: Any,
    ) -> None:
        command(target=Target(target, token, ca, cert, key), **rest)

    for option in reversed(_TARGET_OPTIONS):
        run = option(run)
    return cast(_Command, run)


_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_TARGET_OPTIONS = (
    click.option(
        "--target",
        envvar="INTERLOCK_TARGET",
        metavar="ADDR",
        help="unix:PATH, unix:///PATH, HOST:PORT, grpc://HOST:PORT, or with TLS grpcs://HOST:PORT.  "
        "[env: INTERLOCK_TARGET; default: the user's own socket]",
    ),
    click.option(
        "--token",
        envvar="INTERLOCK_TOKEN",
        metavar="T",
        help="Sent to the host. Other users see a command's arguments: prefer the variable.  "
        "[env: INTERLOCK_TOKEN]",
    ),
    click.option(
        "--ca",
        envvar="INTERLOCK_CA",
        metavar="FILE",
        type=_FILE,
        help="The authorities that may vouch for the host, in PEM; turns TLS on.  [env: INTERLOCK_CA]",
    ),
    click.option("--cert", metavar="FILE", type=_FILE, help="The client's certificate, in PEM."),
    click.option("--key", metavar="FILE", type=_FILE, help="Its private key."),
)
output_option = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json for scripts.",
)


@contextlib.contextmanager
def connected(target: Target) -> Iterator[grpc.Channel]:
    """Open a channel to a host; a call that fails inside ends the process with its gRPC code."""
    try:
        route, channel = open_channel(target)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    with channel:
        try:
            yield channel
        except grpc.RpcError as error:
            _exit(error, route)


def _exit(error: Any, route: Route) -> NoReturn:
    code: grpc.StatusCode = error.code()
    info = error_info(error)
    reason, message = info.reason, error.details() or ""
    if too_large := _TOO_LARGE.search(message):
        # gRPC's own limit, which a host has somewhat above its modules': the same mistake.
        reason = "MESSAGE_TOO_LARGE"
        message = f"the message has {too_large[1]} bytes; the host takes {too_large[2]}"
    elif code is grpc.StatusCode.UNAVAILABLE and not reason:
        message = unanswered(route, message)
    name = f"{code.name}/{reason}" if reason else code.name
    field = f" (field {info.metadata['field']})" if info.metadata.get("field") else ""
    click.echo(f"Error: {name}: {message}{field}", err=True)
    sys.exit(code.value[0])


def error_info(error: Any) -> error_details_pb2.ErrorInfo:
    """Return the ErrorInfo of a failed call; an empty one where it has none."""
    info = error_details_pb2.ErrorInfo()
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            for detail in status_pb2.Status.FromString(value).details:
                detail.Unpack(info)
    return info


def print_json(message: Message) -> None:
    """Print a message as one line of proto JSON, fields at their defaults included."""
    text = json_format.MessageToJson(message, indent=None, always_print_fields_with_no_presence=True)
    click.echo(text)


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns, as wide as they need to be; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo(GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def split_name(name: str) -> tuple[str, str]:
    """Return the module and the instance of MODULE/INSTANCE."""
    module, slash, instance = name.partition("/")
    if not (module and slash and instance):
        raise click.UsageError(f"{name!r} is not MODULE/INSTANCE, as in queue/orders")
    return module, instance

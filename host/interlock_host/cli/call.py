"""`interlock call`: one call of any method of any module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click
import grpc
from google.protobuf import json_format

from interlock_host.cli.channel import Target
from interlock_host.cli.reflect import ReflectedMethod, find_method
from interlock_host.cli.target import EXIT_HELP, connected, print_json, split_name, target_options

_INSTANCE_FIELD = 1


class NotARequest(click.ClickException):
    """The JSON is not the method's request. The exit code is INVALID_ARGUMENT, as the host would answer."""

    exit_code = grpc.StatusCode.INVALID_ARGUMENT.value[0]


@click.command(
    epilog=f"""
    \b
    Examples:
      interlock call queue/orders Push '{{"items": [{{"data": "b25l"}}], "wait_ms": 100}}'
      interlock call queue/orders Pop '{{"max_items": 10, "lease_ms": 30000}}'
      interlock call queue/orders Subscribe '{{"credit": 10}}' --timeout 60
      echo '{{"adds": [{{"key": "home", "delta": 1}}]}}' | interlock call counter/hits Add -

    \b
    Bytes are base64 in proto JSON. The host describes its modules by server
    reflection, so this works for modules of anyone's.
    {EXIT_HELP}
    """
)
@click.argument("name", metavar="MODULE/INSTANCE")
@click.argument("method", metavar="METHOD")
@click.argument("request", metavar="[JSON|-]", required=False)
@target_options
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="The call's deadline."
)
def call(name: str, method: str, request: str | None, target: Target, timeout: float | None) -> None:
    """Call a METHOD of an instance and print the answer as proto JSON, a line a message.

    The request is proto JSON; without it, an empty one. "-" reads it from
    standard input: for a method whose client streams, a message a line. The
    request's instance is filled in.
    """
    module, instance = split_name(name)
    with connected(target) as channel:
        found = find_method(channel, module, method)
        messages = _requests(found, instance, request)
        answer = found.bind(channel)(messages if found.client_streaming else next(messages), timeout=timeout)
        for message in answer if found.server_streaming else (answer,):
            print_json(message)


def _requests(method: ReflectedMethod, instance: str, request: str | None) -> Iterator[Any]:
    """Yield the messages to send: at least one, and more only where the client streams."""
    if request != "-":
        yield _parse(method, instance, request or "{}")
    elif not method.client_streaming:
        yield _parse(method, instance, sys.stdin.read())
    else:
        yield from (_parse(method, instance, line) for line in sys.stdin if line.strip())


def _parse(method: ReflectedMethod, instance: str, text: str) -> Any:
    message = method.request()
    try:
        json_format.Parse(text, message)
    except json_format.ParseError as error:
        raise NotARequest(f"the request is no {message.DESCRIPTOR.full_name}: {error}") from error
    field = message.DESCRIPTOR.fields_by_number[_INSTANCE_FIELD].name
    if not getattr(message, field):
        setattr(message, field, instance)
    return message

"""`interlock call`: one call of any method of any module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click
import grpc

from interlock_host.cli.channel import Target
from interlock_host.cli.reflect import ReflectedMethod, find_method
from interlock_host.cli.request import NotARequest, read_request
from interlock_host.cli.target import EXIT_HELP, connected, print_json, split_name, target_options

_INSTANCE_FIELD = 1


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
    request's instance is filled in; it may name no other.
    """
    module, instance = split_name(name)
    with connected(target) as channel:
        found = find_method(channel, module, method)
        messages = _Requests(found, instance, request)
        try:
            answer = found.bind(channel)(
                messages if found.client_streaming else next(messages), timeout=timeout
            )
            for message in answer if found.server_streaming else (answer,):
                print_json(message)
        except grpc.RpcError:
            if messages.wrong is None:
                raise
            raise messages.wrong from None


class _Requests:
    """The messages to send: at least one, and more only where the client streams.

    gRPC takes those of a stream on a thread of its own, and tells of an error there only that there
    was one.
    """

    def __init__(self, method: ReflectedMethod, instance: str, request: str | None) -> None:
        self._method = method
        self._instance = instance
        self._texts = self._read(request)
        self.wrong: NotARequest | None = None
        """What ended the stream, if something did."""

    def _read(self, request: str | None) -> Iterator[str]:
        if request != "-":
            yield request or "{}"
        elif self._method.client_streaming:
            yield from (line for line in sys.stdin if line.strip())
        else:
            yield sys.stdin.read()

    def __iter__(self) -> _Requests:
        return self

    def __next__(self) -> Any:
        try:
            return self._parse(next(self._texts))
        except NotARequest as error:
            self.wrong = error
        except UnicodeDecodeError:
            self.wrong = NotARequest("standard input is not UTF-8")
        raise self.wrong

    def _parse(self, text: str) -> Any:
        message = self._method.request()
        read_request(message, text)
        field = message.DESCRIPTOR.fields_by_number[_INSTANCE_FIELD].name
        named = getattr(message, field)
        if named not in ("", self._instance):
            raise NotARequest(f"the request names the instance {named!r}, and the command {self._instance!r}")
        setattr(message, field, self._instance)
        return message

"""`interlock modules`, `interlock instances` and `interlock delete`: what a host holds."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click
import grpc

from interlock.host.v1 import host_pb2
from interlock.v1 import contract_pb2
from interlock_host.cli.channel import Target
from interlock_host.cli.target import (
    EXIT_HELP,
    GAP,
    connected,
    output_option,
    print_json,
    print_table,
    split_name,
    target_options,
)

_SERVICE = "/interlock.host.v1.HostService/"
_TIMEOUT_SECONDS = 30.0
_METHODS_WIDTH = 40
"""Columns for the names of methods that are worth more than the name of their service."""


@click.command(
    epilog=f"""
    \b
    Examples:
      interlock modules
      interlock modules --target 127.0.0.1:7070 --output json | jq -r .service

    {EXIT_HELP}
    """
)
@target_options
@output_option
def modules(target: Target, output: str) -> None:
    """List the modules that a host serves.

    A narrow terminal leaves out the services' names. With --output json, one
    interlock.host.v1.Module a line, with its summary.
    """
    with connected(target) as channel:
        found = _call(channel, "ListModules", host_pb2.ListModulesRequest()).modules
    if output == "json":
        for module in found:
            print_json(module)
        return
    print_table(module_rows(found, shutil.get_terminal_size().columns if sys.stdout.isatty() else None))


def module_rows(found: Iterable[host_pb2.Module], width: int | None) -> list[tuple[str, ...]]:
    """Return the table of modules; the methods' names go on below each other where there is no room.

    Args:
        found: The modules.
        width: Of the terminal, in columns; None is no terminal: a script wants a line a module.
    """
    table: list[tuple[str, ...]] = [("MODULE", "SERVICE", "INSTANCES", "METHODS")]
    for module in found:
        methods = " ".join(method.name for method in module.methods)
        table.append((module.name, module.service, str(module.instances), methods))
    if width is None:
        return table
    room = _room(table, width)
    if room < _METHODS_WIDTH:
        table = [(name, *rest) for name, _, *rest in table]
        room = _room(table, width)
    folded: list[tuple[str, ...]] = []
    for *rest, methods in table:
        first, *more = textwrap.wrap(methods, max(1, room), break_long_words=False) or [""]
        folded.append((*rest, first))
        folded.extend((*("" for _ in rest), names) for names in more)
    return folded


def _room(table: Sequence[tuple[str, ...]], width: int) -> int:
    """What is left for the last column."""
    return width - sum(max(map(len, column)) + len(GAP) for column in list(zip(*table, strict=True))[:-1])


@click.command(
    epilog=f"""
    \b
    Examples:
      interlock instances
      interlock instances --module queue --prefix orders-
      interlock instances --output json | jq 'select(.parkedCalls > 0)'

    {EXIT_HELP}
    """
)
@click.option("--module", default="", metavar="NAME", help="Only the instances of this module.")
@click.option("--prefix", default="", metavar="TEXT", help="Only names that begin so.")
@target_options
@output_option
def instances(module: str, prefix: str, target: Target, output: str) -> None:
    """List the instances that live in a host, by module and name.

    With --output json, one interlock.host.v1.Instance a line.
    """
    with connected(target) as channel:
        found = list(_instances(channel, module, prefix))
    if output == "json":
        for instance in found:
            print_json(instance)
        return
    rows: list[tuple[str, ...]] = [("INSTANCE", "STATE", "KEPT", "MEMORY", "PARKED", "ENTRIES", "TRAPS")]
    for instance in found:
        state = host_pb2.InstanceState.Name(instance.state).removeprefix("INSTANCE_STATE_").lower()
        kept = contract_pb2.Durability.Name(instance.durability).removeprefix("DURABILITY_").lower()
        numbers = (instance.memory_bytes, instance.parked_calls, instance.entries, instance.traps)
        rows.append((f"{instance.module}/{instance.name}", state, kept, *(f"{n:,}" for n in numbers)))
    print_table(rows)


@click.command(
    epilog=f"""
    \b
    Example:
      interlock delete queue/orders

    {EXIT_HELP}
    """
)
@click.argument("name", metavar="MODULE/INSTANCE")
@target_options
@output_option
def delete(name: str, target: Target, output: str) -> None:
    """End an instance and forget its state.

    Its parked calls are answered UNAVAILABLE/INSTANCE_DELETED. The next call
    that names it makes a new one. A failed instance is begun anew this way.
    """
    module, instance = split_name(name)
    with connected(target) as channel:
        request = host_pb2.DeleteInstanceRequest(module=module, instance=instance)
        response = _call(channel, "DeleteInstance", request)
    if output == "json":
        print_json(response)
    else:
        click.echo(f"{name} is deleted; {response.cancelled_calls} parked calls were cancelled")


@click.command(
    epilog=f"""
    \b
    Example:
      interlock reinstate queue/orders

    {EXIT_HELP}
    """
)
@click.argument("name", metavar="MODULE/INSTANCE")
@target_options
@output_option
def reinstate(name: str, target: Target, output: str) -> None:
    """Let an instance that failed by its traps go on.

    It has all that it held before them; what trapped is not applied. Its state
    is made again from the journal first, so nothing changes if that cannot be.
    Only an instance that is kept can go on; another is begun anew by `delete`.
    """
    module, instance = split_name(name)
    with connected(target) as channel:
        request = host_pb2.ReinstateInstanceRequest(module=module, instance=instance)
        response = _call(channel, "ReinstateInstance", request)
    if output == "json":
        print_json(response)
    else:
        click.echo(f"{name} goes on; it had failed: {response.failure}")


def _instances(channel: grpc.Channel, module: str, prefix: str) -> Iterator[host_pb2.Instance]:
    token = ""
    while True:
        request = host_pb2.ListInstancesRequest(module=module, prefix=prefix, page_token=token)
        page = _call(channel, "ListInstances", request)
        yield from page.instances
        token = page.next_page_token
        if not token:
            return


def _call(channel: grpc.Channel, method: str, request: Any) -> Any:
    response = getattr(host_pb2, f"{method}Response")
    bound = channel.unary_unary(_SERVICE + method, type(request).SerializeToString, response.FromString)
    return bound(request, timeout=_TIMEOUT_SECONDS)

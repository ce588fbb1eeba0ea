"""`interlock inspect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from interlock.v1 import contract_pb2
from interlock_host.pack import Packed, PackError, effective_limits, read_packed
from interlock_host.pack.binary import PAGE_BYTES, read_binary


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.wasm")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def inspect(file: Path, output: str) -> None:
    """Show what a packed module promises and needs.

    \b
    Examples:
      interlock inspect modules/gate.wasm
      interlock inspect modules/gate.wasm --output json | jq .limits
    """
    try:
        wasm = file.read_bytes()
        facts = _facts(wasm, read_packed(wasm))
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be read: {error.strerror}") from error
    except PackError as error:
        raise click.ClickException(f"{file}: {error}") from error
    if output == "json":
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)


def _facts(wasm: bytes, packed: Packed) -> dict[str, Any]:
    contract = packed.contract
    limits = effective_limits(contract.limits)
    return {
        "service": packed.service.full_name,
        "summary": contract.summary,
        "abi": contract.abi,
        "digest": packed.digest,
        "durability": _durability(contract),
        "methods": [{"name": method.name, "kind": method.kind} for method in packed.methods],
        "limits": {field.name: getattr(limits, field.name) for field in limits.DESCRIPTOR.fields},
        "direct": list(contract.direct),
        "imports": [f"{import_.module}.{import_.name}" for import_ in packed.imports],
        "memory": {
            "initial_bytes": packed.memory.minimum * PAGE_BYTES,
            "maximum_bytes": None if packed.memory.maximum is None else packed.memory.maximum * PAGE_BYTES,
        },
        "globals": [global_.name for global_ in packed.globals],
        "bytes": len(wasm),
        "sections": [
            {"name": section.name, "bytes": section.end - section.head}
            for section in read_binary(wasm).sections
        ],
    }


def _durability(contract: contract_pb2.Contract) -> str:
    """The level in one word; `unspecified` leaves it to the host."""
    values = contract_pb2.Durability.DESCRIPTOR.values_by_number
    value = values.get(contract.durability)
    return value.name.removeprefix("DURABILITY_").lower() if value else str(contract.durability)


def _print(facts: dict[str, Any]) -> None:
    memory = facts["memory"]
    most = memory["maximum_bytes"]
    _row("service", facts["service"])
    _row("summary", facts["summary"])
    _row("digest", f"sha256:{facts['digest']}")
    _row("abi", facts["abi"])
    _row("durability", facts["durability"])
    _rows("methods", [(method["name"], method["kind"]) for method in facts["methods"]])
    _rows("limits", [(name, f"{value:,}") for name, value in facts["limits"].items()])
    _row("direct", ", ".join(facts["direct"]) or "none")
    _row("imports", ", ".join(facts["imports"]) or "none")
    bound = "no maximum of its own" if most is None else f"at most {most:,}"
    _row("memory", f"{memory['initial_bytes']:,} bytes, {bound}")
    _rows("sections", [(section["name"], f"{section['bytes']:,}") for section in facts["sections"]])
    _row("size", f"{facts['bytes']:,} bytes")


def _row(name: str, value: object) -> None:
    click.echo(f"{name:<12}{value}".rstrip())


def _rows(name: str, pairs: list[tuple[str, str]]) -> None:
    for number, (key, value) in enumerate(pairs):
        _row("" if number else name, f"{key:<24}{value}")

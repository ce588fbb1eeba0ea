"""`interlock pack`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from interlock.v1 import contract_pb2
from interlock_host.pack import PackError, load_contract, read_packed
from interlock_host.pack import pack as make
from interlock_host.pack.protoc import compile_proto

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("compiled", type=_FILE, metavar="COMPILED.wasm")
@click.option("--proto", required=True, type=_FILE, help="The file that declares the module's service.")
@click.option(
    "--proto-path",
    "proto_paths",
    multiple=True,
    type=_FOLDER,
    help="A folder to find imports in; may be repeated. interlock/v1/*.proto are found without it.",
)
@click.option("--contract", type=_FILE, help="The contract, as YAML. Without it: the defaults.")
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to write."
)
def pack(
    compiled: Path, proto: Path, proto_paths: tuple[Path, ...], contract: Path | None, out: Path
) -> None:
    """Make a served module out of a compiled one.

    Checks the exports against the proto, refuses what a host could not snapshot or replay, and embeds the
    proto and the contract. The same input gives the same bytes.

    \b
    Examples:
      interlock pack gate.wasm --proto acme/gate/v1/gate.proto -o modules/gate.wasm
      interlock pack gate.wasm --proto gate.proto --proto-path protos --contract contract.yaml -o gate.wasm
    """
    try:
        terms = load_contract(contract) if contract else contract_pb2.Contract()
        descriptors = compile_proto(proto, proto_paths)
    except PackError as error:
        raise click.ClickException(str(error)) from error
    try:
        packed = make(compiled.read_bytes(), descriptors, terms)
        said = read_packed(packed)
        _write(out, packed)
    except PackError as error:
        raise click.ClickException(f"{compiled}: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{out}: cannot be written: {error.strerror}") from error
    service, methods = said.service.full_name, len(said.methods)
    click.echo(f"{out}: {service}, {methods} methods, {len(packed):,} bytes, sha256 {said.digest}")


def _write(out: Path, content: bytes) -> None:
    """All of the file or nothing: a daemon may be reading the folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        file.write(content)
    try:
        Path(file.name).chmod(0o644)
        os.replace(file.name, out)
    except OSError:
        os.unlink(file.name)
        raise

"""`interlock token`: what --tokens of a host is made with."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from interlock_host.config import ConfigError
from interlock_host.security.access import read_access
from interlock_host.security.rules import parse_rule
from interlock_host.security.tokens import digest_of, new_token


@click.group(
    epilog="""
    \b
    Example:
      interlock token new --name ci --allow 'queue/orders-*:rw' --tokens tokens.toml --out token
    """
)
def token() -> None:
    """Tokens of clients, for `interlock serve --tokens`."""


@token.command(
    epilog="""
    \b
    Examples:
      interlock token new --name ci --allow 'queue/ci-*:rw' --allow reflection:r --tokens tokens.toml --out ci
      interlock token new --name ops --allow '*:rw' --allow host:rw --allow metrics:r --tokens tokens.toml
      export INTERLOCK_TOKEN=$(interlock token new --name me --allow 'queue/*:rw' --tokens tokens.toml)

    \b
    A rule is MODULE/INSTANCE:r or MODULE/INSTANCE:rw, with shell patterns; MODULE:rw is
    all of its instances. Three names are the host's own, and no pattern covers them:
      host         instances and deletes them, drains   (interlock instances, modules, delete)
      reflection   describes the modules                (interlock call needs it)
      metrics      /metrics
    """
)
@click.option("--name", required=True, metavar="NAME", help="Whose it is: for messages and logs.")
@click.option(
    "--allow", multiple=True, required=True, metavar="RULE", help="What it may do; may be repeated."
)
@click.option(
    "--tokens", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="The file that gets the entry; it is made, for its owner alone, if it is not there. "
    "Without it the entry goes to standard error.",
)  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="A new file for the token, readable by its owner alone; without it the token is printed.",
)  # fmt: skip
def new(name: str, allow: tuple[str, ...], file: Path | None, out: Path | None) -> None:
    """Make a token and its entry in a token file, and print the token.

    The file keeps the SHA-256 of the token alone: it is given out here, and never
    again. A host that reads the file knows the token a second later. To revoke
    it, remove its entry.
    """
    if out is not None and out == file:
        raise click.UsageError("--out is for the token alone; its entry goes into another file")
    made = new_token()
    try:
        for rule in allow:
            parse_rule(rule)
        entry = _entry(name, allow, made)
        with _kept(out, made):
            if file is not None:
                _append(file, entry)
    except (ConfigError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    if file is None:
        click.echo(entry, err=True)
    if out is None:
        click.echo(made)


@contextlib.contextmanager
def _kept(out: Path | None, made: str) -> Iterator[None]:
    """Write the token into a new file; it goes again if what follows fails."""
    if out is None:
        yield
        return
    try:
        opened = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror}; the token goes into a new file") from None
    try:
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(f"{made}\n")
        yield
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _entry(name: str, allow: tuple[str, ...], made: str) -> str:
    # What json writes of printable text, TOML reads.
    if not name.isprintable():
        raise ValueError(f"{name!r} is no name: it has characters that do not print")
    rules = json.dumps(allow, ensure_ascii=False)
    shown = json.dumps(name, ensure_ascii=False)
    return f'[[tokens]]\nname = {shown}\nsha256 = "{digest_of(made).hex()}"\nallow = {rules}\n'


def _append(file: Path, entry: str) -> None:
    """Write a copy, try it as a host would, and put it in place: no host reads a half of it."""
    before = file.read_text("utf-8") if file.exists() else ""
    target = file.resolve()
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    mode = target.stat().st_mode & 0o7777 if before else 0o600
    opened = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as out:
            out.write(before + ("\n" if before else "") + entry)
        os.chmod(scratch, mode)
        try:
            read_access(scratch, certificates=True)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(scratch), str(file))) from None
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)

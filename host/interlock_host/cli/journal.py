"""`interlock journal` and `interlock replay`: a data directory, looked at from outside."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from interlock_host.cli.entries import as_line, describe
from interlock_host.cli.target import output_option
from interlock_host.disk import RealDisk
from interlock_host.durability.audit import Archive, Kept
from interlock_host.durability.replay import NotReplayed
from interlock_host.durability.retention import save_all
from interlock_host.durability.store import FORMAT, StoreOptions, check_format
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, ModuleError
from interlock_host.journal import DataLocked, JournalDamaged, JournalFailed
from interlock_host.module import Module
from interlock_host.snapshot import ModuleDamaged, SnapshotDamaged
from interlock_host.wasm.compiler import default_cache

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PROGRESS_EVERY = 50_000
_DAMAGED = 1


@click.group(
    epilog="""
    \b
    Examples:
      interlock journal verify /var/lib/interlock
      interlock journal dump ./state --instance queue/orders
    """
)
def journal() -> None:
    """Look into a data directory, or make it smaller.

    The directory is that of `interlock serve --data`, or of a program that opened local:PATH. verify, dump
    and `interlock replay` only read, also while a host writes there.
    """


@journal.command(
    epilog="""
    \b
    Exit status: 0 nothing is lost; 1 something durable is lost, as told.

    \b
    Example:
      interlock journal verify /var/lib/interlock
    """
)
@click.argument("data", metavar="DIR", type=_FOLDER)
@output_option
def verify(data: Path, output: str) -> None:
    """Read every byte of the journal, the snapshots and the modules, and say what is wrong.

    Answers are not compared with what the modules would say again; `interlock replay` does that.
    """
    archive = _archive(data)
    scan = archive.scan
    notes = [str(note) for note in scan.notes]
    if scan.cut is not None:
        notes.append(f"{scan.cut}; nothing says that it was durable")
    notes.extend(archive.snapshot_damage())
    lost = [str(damage) for damage in scan.damage]
    refused = list(archive.refusals())
    facts = {
        "segments": len(scan.segments),
        "bytes": sum(segment.bytes for segment in scan.segments),
        "entries": sum(extent.entries for extent in scan.instances.values()),
        "first_lsn": scan.first_lsn,
        "last_lsn": scan.last_lsn,
        "closed": "cleanly" if scan.sealed else "by a crash, or open now",
        "instances": sum(not kept.deleted for kept in archive.instances()),
        "snapshots": sum(len(archive.snapshots.lsns(id_)) for id_ in archive.snapshots.instances()),
        "notes": notes,
        "lost": lost,
        "refused": refused,
    }
    if output == "json":
        click.echo(json.dumps(facts))
    else:
        _print(facts)
    sys.exit(_DAMAGED if lost or refused else 0)


def _print(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if isinstance(value, list):
            for line in value:
                click.echo(f"{name:<10}  {line}")
        else:
            text = f"{value:,}" if isinstance(value, int) else value
            click.echo(f"{name.replace('_', ' '):<10}  {text}")
    if facts["lost"] or facts["refused"]:
        places, instances = len(facts["lost"]), len(facts["refused"])
        click.echo(f"lost places: {places}; instances that cannot be made again: {instances}")
    else:
        click.echo("nothing is lost")


@journal.command(
    epilog="""
    \b
    Examples:
      interlock journal dump ./state
      interlock journal dump ./state --instance queue/orders --after 1000
      interlock journal dump ./state --output json | jq 'select(.kind == "CALL")'
    """
)
@click.argument("data", metavar="DIR", type=_FOLDER)
@click.option("--instance", metavar="MODULE/NAME", help="Only the entries of this instance.")
@click.option("--after", metavar="LSN", type=click.IntRange(min=0), default=0, help="Only later entries.")
@output_option
def dump(data: Path, instance: str | None, after: int, output: str) -> None:
    """Print the entries of the journal, requests as proto JSON, a line each.

    What cannot be read is left out, and named on standard error.
    """
    archive = _archive(data)
    names = {kept.id: kept for kept in archive.instances()}
    only = _find(archive, instance).id if instance else None
    for damage in archive.scan.damage:
        if damage.until > after and damage.instance in (None, only or damage.instance):
            click.echo(f"left out: {damage}", err=True)
    entries = archive.scan.all(after) if only is None else archive.scan.readable(only)
    for entry in entries:
        if entry.lsn <= after:
            continue
        facts = describe(entry, names.get(entry.instance), archive)
        click.echo(json.dumps(facts) if output == "json" else as_line(facts))


@journal.command(
    epilog="""
    \b
    Example:
      interlock journal compact /var/lib/interlock --modules ./modules
    """
)
@click.argument("data", metavar="DIR", type=_FOLDER)
@click.option("--modules", multiple=True, metavar="DIR", type=_FOLDER, help="As for `interlock serve`.")
@click.option("--keep", default=1, show_default=True, type=click.IntRange(min=1), help="Snapshots each.")
@click.option(
    "--drop-damaged",
    is_flag=True,
    help="Delete the instances that cannot be made again. What they held is lost.",
)
def compact(data: Path, modules: tuple[Path, ...], keep: int, drop_damaged: bool) -> None:
    """Save every instance, and remove the journal behind. No host may have the directory open."""
    _check_format(data)
    options = StoreOptions(snapshots_kept=keep, journal_bytes=1, idle_seconds=0)
    config = EngineConfig(modules=modules, data=data, storage=options, max_instances=1 << 30)
    try:
        engine = Engine(config, progress=_progress("instances read"))
    except (ModuleError, DataLocked, JournalDamaged) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{data}: {error.strerror or error}") from error
    life, recovered = engine.life, engine.recovered
    assert life is not None and recovered is not None
    before = sum(segment.bytes for segment in life.store.journal.segments())
    try:
        for refused in recovered.refused:
            click.echo(f"cannot be made again: {refused}", err=True)
        dropped = life.drop_refused() if drop_damaged else 0
        saved = save_all(life, _progress("instances saved"))
    except (HostError, JournalFailed, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        after = sum(segment.bytes for segment in life.store.journal.segments())
        engine.close()
    if dropped:
        click.echo(f"{dropped:,} instances are dropped")
    click.echo(f"{saved:,} instances are saved; the journal had {before:,} bytes and has {after:,}")


@click.command(
    epilog="""
    \b
    Exit status: 0 every answer is the same; 1 one differs, or an entry is missing, as told.

    \b
    Examples:
      interlock replay ./state queue/orders
      interlock replay ./state gate/main --module ./next/gate.wasm
          would the next version of the module have answered the same?
    """
)
@click.argument("data", metavar="DIR", type=_FOLDER)
@click.argument("name", metavar="MODULE/INSTANCE")
@click.option("--module", "file", metavar="FILE.wasm", type=_FILE, help="Replay into this module instead.")
@output_option
def replay(data: Path, name: str, file: Path | None, output: str) -> None:
    """Make an instance again from its journal, and compare every answer with the one that was given.

    A module that is not deterministic is found this way, and so is one that changed.
    """
    archive = _archive(data)
    kept = _find(archive, name)
    try:
        module = Module(file.read_bytes(), file, default_cache()) if file else None
        done = archive.replay(kept, module, _counted("entries replayed"))
    except (NotReplayed, JournalDamaged, SnapshotDamaged) as error:
        click.echo(f"Error: {name}: {error}", err=True)
        sys.exit(_DAMAGED)
    except (ModuleDamaged, ModuleError) as error:
        raise click.ClickException(str(error)) from error
    facts = {**done._asdict(), "state": done.state.value, "seconds": round(done.seconds, 4)}
    if output == "json":
        click.echo(json.dumps(facts))
        return
    begun = f"its snapshot at LSN {done.begun_at}" if done.begun_at else "its beginning"
    click.echo(
        f"{name}: {done.entries:,} entries from {begun}, each answered as before, {done.seconds:.2f} s"
    )
    for fact in ("last_lsn", "state", "failure", "now", "deadline", "parked_calls", "memory_bytes"):
        if facts[fact] not in ("", None):
            click.echo(f"  {fact.replace('_', ' '):<13}{facts[fact]}")


def _check_format(data: Path) -> None:
    """Refuse a folder that a mistyped name led to: nothing is made in it."""
    try:
        known = check_format(RealDisk(data))
    except OSError as error:
        raise click.ClickException(f"{data}: {error.strerror or error}") from error
    if not known:
        raise click.ClickException(f"{data}: no data directory: there is no file {FORMAT} in it")


def _archive(data: Path) -> Archive:
    _check_format(data)
    try:
        archive = Archive(RealDisk(data), default_cache())
    except OSError as error:
        raise click.ClickException(f"{data}: {error.strerror or error}") from error
    click.get_current_context().call_on_close(archive.close)
    return archive


def _find(archive: Archive, name: str) -> Kept:
    kept = archive.find(name)
    if kept is None:
        known = ", ".join(sorted({kept.name for kept in archive.instances()})[:10]) or "none"
        raise click.ClickException(f"no instance {name} is in the directory; there are: {known}")
    return kept


def _progress(what: str) -> Callable[[int, int], None]:
    """Say how far it is, on a terminal."""

    def tell(done: int, of: int) -> None:
        if sys.stderr.isatty() and (done % 100 == 0 or done == of):
            click.echo(f"\r{done:,} of {of:,} {what}", err=True, nl=done == of)

    return tell


def _counted(what: str) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if done % _PROGRESS_EVERY == 0 and sys.stderr.isatty():
            click.echo(f"\r{done:,} {what}", err=True, nl=False)

    return tell

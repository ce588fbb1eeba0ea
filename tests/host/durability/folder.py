"""A data directory in a real folder, for the command line to look at."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from interlock_host.cli.main import main
from tests.host.durability.world import World


def spill(world: World, folder: Path, *, sealed: bool = True) -> Path:
    """End the world, in order or as a crash would, and write its disk to a folder."""
    if sealed:
        world.engine.close()
    else:
        world.life.store.close(clean=False)
    for path, data in world.disk.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


def run(*arguments: object) -> Result:
    """Run `interlock` with these arguments."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def flip(file: Path, offset: int) -> None:
    """Change one byte."""
    data = bytearray(file.read_bytes())
    data[offset] ^= 0x10
    file.write_bytes(data)


def segments(folder: Path) -> list[Path]:
    return sorted((folder / "journal").iterdir())


def snapshots(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").iterdir())

"""A thousand modules that chance wrote: refused, or held within their limits, by a process that lives on."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from interlock_host.engine import STANDARD_MODULES
from interlock_host.pack import PackError, pack, read_packed
from tests.host import probe
from tests.host.wat import compiled, contract, descriptors
from tests.stress.hostile import SOAK

COUNT = 1000 if SOAK else 50
WASM_TOOLS = Path(sys.executable).with_name("wasm-tools")
BATCH = Path(__file__).with_name("hostile_batch.py")


def wasm_tools(*arguments: str, given: bytes) -> bytes | None:
    """What wasm-tools makes of these bytes; None where it finds nothing to make."""
    run = subprocess.run([WASM_TOOLS, *arguments], input=given, capture_output=True, check=False)
    return run.stdout if run.returncode == 0 else None


def smithed(folder: Path) -> Iterator[bytes]:
    """Modules with the exports of a real one, and bodies by chance."""
    like = folder / "like.raw"
    like.write_bytes(compiled(**{"global": ""}))
    for seed in range(COUNT // 2):
        noise = Random(seed).randbytes(2000)
        made = wasm_tools("smith", "--exports", str(like), "--max-imports", "0", "--gc-enabled", "false",
                          "--max-memory32-bytes", str(4 << 20), given=noise)  # fmt: skip
        if made is not None:
            with contextlib.suppress(PackError):
                made = pack(made, descriptors(), contract())
            yield made


def mutated(folder: Path) -> Iterator[bytes]:
    """The probe and the standard modules, with one to four mutations each."""
    for seed in range(COUNT // 2):
        chance = Random(seed)
        if seed % 4:
            packing, made = (probe.descriptor_set(), contract()), probe.compiled()
        else:
            made = chance.choice(sorted(STANDARD_MODULES.glob("*.wasm"))).read_bytes()
            packed = read_packed(made)
            packing = (packed.descriptor_set, packed.contract)
        for _ in range(chance.randint(1, 4)):
            made = wasm_tools("mutate", "--seed", str(chance.getrandbits(32)), given=made) or made
        with contextlib.suppress(PackError):
            made = pack(made, *packing)
        yield made


def flipped(folder: Path) -> Iterator[bytes]:
    """The probe, packed, with a few bytes of its file changed."""
    whole = (probe.write_probe(folder / "probe") / "probe.wasm").read_bytes()
    for seed in range(COUNT):
        chance, made = Random(seed), bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            made[chance.randrange(len(made))] = chance.randrange(256)
        yield bytes(made)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("source", "enough"), [(smithed, 0), (mutated, COUNT // 20), (flipped, COUNT // 50)])
def test_modules(tmp_path: Path, source: Callable[[Path], Iterator[bytes]], enough: int) -> None:
    """`enough` modules must get as far as running; those of smith have been refused so far."""
    files = tmp_path / "files"
    files.mkdir()
    for number, wasm in enumerate(source(tmp_path)):
        (files / f"{number:04}.wasm").write_bytes(wasm)
    batch = subprocess.run([sys.executable, BATCH, files], capture_output=True, text=True, check=False)
    assert batch.returncode == 0, f"{batch.returncode} after {batch.stdout[-60:]!r}: {batch.stderr[-2000:]}"
    ends = [line.split()[1] for line in batch.stdout.splitlines()]
    assert len(ends) == len(list(files.iterdir()))
    assert ends.count("ran") >= enough, f"{ends.count('ran')} of {len(ends)} ran"

"""Modules that are kept by digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from interlock_host.disk import Disk, RealDisk
from interlock_host.snapshot import ModuleDamaged, ModuleStore
from tests.host.snapshot.memory_disk import MemoryDisk

WASM = b"\0asm\1\0\0\0" + bytes(range(100))
DIGEST = hashlib.sha256(WASM).hexdigest()
PATH = f"modules/{DIGEST}.wasm"


@pytest.fixture(params=["memory", "real"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return RealDisk(tmp_path) if request.param == "real" else MemoryDisk()


def test_get(disk: Disk) -> None:
    ModuleStore(disk).put(DIGEST, WASM)
    assert ModuleStore(disk).get(DIGEST) == ModuleStore(disk, read_only=True).get(DIGEST) == WASM
    assert disk.list("modules") == [f"{DIGEST}.wasm"]


def test_absent(disk: Disk) -> None:
    with pytest.raises(ModuleDamaged, match=f"^{PATH}: No such file"):
        ModuleStore(disk).get(DIGEST)


def test_digest_of_another(disk: Disk) -> None:
    with pytest.raises(ValueError, match="digest is not"):
        ModuleStore(disk).put(DIGEST, WASM + b"x")
    assert disk.list("modules") == []


def test_every_flip() -> None:
    disk = MemoryDisk()
    store = ModuleStore(disk)
    store.put(DIGEST, WASM)
    data = disk.files[PATH]
    for at in range(len(data)):
        data[at] ^= 1
        with pytest.raises(ModuleDamaged, match=f"^{PATH}: its digest is [0-9a-f]{{64}}$"):
            store.get(DIGEST)
        data[at] ^= 1
    assert store.get(DIGEST) == WASM


def test_put_again() -> None:
    """A whole one is left alone, a damaged one replaced."""
    disk = MemoryDisk()
    store = ModuleStore(disk)
    store.put(DIGEST, WASM)
    disk.steps.clear()
    store.put(DIGEST, WASM)
    assert disk.steps == [f"read {PATH}"]
    disk.files[PATH][9] ^= 1
    store.put(DIGEST, WASM)
    assert store.get(DIGEST) == WASM


def test_leftovers(disk: Disk) -> None:
    disk.make_folder("modules")
    disk.create(f"{PATH}.tmp").close()
    ModuleStore(disk, read_only=True)
    assert disk.list("modules") == [f"{DIGEST}.wasm.tmp"]
    ModuleStore(disk)
    assert disk.list("modules") == []

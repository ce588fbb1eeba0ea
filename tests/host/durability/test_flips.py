"""Every byte of a data directory, changed: an instance is as it was, or refused with the place."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock_host import engine as engine_module
from interlock_host.durability.retention import save_all
from interlock_host.durability.store import StoreOptions
from interlock_host.errors import HostError
from interlock_host.journal.entry import Kind
from interlock_host.journal.scan import scan
from interlock_host.module import Module
from interlock_host.served import STANDARD_MODULES
from tests.host.durability.world import World

SOAK = bool(os.environ.get("INTERLOCK_SOAK"))
PATTERNS = (0x01, 0x02, 0x10, 0x28, 0x80, 0xFF) if SOAK else (0x10,)
GOES_ON_EVERY = 1 if SOAK else 8
"""Every so many offsets, what was found is written on, and read again."""
SCOPE = b"alice\x001"
NAMES = ("a", "b")
PLACE = re.compile(r"(?P<path>journal/[0-9]{20}\.log), offset (?P<offset>\d+), LSN (?P<lsn>\d+): ")
EXACT, REFUSED, CUT = "exact", "refused", "cut"

Files = dict[str, bytes]


@pytest.fixture(scope="module", autouse=True)
def counter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "counter.wasm").symlink_to(STANDARD_MODULES / "counter.wasm")
    return folder


@pytest.fixture(autouse=True)
def _compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start of a host is then what its data directory makes of it."""
    monkeypatch.setattr(engine_module, "Module", functools.cache(Module))


def content(world: World) -> Files:
    return {path: bytes(data) for path, data in world.disk.files.items()}


def started(world: World, files: Files) -> None:
    """Begin anew with these files."""
    world.disk.files = {path: bytearray(data) for path, data in files.items()}
    world.start()


def flipped(files: Files, path: str, offset: int, pattern: int) -> Files:
    data = bytearray(files[path])
    data[offset] ^= pattern
    return {**files, path: bytes(data)}


def close(world: World, *, sealed: bool) -> Files:
    world.life.store.close(clean=sealed)
    return content(world)


def lived(world: World, *, sealed: bool) -> Files:
    """Two counters, in four batches; the last has an entry of each, and no mark says that it is durable."""
    world.add(2, scope=SCOPE)
    world.sync()
    world.add(3, instance="b")
    world.sync()
    world.add(5)
    world.sync()
    world.add(1)
    world.add(7, instance="b")
    world.sync()
    return close(world, sealed=sealed)


WHOLE = {"a": 8, "b": 10}
BEFORE_THE_LAST = {"a": 7, "b": 3}


class Told(Exception):
    """A call was refused; this is what it was told."""


def value(world: World, name: str) -> int:
    try:
        found = world.value(name)
    except HostError as error:
        raise Told(error.failure.message) from None
    assert found is not None, "what was recovered is durable"
    return found


def judge(world: World, path: str, offset: int, *, sealed: bool) -> Counter[str]:
    """Return what came of each instance: as it was, refused with the place, or cut with a word."""
    verdicts: Counter[str] = Counter()
    cut = any("its end is cut" in note for note in world.recovered.notes)
    expected = BEFORE_THE_LAST if cut else WHOLE
    assert not (cut and sealed)
    for name in NAMES:
        try:
            assert value(world, name) == expected[name], f"{name} is not what it was"
            verdicts[CUT if cut else EXACT] += 1
        except Told as told:
            place = PLACE.search(str(told))
            assert place is not None, f"no place in {told}"
            assert place["path"] == path and int(place["offset"]) <= offset and int(place["lsn"]) > 0
            verdicts[REFUSED] += 1
    return verdicts


def goes_on(world: World) -> None:
    """Whoever serves takes calls, retries among them, and keeps them; whoever is refused stays so."""
    expected: dict[str, int] = {}
    for name in NAMES:
        with contextlib.suppress(Told):
            expected[name] = value(world, name) + 1
    for name in expected:
        world.add(1, instance=name)
    if "a" in expected:
        world.add(2, scope=SCOPE)
    assert world.sync()
    world.crash()
    for name in NAMES:
        if name in expected:
            assert value(world, name) == expected[name]
        else:
            with pytest.raises(Told):
                value(world, name)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_journal(counter_folder: Path, sealed: bool, pattern: int) -> None:
    world = World(counter_folder, standard=False, options=StoreOptions(segment_bytes=900))
    files = lived(world, sealed=sealed)
    started(world, files)
    assert {name: value(world, name) for name in NAMES} == WHOLE
    verdicts: Counter[str] = Counter()
    paths = [path for path in files if path.startswith("journal/")]
    assert len(paths) == 2
    for path in paths:
        for offset in range(len(files[path])):
            started(world, flipped(files, path, offset, pattern))
            found = judge(world, path, offset, sealed=sealed)
            assert found[REFUSED] <= 1, "a flip costs one instance at most"
            verdicts += found
            if offset % GOES_ON_EVERY == 0:
                goes_on(world)
    assert verdicts[EXACT] > verdicts[REFUSED] > 0
    assert bool(verdicts[CUT]) is not sealed


def test_format(counter_folder: Path) -> None:
    """A folder that does not say what it is is not written to."""
    world = World(counter_folder, standard=False)
    files = lived(world, sealed=True)
    for offset in range(len(files["FORMAT"])):
        world.disk.steps.clear()
        with pytest.raises(OSError, match="FORMAT says b"):
            started(world, flipped(files, "FORMAT", offset, 0x10))
        assert {step.split()[0] for step in world.disk.steps} == {"read"}


def saved(world: World) -> str:
    """Save counter a as it is now; return where."""
    world.sync()
    instance = world.instance()
    assert instance.save()
    assert world.life.store.snapshots.lsns(instance.id)[-1] == instance.last_lsn
    return max(path for path in world.disk.files if path.startswith("snapshots/"))


def each_flip(world: World, files: Files, path: str, pattern: int) -> Iterator[int]:
    """Start on every form of the files in which a byte of one is not right."""
    for offset in range(len(files[path])):
        started(world, flipped(files, path, offset, pattern))
        yield offset


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_snapshot_and_journal(counter_folder: Path, sealed: bool, pattern: int) -> None:
    """What a damaged snapshot held is had from the journal, and the start says which file is bad."""
    world = World(counter_folder, standard=False)
    world.add(2, scope=SCOPE)
    world.add(3, instance="b")
    world.add(5)
    path = saved(world)
    world.add(1)
    world.add(7, instance="b")
    world.sync()
    files = close(world, sealed=sealed)
    for offset in each_flip(world, files, path, pattern):
        assert {name: value(world, name) for name in NAMES} == WHOLE
        assert any(path in note for note in world.recovered.notes), offset
        if offset % GOES_ON_EVERY == 0:
            goes_on(world)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_snapshot_alone(counter_folder: Path, sealed: bool, pattern: int) -> None:
    """Behind a snapshot there is no journal: it is whole, or the instance is refused."""
    options = StoreOptions(snapshots_kept=1, journal_bytes=1)
    world = World(counter_folder, standard=False, options=options)
    world.add(2, scope=SCOPE)
    world.add(3, instance="b")
    world.add(6)
    world.add(7, instance="b")
    world.sync()
    world.crash()  # a start begins another segment
    save_all(world.life, lambda done, of: None)
    path = min(path for path in world.disk.files if path.startswith("snapshots/"))
    files = close(world, sealed=sealed)
    assert not any(entry.instance == 1 and entry.kind == Kind.CALL for entry in scan(world.disk).all())
    for offset in each_flip(world, files, path, pattern):
        assert value(world, "b") == WHOLE["b"]
        with pytest.raises(Told, match=re.escape(path)):
            value(world, "a")
        with pytest.raises(HostError):
            world.add(1)
        if offset % GOES_ON_EVERY == 0:
            goes_on(world)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_snapshot_of_a_sleeper(counter_folder: Path, pattern: int) -> None:
    """A byte that changes while its instance sleeps: waking goes by the journal."""
    world = World(counter_folder, standard=False)
    lived(world, sealed=True)
    world.start()
    path = saved(world)
    for offset in range(len(world.disk.files[path])):
        assert saved(world) == path, "what was found damaged does not count as saved"
        assert world.instance().sleep()
        world.disk.files[path][offset] ^= pattern
        assert value(world, "a") == WHOLE["a"]

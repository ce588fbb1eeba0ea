"""`interlock journal` and `interlock replay`: what they say of folders that are whole, and that are not."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from interlock.queue.v1 import queue_pb2
from interlock_host.journal.batch import HEADER_SIZE, SLOT_SIZE
from interlock_host.journal.lock import DataLock
from interlock_host.served import STANDARD_MODULES
from interlock_host.wasm import wasi
from tests.host.durability import dice
from tests.host.durability.folder import flip, run, segments, snapshots, spill
from tests.host.durability.world import World

QUEUE = "/interlock.queue.v1.QueueService/"
NOBODY = 65534


def lived(world: World) -> World:
    """counter/a with a snapshot, counter/b and queue/orders without, all in one segment of three batches."""
    world.add(2, scope=b"alice\x00order-7")
    world.add(3, instance="b")
    world.sync()
    world.instance().save()
    push = queue_pb2.PushRequest(instance="orders", items=[queue_pb2.Item(data=b"one")])
    world.call(QUEUE + "Push", push.SerializeToString())
    world.sync()
    world.engine.advance(1_500_000_000)
    world.add(4)
    world.sync()
    return world


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spill(lived(World()), tmp_path_factory.mktemp("clean"))


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return shutil.copytree(clean, tmp_path / "data")


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    return spill(lived(World()), tmp_path / "crashed", sealed=False)


def facts(result: Result) -> Any:
    return json.loads(result.stdout)


def verified(folder: Path) -> Any:
    return facts(run("journal", "verify", folder, "--output", "json"))


def lines(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


# verify


def test_verify(folder: Path) -> None:
    result = run("journal", "verify", folder)
    assert result.exit_code == 0
    assert "closed      cleanly\n" in result.output
    assert result.output.endswith("nothing is lost\n")
    assert verified(folder) == {
        "segments": 1,
        "bytes": segments(folder)[0].stat().st_size,
        "entries": 7,
        "first_lsn": 1,
        "last_lsn": 7,
        "closed": "cleanly",
        "instances": 3,
        "snapshots": 1,
        "notes": [],
        "lost": [],
        "refused": [],
    }


def test_verify_after_a_crash(crashed: Path) -> None:
    result = run("journal", "verify", crashed)
    assert result.exit_code == 0
    assert "by a crash, or open now" in result.output


def test_verify_changes_nothing(crashed: Path) -> None:
    segments(crashed)[0].write_bytes(segments(crashed)[0].read_bytes()[:-3])
    flip(snapshots(crashed)[0], 70)
    before = {path: path.read_bytes() for path in crashed.rglob("*") if path.is_file()}
    run("journal", "verify", crashed)
    run("journal", "dump", crashed)
    run("replay", crashed, "counter/b")
    assert before == {path: path.read_bytes() for path in crashed.rglob("*") if path.is_file()}


def test_verify_beside_a_host(folder: Path) -> None:
    with contextlib.closing(DataLock(folder / "LOCK")):
        assert run("journal", "verify", folder).exit_code == 0


def test_verify_names_a_cut(crashed: Path) -> None:
    (segment,) = segments(crashed)
    segment.write_bytes(segment.read_bytes()[:-3])
    result = run("journal", "verify", crashed)
    assert result.exit_code == 0
    (note,) = verified(crashed)["notes"]
    assert note.startswith(f"journal/{segment.name}, offset ") and "LSN 7" in note and "cut off" in note
    assert note in result.output
    assert verified(crashed)["last_lsn"] == 6


ENTRIES = HEADER_SIZE + 4 * SLOT_SIZE
"""Where the entries of the first batch begin; the first of them is the CREATE of counter/a."""


def test_verify_names_a_damaged_entry(folder: Path) -> None:
    """counter/a has its snapshot; without it, its name is lost as well."""
    (segment,) = segments(folder)
    flip(segment, ENTRIES + 70)
    result = run("journal", "verify", folder)
    assert result.exit_code == 1
    place = f"journal/{segment.name}, offset {ENTRIES}, LSN 1: the entry's checksum is wrong"
    assert verified(folder)["lost"] == [place] and place in result.output
    assert verified(folder)["refused"] == []
    snapshots(folder)[0].unlink()
    (refused,) = verified(folder)["refused"]
    assert refused.startswith("instance 1, of an unknown name") and place in refused


def test_verify_names_a_damaged_snapshot(folder: Path) -> None:
    (snapshot,) = snapshots(folder)
    flip(snapshot, 70)
    result = run("journal", "verify", folder)
    assert result.exit_code == 0, "the journal has it all"
    assert f"snapshots/{snapshot.name}: its checksum is wrong" in result.output


def test_verify_names_an_instance_that_had_only_its_snapshot(folder: Path) -> None:
    assert run("journal", "compact", folder).exit_code == 0
    flip(snapshots(folder)[1], 70)
    result = run("journal", "verify", folder)
    assert result.exit_code == 1
    (refused,) = verified(folder)["refused"]
    assert snapshots(folder)[1].name in refused and refused in result.output


@pytest.mark.parametrize("gone", [True, False])
def test_verify_names_a_module(folder: Path, gone: bool) -> None:
    modules = {json.dumps(e["payload"]["digest"]) for e in lines(dumped(folder)) if e["kind"] == "CREATE"}
    assert len(modules) == 2
    file = folder / "modules" / f"{lines(dumped(folder))[0]['payload']['digest']}.wasm"
    file.unlink() if gone else flip(file, 100)
    result = run("journal", "verify", folder)
    assert result.exit_code == 1
    refused = verified(folder)["refused"]
    assert [text.partition(":")[0] for text in refused] == ["counter/a", "counter/b"]
    assert all(file.name in text for text in refused)


# Folders that are none


@pytest.mark.parametrize(
    "command", [["journal", "verify"], ["journal", "dump"], ["journal", "compact"], ["replay"]], ids=" ".join
)
def test_not_there(command: list[str], tmp_path: Path) -> None:
    result = run(*command, tmp_path / "none", *(["counter/a"] if command == ["replay"] else []))
    assert result.exit_code == 2
    assert "does not exist" in result.output


@pytest.mark.parametrize("command", [["journal", "verify"], ["journal", "dump"], ["replay"]], ids=" ".join)
@pytest.mark.parametrize("written", [None, "", "interlock data 2\n"])
def test_foreign(command: list[str], written: str | None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    if written is not None:
        (tmp_path / "FORMAT").write_text(written)
    result = run(*command, tmp_path, *(["counter/a"] if command == ["replay"] else []))
    assert result.exit_code == 1
    told = "no data directory" if written is None else f"FORMAT says {written.encode()!r}"
    assert f"Error: {tmp_path}: {told}" in result.output


def test_compact_of_a_later_form(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").write_text("interlock data 2\n")
    result = run("journal", "compact", tmp_path)
    assert result.exit_code == 1
    assert "FORMAT says b'interlock data 2" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["FORMAT"]


def test_compact_makes_no_folder_of_any(tmp_path: Path) -> None:
    result = run("journal", "compact", tmp_path)
    assert result.exit_code == 1
    assert "no data directory" in result.output
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def barred(folder: Path) -> Iterator[None]:
    """Have no rights in a folder: root becomes nobody for a while."""
    mode = folder.stat().st_mode
    folder.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(mode)


@pytest.mark.parametrize("command", [["journal", "verify"], ["journal", "dump"], ["replay"]], ids=" ".join)
@pytest.mark.parametrize("part", ["", "journal", "snapshots"])
def test_no_rights(command: list[str], part: str) -> None:
    with tempfile.TemporaryDirectory() as base:  # pytest's own folders are closed to others already
        os.chmod(base, 0o755)
        folder = spill(lived(World()), Path(base) / "data")
        with barred(folder / part):
            result = run(*command, folder, *(["counter/a"] if command == ["replay"] else []))
    assert result.exit_code in (1, 2)
    assert f"Error: {folder}: Permission denied" in result.output or "is not readable" in result.output


# dump


def dumped(folder: Path, *arguments: object) -> Result:
    return run("journal", "dump", folder, "--output", "json", *arguments)


def test_dump(folder: Path) -> None:
    result = run("journal", "dump", folder)
    assert result.exit_code == 0
    told = result.stdout.splitlines()
    assert len(told) == 7
    assert told[0].startswith('1  2001-09-09T01:46:40.000000000Z  counter/a  CREATE  {"package": ')
    assert told[1].startswith("2  2001-09-09T01:46:40.000000000Z  counter/a  CALL  1  Add  order-7  ")
    assert told[1].endswith('  {"instance": "a", "adds": [{"delta": "2"}]}')
    assert told[6].startswith("7  2001-09-09T01:46:41.500000000Z  counter/a  CALL  2  Add  ")


def test_dump_for_scripts(folder: Path) -> None:
    entries = lines(dumped(folder))
    assert [entry["lsn"] for entry in entries] == list(range(1, 8))
    assert [entry["kind"] for entry in entries] == ["CREATE", "CALL"] * 3 + ["CALL"]
    assert entries[5] == {
        "lsn": 6,
        "now": "2001-09-09T01:46:40.000000000Z",
        "instance": "queue/orders",
        "kind": "CALL",
        "call": 1,
        "what": "Push",
        "outcome": entries[5]["outcome"],
        "payload": {"instance": "orders", "items": [{"data": "b25l"}]},
    }


def test_dump_of_one(folder: Path) -> None:
    assert [entry["lsn"] for entry in lines(dumped(folder, "--instance", "counter/a"))] == [1, 2, 7]
    assert [entry["lsn"] for entry in lines(dumped(folder, "--instance", "counter/a", "--after", 2))] == [7]
    assert [entry["lsn"] for entry in lines(dumped(folder, "--after", 5))] == [6, 7]
    result = dumped(folder, "--instance", "counter/z")
    assert result.exit_code == 1
    assert "no instance counter/z is in the directory; there are: counter/a, counter/b" in result.output


def test_dump_names_what_it_leaves_out(folder: Path) -> None:
    (segment,) = segments(folder)
    flip(segment, ENTRIES + 70)
    place = f"left out: journal/{segment.name}, offset {ENTRIES}, LSN 1: "
    result = dumped(folder)
    assert [entry["lsn"] for entry in lines(result)] == [2, 3, 4, 5, 6, 7]
    assert place in result.stderr
    assert place in dumped(folder, "--instance", "counter/a").stderr
    assert place not in dumped(folder, "--instance", "counter/b").stderr
    assert place not in dumped(folder, "--after", 1).stderr


def test_dump_without_the_module(folder: Path) -> None:
    shutil.rmtree(folder / "modules")
    call = lines(dumped(folder))[1]
    assert (call["what"], call["payload"]) == ("method 0", "7 bytes")


# compact


def test_compact(folder: Path) -> None:
    before = segments(folder)[0].stat().st_size
    result = run("journal", "compact", folder)
    assert result.exit_code == 0
    assert result.output.startswith("3 instances are saved; the journal had ")
    assert sum(path.stat().st_size for path in segments(folder)) < before / 2
    found = verified(folder)
    assert (found["closed"], found["instances"], found["snapshots"]) == ("cleanly", 3, 3)
    assert found["first_lsn"] > 7
    for name in ("counter/a", "counter/b", "queue/orders"):
        assert run("replay", folder, name).exit_code == 0


def test_compact_twice(folder: Path) -> None:
    for _ in range(3):
        assert run("journal", "compact", folder).exit_code == 0
    assert len(segments(folder)) <= 2
    assert verified(folder)["lost"] == verified(folder)["refused"] == []


def test_compact_waits_for_nobody(folder: Path) -> None:
    with contextlib.closing(DataLock(folder / "LOCK")):
        result = run("journal", "compact", folder)
    assert result.exit_code == 1
    assert f"pid {os.getpid()}" in result.output


def test_compact_keeps_what_is_damaged(folder: Path) -> None:
    (segment,) = segments(folder)
    data = segment.read_bytes()
    at = data.rindex(b"\x0a\x01a\x12")  # the last Add to counter/a
    flip(segment, at)
    flip(snapshots(folder)[0], 70)
    result = run("journal", "compact", folder)
    assert result.exit_code == 0, result.output
    assert "cannot be made again: interlock.counter.v1/a: the journal is damaged: " in result.output
    assert segment.name in result.output and "LSN 7" in result.output
    assert verified(folder)["refused"], "what is left of it is there still"
    assert run("journal", "verify", folder).exit_code == 1


def test_compact_drops_what_is_damaged(folder: Path) -> None:
    (segment,) = segments(folder)
    flip(segment, ENTRIES + 70)
    snapshots(folder)[0].unlink()
    result = run("journal", "compact", folder, "--drop-damaged")
    assert result.exit_code == 0, result.output
    assert "1 instances are dropped\n2 instances are saved" in result.output
    found = verified(folder)
    assert (found["lost"], found["refused"], found["instances"]) == ([], [], 2)


def test_compact_without_a_module(puppet_folder: Path, tmp_path: Path) -> None:
    """What only waits for its module is not damaged: nothing drops it."""
    world = lived(World(puppet_folder))
    world.do()
    folder = spill(world, tmp_path / "data")
    result = run("journal", "compact", folder, "--drop-damaged")
    assert result.exit_code == 0, result.output
    assert "no module test.puppet.v1 is served here" in result.output
    assert "dropped" not in result.output
    assert run("replay", folder, "puppet/a").exit_code == 0


# replay


def test_replay(folder: Path) -> None:
    result = run("replay", folder, "counter/a")
    assert result.exit_code == 0
    assert result.output.startswith("counter/a: 3 entries from its beginning, each answered as before")
    told = facts(run("replay", folder, "counter/a", "--output", "json"))
    assert (told["entries"], told["last_lsn"], told["state"], told["begun_at"]) == (3, 7, "live", 0)


def test_replay_from_a_snapshot(folder: Path) -> None:
    run("journal", "compact", folder)
    told = facts(run("replay", folder, "counter/a", "--output", "json"))
    assert told["begun_at"] >= 7 and told["entries"] <= 1


def test_replay_of_another_module(folder: Path) -> None:
    result = run("replay", folder, "counter/a", "--module", STANDARD_MODULES / "queue.wasm")
    assert result.exit_code == 1
    assert "Error: counter/a: LSN 2 was answered differently in replay" in result.output
    same = run("replay", folder, "counter/a", "--module", STANDARD_MODULES / "counter.wasm")
    assert same.exit_code == 0


@pytest.mark.parametrize("what", ["damage", "module", "name", "no module"])
def test_replay_cannot(what: str, folder: Path) -> None:
    name, more, told = "counter/b", [], "instance counter/z"
    if what == "damage":
        flip(segments(folder)[0], segments(folder)[0].read_bytes().index(b"\x0a\x01b\x12"))
        told = "LSN 4: the entry's checksum is wrong"
    elif what == "module":
        shutil.rmtree(folder / "modules")
        told = ".wasm: No such file"
    elif what == "no module":
        (folder / "text").write_text("text")
        more, told = ["--module", str(folder / "text")], "not a WebAssembly file"
    else:
        name = "counter/z"
    result = run("replay", folder, name, *more)
    assert result.exit_code == 1
    assert told in result.output and "Error: " in result.output


@pytest.mark.parametrize("how", ["a read that changes something", "real randomness"])
def test_replay_finds_a_cheat(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is whole, each checksum is right; only doing it again shows what the module did."""
    (tmp_path / "modules").mkdir()
    dice.build(tmp_path / "modules")
    world = World(tmp_path / "modules")
    world.call(dice.SERVICE + "Do", dice.REQUEST)
    world.sync()
    if how == "real randomness":
        monkeypatch.setattr(wasi.SplitMix64, "bytes", lambda self, size: os.urandom(size))
    else:
        world.call(dice.SERVICE + "Look", dice.REQUEST)
    world.call(dice.SERVICE + "Do", dice.REQUEST)
    folder = spill(world, tmp_path / "data")
    monkeypatch.undo()
    assert run("journal", "verify", folder).exit_code == 0
    result = run("replay", folder, "test/a")
    assert result.exit_code == 1
    assert result.output.startswith("Error: test/a: LSN 3 was answered differently in replay: test.v1 is not")

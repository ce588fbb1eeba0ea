"""A daemon with a data directory, from outside: what it keeps, says and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import interlock
from tests.host.durability.child import Child, Refused, addition
from tests.host.durability.folder import flip, run, segments
from tests.host.secured import bearer, token_entry, write_tokens

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    with Child(tmp_path, tmp_path / "data") as child:
        yield child


def again(child: Child, *, killed: bool) -> None:
    child.kill() if killed else child.stop()
    child.start()


def instances(child: Child) -> dict[str, dict[str, Any]]:
    """What `interlock instances` prints, by name."""
    result = run("instances", "--target", child.ready["listen"][0], "--output", "json")
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return {f"{instance['module']}/{instance['name']}": instance for instance in found}


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_keeps_and_seals(child: Child, killed: bool) -> None:
    child.add(2)
    child.add(3, "b")
    assert "by a crash, or open now" in run("journal", "verify", child.data).output
    child.kill() if killed else child.stop()
    closed = json.loads(run("journal", "verify", child.data, "--output", "json").output)["closed"]
    assert (closed == "cleanly") is not killed
    child.start()
    assert (child.value(), child.value("b")) == (2, 3)
    assert child.add(1) == 3
    (*_, recovered) = child.logged("recovered")
    assert (recovered["instances"], recovered["entries"], recovered["refused"]) == (2, 4, 0)


def test_one_at_a_time(child: Child, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    second = Child(tmp_path / "other", child.data)
    assert not second.launch()
    told = second.text()
    assert str(child.data) in told and f"pid {child.pid}" in told, told
    assert "Traceback" not in told
    with pytest.raises(interlock.Error, match=f"pid {child.pid}"):
        interlock.open(f"local:{child.data}")
    assert child.add(1) == 1


def test_a_program_and_a_daemon_take_turns(tmp_path: Path) -> None:
    """What `local:PATH` wrote, a daemon goes on with, and the other way."""
    with interlock.open(f"local:{tmp_path / 'data'}") as host:
        host.counter("a").add(5)
    with Child(tmp_path, tmp_path / "data") as child:
        assert child.add(2) == 7
        child.stop()
    with interlock.open(f"local:{tmp_path / 'data'}") as host:
        assert host.counter("a").get() == 7


def test_metrics(child: Child) -> None:
    fresh = child.metrics()
    assert fresh["interlock_journal_appends_total"] == 0
    assert fresh["interlock_journal_failed"] == 0
    for number in range(5):
        child.add(1, f"i{number}")
    found = child.metrics()
    assert found["interlock_journal_appends_total"] == 10
    assert 1 <= found["interlock_journal_fsync_seconds_count"] <= 10
    assert found["interlock_journal_fsync_seconds_sum"] > 0
    size = sum(segment.stat().st_size for segment in segments(child.data))
    assert found["interlock_journal_bytes"] == size
    assert 0 < found["interlock_journal_written_bytes_total"] < size
    assert found["interlock_journal_held_records"] == 0
    assert found["interlock_hibernated_instances"] == 0
    again(child, killed=True)
    found = child.metrics()
    assert found["interlock_journal_recovered_entries"] == 10
    assert 0 < found["interlock_journal_recovery_seconds"] < 60


def test_no_journal_metrics_without_data(tmp_path: Path) -> None:
    import prometheus_client  # noqa: PLC0415

    from interlock_host.engine import Engine  # noqa: PLC0415
    from interlock_host.metrics import CallMetrics  # noqa: PLC0415

    engine = Engine()
    try:
        text = prometheus_client.generate_latest(CallMetrics(engine).registry).decode()
    finally:
        engine.close()
    assert "interlock_journal" not in text and "interlock_instances" in text


def test_instances(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "hibernate_seconds = 0.01\n"
        '[[instances]]\nmodule = "counter"\nname = "scratch-*"\ndurability = "ephemeral"\n'
        '[[instances]]\nmodule = "counter"\nname = "lazy"\ndurability = "async"\n'
    )
    with Child(tmp_path, tmp_path / "data", "--config", config) as child:
        child.add(1, "scratch-1")
        child.add(2, "lazy")
        child.add(3, "kept")
        found = instances(child)
        kept = {name: instance["durability"].rpartition("_")[2] for name, instance in found.items()}
        assert kept == {
            "counter/scratch-1": "EPHEMERAL", "counter/lazy": "ASYNC", "counter/kept": "DURABLE"
        }  # fmt: skip
        table = run("instances", "--target", child.ready["listen"][0]).output
        assert "KEPT" in table and "ephemeral" in table and "async" in table and "durable" in table
        until_asleep(child, 2)
        found = instances(child)
        assert found["counter/kept"]["state"] == "INSTANCE_STATE_HIBERNATED"
        assert found["counter/scratch-1"]["state"] == "INSTANCE_STATE_LIVE"
        assert child.value("kept") == 3
        again(child, killed=False)
        assert (child.value("scratch-1"), child.value("lazy"), child.value("kept")) == (0, 2, 3)


def until_asleep(child: Child, count: int) -> None:
    """Ask for the metrics, each time a while later, until so many instances sleep."""
    for _ in range(2_000):
        if child.metrics()["interlock_hibernated_instances"] == count:
            return
    raise AssertionError("they do not sleep")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('durability = "always"', "durability: 'always' is not one of ephemeral, async, durable"),
        ("async_seconds = -1", "async_seconds: -1.0 is not within 0 and 86,400 seconds"),
        ("snapshot_entries = 0", "snapshot_entries: 0 is below 1"),
        ("snapshots_kept = 0", "snapshots_kept: 0 is below 1"),
        ("journal_bytes = 0", "journal_bytes: 0 is below 1"),
        ('hibernate_seconds = "soon"', "hibernate_seconds: 'soon' is not a number of seconds"),
        ('[[instances]]\nmodule = "counter"\ndurability = "some"', "durability: 'some' is not one of"),
    ],
)
def test_settings_that_cannot_be(text: str, told: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    result = run("serve", "--data", tmp_path / "data", "--config", config)
    assert result.exit_code == 1
    assert f"Error: {config}: " in result.output and told in result.output
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("what", ["a file", "another's folder", "a folder in a file"])
def test_no_data_directory(what: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    if what == "another's folder":
        data.mkdir()
        (data / "FORMAT").write_text("something else\n")
    else:
        data.write_text("text")
        data = data if what == "a file" else data / "data"
    child = Child(tmp_path, data)
    assert not child.launch()
    assert f"Error: --data {data}: " in child.text() and "Traceback" not in child.text()
    assert what != "a file" or f"Error: --data {data}: it is not a folder\n" in child.text()


# Retries


def test_request_id(child: Child) -> None:
    metadata = [("request_id", "order-7")]
    first = child.call("Add", addition(5), metadata=metadata)
    assert child.call("Add", addition(5), metadata=metadata) == first
    with pytest.raises(Refused) as refused:
        child.call("Add", addition(6), metadata=metadata)
    assert (refused.value.code, refused.value.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
    for killed in (True, False):
        again(child, killed=killed)
        assert child.call("Add", addition(5), metadata=metadata) == first
        with pytest.raises(Refused, match="REQUEST_ID_REUSED"):
            child.call("Add", addition(6), metadata=metadata)
    assert child.value() == 5


def test_request_id_that_is_none(child: Child) -> None:
    for ids in ([""], ["x" * 256], ["one", "two"], ["one", "one"]):
        with pytest.raises(Refused, match="request_id is one text of 1 to 255 characters") as refused:
            child.call("Add", addition(5), metadata=[("request_id", text) for text in ids])
        assert refused.value.code == "INVALID_ARGUMENT"
    assert child.value() == 0


def test_request_ids_of_others(tmp_path: Path) -> None:
    tokens = write_tokens(tmp_path, token_entry("alice", "counter/*:rw"), token_entry("bob", "counter/*:rw"))
    with Child(tmp_path, tmp_path / "data", "--tokens", tokens) as child:

        def add(name: str, delta: int) -> bytes:
            metadata = [*bearer(f"{name}-token"), ("request_id", "1")]
            return child.call("Add", addition(delta), metadata=metadata)

        of_alice = add("alice", 5)
        of_bob = add("bob", 6)
        assert of_alice != of_bob
        again(child, killed=True)
        assert (add("alice", 5), add("bob", 6)) == (of_alice, of_bob)
        with pytest.raises(Refused, match="REQUEST_ID_REUSED"):
            add("bob", 5)


# What recovery tells


def test_damage_is_told_and_others_serve(child: Child) -> None:
    child.add(2)
    child.add(3, "b")
    child.stop()
    (segment,) = segments(child.data)
    flip(segment, segment.read_bytes().index(addition(3, "b")))
    child.start()
    (refused,) = child.logged("instance refused")
    assert refused["level"] == "error"
    assert (
        f"interlock.counter.v1/b: the journal is damaged: journal/{segment.name}, offset" in refused["error"]
    )
    assert child.logged("recovered")[-1]["refused"] == 1
    assert child.add(1) == 3
    with pytest.raises(Refused, match=segment.name) as told:
        child.value("b")
    assert told.value.reason == "INSTANCE_FAILED"
    assert instances(child)["counter/b"]["state"] == "INSTANCE_STATE_FAILED"
    target = child.ready["listen"][0]
    assert run("delete", "counter/b", "--target", target).exit_code == 0
    assert child.add(1, "b") == 1
    again(child, killed=True)
    assert (child.value(), child.value("b")) == (3, 1)


def test_a_cut_is_told(child: Child) -> None:
    child.add(2)
    child.add(3)
    child.kill()
    segments(child.data)[-1].write_bytes(segments(child.data)[-1].read_bytes()[:-5])
    child.start()
    (note,) = child.logged("recovered in spite of")
    assert note["level"] == "warning"
    assert "its end is cut" in note["damage"] and "LSN 3" in note["damage"]
    assert child.value() == 2


def test_nobody_is_told_of_what_is_usual(child: Child) -> None:
    for _ in range(2):
        child.add(1)
        again(child, killed=True)
    assert not child.logged("recovered in spite of")
    assert not [line for line in child.log() if line["level"] in ("warning", "error")]

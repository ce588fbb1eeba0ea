"""The other calls of a consumer group: fencing, backing off, watching, describing."""

from collections.abc import Iterator

import pytest
from rebalance_group import (
    EMPTY,
    REBALANCING,
    STABLE,
    Group,
    Refused,
    Spot,
    formed,
    new_engine,
    rejoin,
    spots,
    t,
)

from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock_host.calls import CancelReason
from interlock_host.engine import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = new_engine()
    yield engine
    engine.close()


@pytest.fixture
def group(engine: Engine) -> Group:
    return Group(engine)


class TestFence:
    def test_own(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        group.check("a", 1, owned["a"])
        group.check("a", 1)

    @pytest.mark.parametrize(
        ("asked", "field", "message"),
        [
            (("x", 1, []), "member", "no such member"),
            (("a", 2, []), "generation", "Generation 2 is not the group's latest, 1"),
            (("a", 0, []), "generation", "Generation 0"),
            (("a", 1, t(0, 1)), "partitions[0].partitions[1]", "Another member holds partition 1 of t."),
            (("a", 1, t(12)), "partitions[0].partitions[0]", "does not know partition 12 of t."),
            (("a", 1, [("t", 0), ("u", 3)]), "partitions[1].partitions[0]", "partition 3 of u."),
        ],
    )
    def test_not_own(
        self, group: Group, asked: tuple[str, int, list[Spot]], field: str, message: str
    ) -> None:
        formed(group, "a", "b")
        with pytest.raises(Refused) as refused:
            group.check(*asked)
        failure = refused.value.failure
        assert (failure.code, failure.reason, failure.field) == (9, "FENCED", field)
        assert message in failure.message

    def test_new_member(self, group: Group) -> None:
        group.join("a")
        with pytest.raises(Refused, match="FENCED"):
            group.check("a", 0)

    def test_during_rebalance(self, group: Group) -> None:
        """A rebalance stops nobody: what is not revoked can be committed all along."""
        owned = formed(group, "a", "b")
        group.join("c")
        group.check("a", 1, owned["a"])
        second = rejoin(group, owned)
        group.check("a", 2, second["a"].assigned)
        with pytest.raises(Refused, match="told to give up partition 0"):
            group.check("a", 2, second["a"].revoke)
        with pytest.raises(Refused, match="Generation 1 is not"):
            group.check("a", 1, second["a"].assigned)

    def test_given_up(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        group.join("c")
        group.join("a", owned=owned["a"][1:])
        group.check("a", 1, owned["a"][1:])
        with pytest.raises(Refused, match="Nobody is assigned partition 0"):
            group.check("a", 1, owned["a"][:1])

    def test_claimed_only(self, group: Group) -> None:
        """A claim that no generation confirmed is no right to commit."""
        owned = formed(group, "a", "b", "c")
        group.leave("c")
        group.join("a", owned=[*owned["a"], *owned["c"]])
        group.check("a", 1, owned["a"])
        with pytest.raises(Refused, match="was not assigned partition 2"):
            group.check("a", 1, owned["c"])

    def test_changes_nothing(self, engine: Engine) -> None:
        """It is a read: it makes no group."""
        with pytest.raises(Refused, match="FENCED"):
            Group(engine, "absent").check("a", 1)
        assert engine.instances() == []


class TestBackoff:
    def test_bounds(self, group: Group) -> None:
        for retry in range(12):
            longest = min(2**retry * 100, 10_000)
            delays = [group.backoff(f"m{i}", retry) for i in range(200)]
            assert min(delays) >= longest // 2
            assert max(delays) <= longest
            assert max(delays) - min(delays) > longest // 3

    def test_large_retry(self, group: Group) -> None:
        assert 5_000 <= group.backoff("a", 2**32 - 1) <= 10_000

    def test_vectors(self, group: Group) -> None:
        """Every host and binding must give these."""
        delays = [group.backoff("a", retry) for retry in range(8)]
        assert delays == [87, 154, 378, 545, 1527, 2455, 5246, 8552]

    def test_depends(self, engine: Engine) -> None:
        group = Group(engine)
        assert group.backoff("a", 5) == group.backoff("a", 5, cause="a disk that is full")
        assert group.backoff("a", 5) != group.backoff("b", 5)
        assert group.backoff("a", 5) != Group(engine, "h").backoff("a", 5)

    def test_makes_no_group(self, group: Group) -> None:
        group.backoff("a", 1)
        assert group.engine.instances() == []


class TestWatch:
    def test_generations(self, group: Group) -> None:
        _, seen = group.watch()
        assert seen == [pb.WatchResponse(state=EMPTY)]
        owned = formed(group, "a", "b")
        assert [(w.state, w.generation, len(w.members)) for w in seen[1:]] == [(STABLE, 1, 2)]
        group.join("c")
        assert len(seen) == 2
        rejoin(group, owned)
        assert [(w.state, w.generation, len(w.members)) for w in seen[2:]] == [(REBALANCING, 2, 3)]
        for member in "abc":
            group.leave(member)
        assert (seen[-1].state, seen[-1].generation) == (EMPTY, 3)

    def test_late(self, group: Group) -> None:
        owned = formed(group, "a", session_ms=5_000)
        _, seen = group.watch()
        (first,) = seen
        assert [m.name for m in first.members] == ["a"]
        assert spots(first.members[0].assigned) == owned["a"]
        assert first.members[0].session_left_ms == 5_000

    def test_gone(self, group: Group) -> None:
        call, seen = group.watch()
        _, others = group.watch()
        call.cancel(CancelReason.DISCONNECT)
        heard = len(seen)
        formed(group, "a")
        assert len(seen) == heard
        assert len(others) == 2


class TestDescribe:
    def test_by_name(self, group: Group) -> None:
        group.join("b", topics={"z": 1, "y": 2}, weight=3, session_ms=2_000)
        group.join("a", topics={"y": 1})
        group.advance(1_500)
        described = group.describe()
        assert [(m.name, m.weight, m.session_left_ms) for m in described.members] == [
            ("a", 1, 8_700), ("b", 3, 700),
        ]  # fmt: skip
        assert [(topic.name, topic.partitions) for topic in described.topics] == [("y", 2), ("z", 1)]

    def test_metrics(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        group.join("c")
        second = rejoin(group, owned)
        rejoin(group, {"a": second["a"].assigned, "b": second["b"].assigned, "c": []})
        group.join("d")
        assert group.metrics() == {
            "members": 4, "generation": 3, "rebalances": 4, "moves": 4, "revoked": 4, "parked_joins": 1,
        }  # fmt: skip

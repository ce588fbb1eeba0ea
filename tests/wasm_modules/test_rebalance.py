"""The rules of a consumer group: joining, giving up, living, leaving, fencing."""

from collections.abc import Iterator
from typing import Any

import pytest
from rebalance_group import EMPTY, REBALANCING, STABLE, Group, Refused, formed, new_engine, rejoin, t

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


class TestJoin:
    def test_alone(self, group: Group) -> None:
        joining = group.join("a")
        group.advance(199)
        assert joining.parked
        group.advance(1)
        assert joining.reply.generation == 1
        assert joining.assigned == t(*range(12))
        assert joining.revoke == []

    def test_gather(self, group: Group) -> None:
        first = group.join("a")
        group.advance(199)
        second = group.join("b")
        group.advance(199)
        assert first.parked
        group.advance(1)
        assert first.assigned == t(0, 2, 4, 6, 8, 10)
        assert second.assigned == t(1, 3, 5, 7, 9, 11)

    def test_gather_ends(self, group: Group) -> None:
        """A new member every 190 ms does not keep the first ones waiting for more than a second."""
        joined = []
        for i in range(5):
            joined.append(group.join(f"m{i}"))
            group.advance(190)
        joined.append(group.join("m5"))
        group.advance(49)
        assert joined[0].parked
        group.advance(1)
        assert not any(joining.parked for joining in joined)

    def test_gather_within_rebalance(self, group: Group) -> None:
        joining = group.join("a", rebalance_ms=20)
        group.advance(20)
        assert joining.reply.generation == 1

    def test_superseded(self, group: Group) -> None:
        first = group.join("a")
        second = group.join("a")
        with pytest.raises(Refused) as refused:
            _ = first.reply
        assert (refused.value.failure.code, refused.value.reason) == (10, "SUPERSEDED")
        group.advance(200)
        assert second.assigned == t(*range(12))

    def test_unchanged(self, group: Group) -> None:
        """A stable group answers at once: a reply that was lost costs no rebalance."""
        owned = formed(group, "a", "b")
        again = group.join("a", owned=owned["a"])
        assert again.assigned == owned["a"]
        assert again.reply.generation == 1
        assert group.describe().state == STABLE

    def test_unchanged_but_unowned(self, group: Group) -> None:
        formed(group, "a", "b")
        again = group.join("a", owned=t(0, 1))
        assert again.assigned == t(0, 2, 4, 6, 8, 10)
        assert again.revoke == t(1)
        assert group.describe().state == STABLE

    @pytest.mark.parametrize("change", [{"topics": {"t": 13}}, {"topics": {"u": 1}}, {"weight": 2}])
    def test_changed(self, group: Group, change: dict[str, Any]) -> None:
        owned = formed(group, "a", "b")
        assert group.join("a", owned=owned["a"], **change).parked
        assert group.heartbeat("b", 1).state == REBALANCING

    def test_no_topics(self, group: Group) -> None:
        joining = group.join("a", topics={})
        group.advance(200)
        assert joining.reply == pb.JoinResponse(generation=1)


class TestCooperation:
    def test_revoke_then_assign(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        new = group.join("c")
        second = rejoin(group, owned)
        assert new.assigned == []
        assert second["a"].revoke == t(0, 6)
        assert second["b"].revoke == t(1, 7)
        assert group.describe().state == REBALANCING

        third = rejoin(group, {"a": second["a"].assigned, "b": second["b"].assigned, "c": []})
        assert third["c"].assigned == t(0, 1, 6, 7)
        assert [third[m].revoke for m in "abc"] == [[], [], []]
        assert group.describe().state == STABLE
        assert group.describe().generation == 3

    def test_not_given_up(self, group: Group) -> None:
        """What its holder still claims stays its own, and stays revoked."""
        owned = formed(group, "a", "b")
        group.join("c")
        second = rejoin(group, owned)
        third = rejoin(group, {"a": owned["a"], "b": second["b"].assigned, "c": []})
        assert third["a"].revoke == t(0, 6)
        assert third["c"].assigned == t(1, 7)

    def test_never_given_up(self, group: Group) -> None:
        """Who beats but does not come to give up is dropped, and what it held is free."""
        owned = formed(group, "a", "b", rebalance_ms=500)
        group.join("c", rebalance_ms=500)
        second = rejoin(group, owned, rebalance_ms=500)
        third = rejoin(group, {"b": second["b"].assigned, "c": []}, rebalance_ms=500)
        group.advance(499)
        assert group.heartbeat("a", 2).state == REBALANCING
        group.advance(1)
        with pytest.raises(Refused, match="UNKNOWN_MEMBER"):
            group.heartbeat("a", 2)
        assert sorted(third["b"].assigned + third["c"].assigned) == t(*range(12))

    def test_owner_keeps(self, group: Group) -> None:
        """Of two members that claim a partition, the one that was assigned it has it."""
        owned = formed(group, "a", "b")
        group.join("c", owned=t(0, 1, 2))
        second = rejoin(group, owned)
        assert all(spot in second["a"].assigned + second["a"].revoke for spot in owned["a"])
        assert all(spot in second["b"].assigned + second["b"].revoke for spot in owned["b"])

    def test_foreign_claim_is_revoked(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        late = group.join("c", owned=[*t(0, 11), ("gone", 7)])
        rejoin(group, owned)
        assert late.assigned == []
        assert late.revoke == [("gone", 7), *t(0, 11)]

    def test_last_owner_wins(self, group: Group) -> None:
        """A member that was dropped and comes back has what it held, though another claimed it meanwhile."""
        owned = formed(group, "a", "b", "c", session_ms=1000)
        group.advance(999)
        group.heartbeat("b", 1)
        group.heartbeat("c", 1)
        group.advance(1)
        thief = group.join("b", owned=[*owned["b"], *owned["a"][:1]])
        back = group.join("a", owned=owned["a"])
        group.join("c", owned=owned["c"])
        assert back.assigned == owned["a"]
        assert thief.assigned == owned["b"]
        assert thief.revoke == owned["a"][:1]

    def test_free_claim(self, group: Group) -> None:
        """A coordinator that knows nothing believes what members say they own."""
        first = group.join("a", owned=t(7, 8, 9))
        second = group.join("b", owned=t(0, 1, 7))
        group.advance(200)
        assert set(t(7, 8, 9)) <= set(first.assigned)
        assert set(t(0, 1)) <= set(second.assigned)
        assert second.revoke == t(7)

    def test_restarted_member(self, group: Group) -> None:
        """In a rebalance, what a member does not claim any more is free."""
        owned = formed(group, "a", "b")
        group.join("c")
        group.join("a")
        second = group.join("b", owned=owned["b"])
        assert second.revoke == t(1, 7)
        assert group.describe().members[2].assigned != []

    def test_two_topics(self, group: Group) -> None:
        both = group.join("a", topics={"t": 4, "u": 4})
        one = group.join("b", topics={"u": 4})
        group.advance(200)
        assert both.assigned == t(0, 1, 2, 3)
        assert one.assigned == [("u", 0), ("u", 1), ("u", 2), ("u", 3)]

    def test_chain(self, group: Group) -> None:
        """Balance across three lists of topics takes a move along a chain."""
        wants = {"a": {"t": 6}, "b": {"t": 6, "u": 3}, "c": {"u": 3, "v": 0}}
        joined = {member: group.join(member, topics=topics) for member, topics in wants.items()}
        group.advance(200)
        assert [len(joined[m].assigned) for m in "abc"] == [3, 3, 3]

    def test_weights(self, group: Group) -> None:
        joined = [group.join(f"m{w}", weight=w) for w in (1, 2, 3)]
        group.advance(200)
        assert [len(joining.assigned) for joining in joined] == [2, 4, 6]

    def test_topic_grows_and_shrinks(self, group: Group) -> None:
        first = group.join("a", topics={"t": 4})
        second = group.join("b", topics={"t": 6})
        group.advance(200)
        assert sorted(first.assigned + second.assigned) == t(*range(6))
        group.leave("b")
        third = group.join("a", topics={"t": 4}, owned=first.assigned)
        assert third.assigned == t(0, 1, 2, 3)
        assert third.revoke == t(4) if ("t", 4) in first.assigned else not third.revoke

    def test_unsubscribed(self, group: Group) -> None:
        both = {"t": 2, "u": 2}
        group.join("a", topics=both)
        group.advance(200)
        second = group.join("a", topics={"t": 2}, owned=[*t(0, 1), ("u", 0), ("u", 1)])
        assert second.assigned == t(0, 1)
        assert second.revoke == [("u", 0), ("u", 1)]
        third = group.join("a", topics={"t": 2}, owned=t(0, 1))
        assert third.revoke == []
        assert [topic.name for topic in group.describe().topics] == ["t"]


class TestSession:
    def test_expires(self, group: Group) -> None:
        owned = formed(group, "a", "b", session_ms=1000)
        group.advance(999)
        assert group.heartbeat("a", 1).state == STABLE
        group.advance(1)
        assert [m.name for m in group.describe().members] == ["a"]
        beat = group.heartbeat("a", 1)
        assert beat.state == REBALANCING
        assert 50 <= beat.backoff_ms <= 100
        assert group.join("a", owned=owned["a"]).assigned == t(*range(12))

    def test_stale_generation(self, group: Group) -> None:
        formed(group, "a")
        for stale in (0, 2):
            beat = group.heartbeat("a", stale)
            assert (beat.state, beat.generation) == (REBALANCING, 1)
            assert 50 <= beat.backoff_ms <= 100

    def test_unknown(self, group: Group) -> None:
        for call in (lambda: group.heartbeat("a", 1), lambda: group.leave("a")):
            with pytest.raises(Refused) as refused:
                call()
            assert (refused.value.failure.code, refused.value.reason) == (5, "UNKNOWN_MEMBER")

    def test_parked_is_alive(self, group: Group) -> None:
        owned = formed(group, "a", "b", session_ms=100, rebalance_ms=1000)
        waiting = group.join("c", session_ms=100, rebalance_ms=1000)
        group.join("a", owned=owned["a"], session_ms=100, rebalance_ms=1000)
        for _ in range(9):
            group.advance(90)
            group.heartbeat("b", 1)
        assert [m.name for m in group.describe().members] == ["a", "b", "c"]
        assert waiting.parked

    def test_slow_is_dropped(self, group: Group) -> None:
        """The most patient member decides how long a rebalance waits."""
        owned = formed(group, "a", "b", rebalance_ms=100)
        late = group.join("c", rebalance_ms=700)
        kept = group.join("a", owned=owned["a"], rebalance_ms=100)
        group.advance(699)
        assert late.parked
        group.advance(1)
        assert sorted(kept.assigned + late.assigned) == t(*range(12))

    def test_caller_gone(self, group: Group) -> None:
        """A parked call is forgotten at once; the member has its session to come back."""
        owned = formed(group, "a", "b", session_ms=1000)
        lost = group.join("a", owned=owned["a"], weight=2, session_ms=1000)
        lost.call.cancel(CancelReason.DISCONNECT)
        assert group.metrics()["parked_joins"] == 0
        other = group.join("b", owned=owned["b"], session_ms=1000)
        group.advance(999)
        assert other.parked
        again = group.join("a", owned=owned["a"], weight=2, session_ms=1000)
        assert not other.parked
        assert len(again.assigned) == 6

    def test_caller_gone_for_good(self, group: Group) -> None:
        owned = formed(group, "a", "b", session_ms=1000)
        group.join("a", owned=owned["a"], weight=2, session_ms=1000).call.cancel(CancelReason.DEADLINE)
        other = group.join("b", owned=owned["b"], session_ms=1000)
        group.advance(1000)
        assert other.assigned == t(*range(12))

    def test_all_die(self, group: Group) -> None:
        formed(group, "a", "b", session_ms=1000)
        group.advance(1000)
        described = group.describe()
        assert (described.state, described.generation) == (EMPTY, 2)
        assert not described.members
        assert not described.topics


class TestLeave:
    def test_frees(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        group.leave("b")
        assert group.join("a", owned=owned["a"]).assigned == t(*range(12))

    def test_last(self, group: Group) -> None:
        formed(group, "a")
        group.leave("a")
        assert group.describe() == pb.DescribeResponse(state=EMPTY, generation=2)

    def test_parked(self, group: Group) -> None:
        owned = formed(group, "a", "b")
        parked = group.join("a", owned=owned["a"], weight=2)
        other = group.join("c")
        group.leave("a")
        with pytest.raises(Refused, match="SUPERSEDED"):
            _ = parked.reply
        assert other.parked
        assert len(group.join("b", owned=owned["b"]).assigned) == 6

"""How large a group may be, what is refused beyond, and replies at the bounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from rebalance_group import Group, Joining, Refused, formed, new_engine, rejoin, spots, t

from interlock.rebalance.v1 import rebalance_pb2 as pb
from interlock_host.engine import Engine

MESSAGE_MAX = 4_128_768
PATIENT: dict[str, Any] = {"session_ms": 60_000, "rebalance_ms": 60_000}


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = new_engine()
    yield engine
    engine.close()


@pytest.fixture
def group(engine: Engine) -> Group:
    return Group(engine)


def refused_field(joining: Joining) -> str:
    with pytest.raises(Refused) as refused:
        _ = joining.reply
    assert (refused.value.failure.code, refused.value.reason) == (3, "INVALID_PROTO")
    assert refused.value.failure.message.endswith(".")
    return refused.value.failure.field


def refused_check(group: Group, named: list[pb.TopicPartitions]) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        group.check_listed("a", 1, named)
    return refused.value.reason, refused.value.failure.field


class TestRefused:
    def test_members(self, group: Group) -> None:
        for i in range(1_000):
            assert group.join(f"m{i:03}").parked
        assert refused_field(group.join("one-more")) == "member"
        assert group.join("m500").parked
        group.leave("m000")
        assert group.join("one-more").parked

    def test_partitions(self, group: Group) -> None:
        formed(group, "a", topics={"t": 6_000})
        assert refused_field(group.join("b", topics={"u": 4_001})) == "topics"
        assert refused_field(group.join("b", topics={"t": 6_001, "u": 4_000})) == "topics"
        assert [topic.partitions for topic in group.describe().topics] == [6_000]
        assert group.join("b", topics={"t": 10, "u": 4_000}).parked

    def test_own_topics_do_not_count(self, group: Group) -> None:
        """A member that changes all its topics is not refused for the ones that it leaves."""
        owned = formed(group, "a", topics={"t": 10_000})
        second = group.join("a", topics={"u": 10_000}, owned=owned["a"])
        assert len(second.assigned) == len(second.revoke) == 10_000

    def test_entries(self, group: Group) -> None:
        """What is still held of topics that nobody names any more is bounded too."""
        owned = formed(group, "a", topics={"t": 10_000})["a"]
        second = group.join("a", topics={"u": 10_000}, owned=owned)
        assert refused_field(group.join("a", topics={"v": 1}, owned=second.assigned)) == "topics"
        assert len(group.join("a", topics={"u": 10_000}, owned=second.assigned).assigned) == 10_000
        assert group.join("a", topics={"v": 1}).assigned == [("v", 0)]

    def test_topics(self, group: Group) -> None:
        half = {f"a{i}": 1 for i in range(600)}
        formed(group, "a", topics=half)
        other = {f"b{i}": 1 for i in range(401)}
        assert refused_field(group.join("b", topics=other)) == "topics"
        assert refused_field(group.join("b", owned=[(name, 0) for name in other])) == "owned"
        other.popitem()
        assert group.join("b", topics=other).parked

    def test_interests(self, group: Group) -> None:
        """A thousand members may name the same thousand topics, but not each its own list of them."""
        names = [f"t{i}" for i in range(1_000)]
        for i in range(1, 21):
            assert group.join(f"same{i}", topics=dict.fromkeys(names, 2)).parked
        for i in range(3, 12):
            assert group.join(f"own{i}", topics={**dict.fromkeys(names, 2), "t0": i}).parked
        assert refused_field(group.join("own1", topics={**dict.fromkeys(names, 2), "t0": 1})) == "topics"

    def test_claims(self, group: Group) -> None:
        twice = [pb.TopicPartitions(topic="t", partitions=range(5_001))] * 2
        request = pb.JoinRequest(instance="g", member="a", owned=twice)
        assert refused_field(group.join_with(request)) == "owned"

    def test_what_one_check_names(self, group: Group) -> None:
        formed(group, "a")
        for lists, field in ((1, "partitions[0].partitions"), (2, "partitions")):
            named = [pb.TopicPartitions(topic="t", partitions=[0] * (10_002 // lists))] * lists
            assert refused_check(group, named) == ("INVALID_PROTO", field)

    def test_larger_requests(self, group: Group) -> None:
        """Lists within their bounds, and too many of them to read in one entry."""
        formed(group, "a")
        named = [pb.TopicPartitions(topic=f"t{i}", partitions=[5] * 2_000) for i in range(1_000)]
        assert refused_check(group, named) == ("MESSAGE_TOO_LARGE", "")
        with pytest.raises(Refused) as refused:
            _ = group.join_with(pb.JoinRequest(instance="g", member="b", owned=named)).reply
        assert refused.value.reason == "MESSAGE_TOO_LARGE"

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (pb.JoinRequest(member="m", topics=[pb.Topic(name="t"), pb.Topic(name="t")]), "topics"),
            (pb.JoinRequest(member="m", topics=[pb.Topic(name="t", partitions=10_001)]),
             "topics[0].partitions"),
            (pb.JoinRequest(member="m", topics=[pb.Topic(name="")]), "topics[0].name"),
            (pb.JoinRequest(member="m", owned=[pb.TopicPartitions(topic="t", partitions=[10_000])]),
             "owned[0].partitions[0]"),
            (pb.JoinRequest(member="m" * 256), "member"),
            (pb.JoinRequest(), "member"),
            (pb.JoinRequest(member="m", weight=1_001), "weight"),
            (pb.JoinRequest(member="m", session_ms=3_600_001), "session_ms"),
        ],
    )  # fmt: skip
    def test_rules(self, group: Group, request_: pb.JoinRequest, field: str) -> None:
        request_.instance = "g"
        assert refused_field(group.join_with(request_)) == field
        assert not group.describe().members

    def test_leaves_no_trace(self, group: Group) -> None:
        """A refused Join of a member changes nothing of it."""
        owned = formed(group, "a", "b")
        refused_field(group.join("a", topics={"t": 12, "u": 9_999}))
        assert group.heartbeat("a", 1).state == pb.GROUP_STATE_STABLE
        group.check("a", 1, owned["a"])


class TestLargest:
    def test_one_topic(self, group: Group) -> None:
        joined = {f"m{i:03}": group.join(f"m{i:03}", {"t": 10_000}, **PATIENT) for i in range(1_000)}
        group.advance(1_000)
        assert {len(joining.assigned) for joining in joined.values()} == {10}
        for i in range(0, 1_000, 4):
            group.leave(f"m{i:03}")
        rest = {name: joining.assigned for name, joining in joined.items() if int(name[1:]) % 4}
        second = rejoin(group, rest, topics={"t": 10_000}, **PATIENT)
        assert {len(joining.assigned) for joining in second.values()} == {13, 14}
        assert all(set(rest[name]) <= set(joining.assigned) for name, joining in second.items())

    def test_replies_fit(self, group: Group) -> None:
        """Names as long as they may be, and every partition under a topic of its own."""
        topics = {f"{i:03}{'t' * 246}": 10 for i in range(1_000)}
        watches = [group.watch()[1] for _ in range(4)]
        joined = [group.join(f"{i:03}{'m' * 252}", topics, **PATIENT) for i in range(1_000)]
        group.advance(1_000)
        assert all(len(joining.reply.assigned) == 10 for joining in joined)
        size = group.describe().ByteSize()
        assert MESSAGE_MAX * 3 // 4 < size < MESSAGE_MAX
        for seen in watches:
            assert [message.generation for message in seen] == [0, 1]
            assert len(seen[1].members) == 1_000

    def test_long_way_to_balance(self, group: Group) -> None:
        """A hot topic and a thousand different lists: balanced all the same."""
        joined = {}
        for i in range(1_000):
            topics = {"hot": 9_000, f"own{i:03}": 1} if i < 999 else {"hot": 9_000}
            joined[f"m{i:03}"] = group.join(f"m{i:03}", topics, **PATIENT)
        group.advance(1_000)
        loads = sorted(len(joining.assigned) for joining in joined.values())
        assert sum(loads) == 9_999
        assert loads[-1] - loads[0] <= 1

    def test_backwards_claims(self, group: Group) -> None:
        backwards = [pb.TopicPartitions(topic="t", partitions=range(9_999, -1, -1))]
        topics = [pb.Topic(name="t", partitions=10_000)]
        joining = group.join_with(pb.JoinRequest(instance="g", member="a", topics=topics, owned=backwards))
        group.advance(200)
        assert joining.assigned == t(*range(10_000))
        assert spots(group.describe().members[0].assigned) == t(*range(10_000))

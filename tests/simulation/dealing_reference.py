"""Who gets which partition, as the README of rebalance says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

Spot = tuple[str, int]


class Weighed(Protocol):
    """A member, as far as dealing goes."""

    name: str
    topics: dict[str, int]
    weight: int


M = TypeVar("M", bound=Weighed)


def deal(holders: Mapping[Spot, M | None], members: Sequence[M]) -> dict[Spot, M | None]:
    """Give every partition a target, where all members name the same topics.

    Args:
        holders: Who holds each partition, in the order of partitions.
        members: In the order of their names.
    """
    keeps: dict[str, list[Spot]] = {m.name: [] for m in members}
    for spot, holder in holders.items():
        if holder is not None:
            keeps[holder.name].append(spot)
    quotas = _quotas(len(holders), members, {name: len(spots) for name, spots in keeps.items()})
    targets: dict[Spot, M | None] = dict(holders)
    for name, spots in keeps.items():
        for spot in _given_up(spots, quotas[name]):
            targets[spot] = None
    _deal_free(targets, members, {name: quotas[name] - len(keeps[name]) for name in keeps})
    return targets


def _quotas(count: int, members: Sequence[M], has: Mapping[str, int]) -> dict[str, int]:
    """Parts by weight, rounded down; one more to who would lose one, to the largest remainder, by name."""
    total = sum(m.weight for m in members)
    quotas = {m.name: count * m.weight // total for m in members}
    rest = {m.name: count * m.weight % total for m in members}
    up = sorted(
        (m.name for m in members if rest[m.name]),
        key=lambda name: (has[name] <= quotas[name], -rest[name], name),
    )
    for name in up[: count - sum(quotas.values())]:
        quotas[name] += 1
    return quotas


def _given_up(spots: Sequence[Spot], quota: int) -> list[Spot]:
    """What a member with too many loses: evenly spread over what it has."""
    has = len(spots)
    if has <= quota:
        return []
    return [spot for at, spot in enumerate(spots) if (at + 1) * quota // has == at * quota // has]


def _deal_free(targets: dict[Spot, M | None], members: Sequence[M], lacks: dict[str, int]) -> None:
    """Deal the free ones in turn, by name, to those that lack some."""
    ring = [m for m in members if lacks[m.name] > 0]
    at = 0
    for spot, target in targets.items():
        if target is not None:
            continue
        member = ring[at]
        targets[spot] = member
        lacks[member.name] -= 1
        if lacks[member.name]:
            at = (at + 1) % len(ring)
        else:
            ring.pop(at)
            at = at % len(ring) if ring else 0


def check_choice(holders: Mapping[Spot, M | None], chosen: Mapping[Spot, M], members: Sequence[M]) -> None:
    """Check what is promised where members name different topics.

    Args:
        holders: Who held each partition.
        chosen: Who may work on it from now on; what its holder must give up first is nobody's.
        members: All.
    """
    for spot, member in chosen.items():
        assert spot in holders, f"{spot} is assigned and does not exist"
        assert spot[0] in member.topics, f"{member.name} is assigned {spot} of a topic that it does not name"
        assert holders[spot] in {None, member}, (
            f"{spot} is given to {member.name} before its holder gave it up"
        )
    free = [spot for spot, holder in holders.items() if holder is None and spot not in chosen]
    assert not free, f"nobody is assigned {free}"
    if len(chosen) == len(holders) and len({m.weight for m in members}) == 1:
        _check_balance(chosen, members)


def _check_balance(chosen: Mapping[Spot, M], members: Sequence[M]) -> None:
    """No member has two more than another that could take one of them."""
    has: dict[str, list[Spot]] = {m.name: [] for m in members}
    for spot, member in chosen.items():
        has[member.name].append(spot)
    for light in members:
        for heavy, spots in has.items():
            could = any(spot[0] in light.topics for spot in spots)
            assert not could or len(spots) <= len(has[light.name]) + 1, (
                f"{heavy} has too many beside {light.name}"
            )

"""The best that an assignment can be: how balanced, and with how few moves."""

from __future__ import annotations

from collections.abc import Mapping, Set

from rebalance_group import Spot

FAR = 10**15


def most_kept(weights: Mapping[str, int], held: Mapping[str, int], partitions: int) -> int:
    """How many partitions can stay where they are, if all members may work on all.

    Each member has its part by weight rounded down or up. Who keeps one more
    than rounded down is anyone whose part is not a whole number.
    """
    total = sum(weights.values())
    parts = {m: divmod(partitions * w, total) for m, w in weights.items()}
    ups = partitions - sum(down for down, _ in parts.values())
    wish = sum(1 for m, (down, rest) in parts.items() if rest and held[m] > down)
    return sum(min(held[m], down) for m, (down, _) in parts.items()) + min(ups, wish)


def least_moves(wants: Mapping[str, Set[str]], held: Mapping[str, Set[Spot]], all_spots: Set[Spot]) -> int:
    """How few held partitions must move until no move brings two members' loads closer.

    A minimum-cost flow by successive shortest paths (Dijkstra with potentials):
    spot -> member -> sink. The k-th partition of a member costs 2k - 1, which
    makes the sum of squares of the loads; being moved costs so little that it
    only breaks ties. All members weigh the same.
    """
    members = sorted(wants)
    balance = 2 * len(all_spots) + 1
    owner: dict[Spot, str] = {}
    load = dict.fromkeys(members, 0)
    holder = {spot: m for m in members for spot in held[m] if spot[0] in wants[m]}

    def cost(spot: Spot, member: str) -> int:
        return 0 if holder.get(spot, member) == member else 1

    for spot in sorted(all_spots):
        # Shortest way from this spot over members and the spots they would pass on.
        best: dict[str, int] = {}
        came: dict[str, tuple[Spot, str | None]] = {}
        for m in members:
            if spot[0] in wants[m]:
                best[m], came[m] = cost(spot, m), (spot, None)
        for _ in members:  # Bellman and Ford: moving a spot back may cost less than nothing
            changed = False
            for moved, at in owner.items():
                if at not in best:
                    continue
                for to in members:
                    if to == at or moved[0] not in wants[to]:
                        continue
                    length = best[at] - cost(moved, at) + cost(moved, to)
                    if length < best.get(to, FAR):
                        best[to], came[to], changed = length, (moved, at), True
            if not changed:
                break
        if not best:
            continue
        end: str | None = min(best, key=lambda m: ((2 * load[m] + 1) * balance + best[m], m))
        assert end is not None
        load[end] += 1
        while end is not None:
            moved, before = came[end]
            owner[moved] = end
            end = before
    return sum(1 for spot, m in owner.items() if cost(spot, m))

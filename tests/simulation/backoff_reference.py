"""How long a member waits before a retry, as the README of rebalance says it."""

from __future__ import annotations

from functools import lru_cache

_WORD = (1 << 64) - 1
_FIRST_MS, _MOST_MS = 100, 10_000


def retry_backoff_ms(group: str, member: str, retry: int) -> int:
    """Return half of 2^retry x 100 ms, at most 10 s, and a part of the other half."""
    return _jitter(min(_FIRST_MS << min(retry, 10), _MOST_MS), _draw(group, member, retry))


def join_backoff_ms(group: str, member: str, generation: int) -> int:
    """Return the wait before a member joins a rebalance."""
    return _jitter(_FIRST_MS, _draw(group, member, generation))


def _jitter(longest: int, draw: int) -> int:
    return longest // 2 + draw % (longest // 2 + 1)


@lru_cache(1 << 14)
def _draw(group: str, member: str, number: int) -> int:
    """FNV-1a of the names and the number, finished as splitmix64 does."""
    h = 0xCBF29CE484222325
    for byte in b"%s\0%s\0%s" % (group.encode(), member.encode(), number.to_bytes(8, "little")):
        h = (h ^ byte) * 0x100000001B3 & _WORD
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    h = (h ^ h >> 27) * 0x94D049BB133111EB & _WORD
    return h ^ h >> 31

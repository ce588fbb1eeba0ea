"""The job's names and numbers: what producers and consumers of every language agree on.

A topic of the rebalance group has partitions; partition 3 is the queue
`lines-3`. A consumer works on the partitions that the group gave it. Words are
spread over several counters, because an instance answers one call at a time
and remembers 262,144 ids of additions.
"""

from __future__ import annotations

import zlib

from demo.words import Totals
from interlock import Addition, Client

GROUP = "words"
TOPIC = "lines"
PARTITIONS = 12
SHARDS = 8

BATCH = 16
"""Items of one Pop."""
MOST_ADDS = 512
"""Additions of one Add: half of what the contract allows."""
LEASE = 3.0
"""Seconds after which an item whose consumer died comes back."""
SESSION = 3.0
"""Seconds after which a consumer that fell silent loses its partitions."""
REBALANCE = 3.0
"""Seconds that the others wait for one that does not join; it hears of it by a heartbeat, each second."""
DEDUPE = 600.0
"""Seconds that a queue remembers the ids of items: a push that is repeated adds nothing."""


def queue_name(partition: int) -> str:
    return f"{TOPIC}-{partition}"


def shard_name(shard: int) -> str:
    return f"words-{shard}"


def shard_of(word: bytes) -> int:
    """Return the counter of a word: CRC-32, as every language has it."""
    return zlib.crc32(word) % SHARDS


def additions(item: str, counts: dict[bytes, int]) -> list[list[Addition]]:
    """Return what an item adds to each counter.

    The `once` of an addition is the item's id and the word: however often the
    item is delivered, to whomever and beside whatever else, it counts once.
    """
    shards: list[list[Addition]] = [[] for _ in range(SHARDS)]
    for word, number in counts.items():
        key = word.decode("ascii")
        shards[shard_of(word)].append(Addition(key, number, f"{item}/{key}"))
    return shards


def make_queues(client: Client) -> None:
    """Configure the queue of each partition."""
    for partition in range(PARTITIONS):
        client.queue(queue_name(partition), dedupe_window=DEDUPE)


def close_queues(client: Client) -> None:
    """Say that no more comes: a Pop of a queue that ran empty is told CLOSED from now on."""
    for partition in range(PARTITIONS):
        client.queue(queue_name(partition)).close()


def read_totals(client: Client) -> Totals:
    """Return the counts of all words, from all counters."""
    totals: Totals = {}
    for shard in range(SHARDS):
        totals.update(client.counter(shard_name(shard)).list(page_size=5000))
    return totals

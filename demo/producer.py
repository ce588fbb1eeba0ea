"""A producer: cuts its share of the files into blocks and pushes them to the partitions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from demo.corpus import blocks_of
from demo.job import DEDUPE, PARTITIONS, queue_name
from interlock import Client, Item

PUSH = 64
"""Items of one Push."""


def produce(client: Client, files: Sequence[Path], share: int, shares: int) -> int:
    """Push the blocks of every `shares`-th file, from file number `share` on.

    A file goes to the partition of its number, so its blocks stay in order. A
    push waits where the queue is full.

    Returns:
        How many items were pushed.
    """
    pushed = 0
    # Naming the setting makes a push that is repeated a safe one.
    queues = [client.queue(queue_name(partition), dedupe_window=DEDUPE) for partition in range(PARTITIONS)]
    for number in range(share, len(files), shares):
        items = [Item(block.text, block.id) for block in blocks_of(number, files[number])]
        queue = queues[number % PARTITIONS]
        for first in range(0, len(items), PUSH):
            pushed += queue.push_many(items[first : first + PUSH]).accepted
    return pushed

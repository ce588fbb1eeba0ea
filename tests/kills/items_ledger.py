"""What is known of every item of a queue."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.queue.v1 import queue_pb2 as pb
from tests.kills.load import must


class ItemsLedger:
    """Not thread-safe: its load has a lock."""

    def __init__(self) -> None:
        self._offered: set[bytes] = set()
        """Pushes without an answer."""
        self._there: dict[int, bytes] = {}
        """Items by sequence, until they are known to be gone."""
        self._held: set[int] = set()
        """Under a lease that lasts."""
        self._gone: dict[int, int] = {}
        """Acknowledged, or taken for good: how many were before it."""
        self._known: dict[bytes, int] = {}
        """The sequence of every item that was ever told of."""
        self.settled = 0
        """Items known to be pushed, and known to be gone."""

    def offer(self, data: Iterable[bytes]) -> None:
        """Note a push that is about to be sent."""
        self._offered.update(data)

    def pushed(self, data: list[bytes], reply: pb.PushResponse) -> None:
        """Note the answer of a push."""
        must(reply.accepted == len(data) and not reply.duplicates, f"a push of {len(data)} was told {reply}")
        for place, one in enumerate(data):
            self._learn(one, reply.first_sequence + place)

    def _learn(self, data: bytes, sequence: int) -> None:
        known = self._known.get(data)
        if known is None:
            must(data in self._offered, f"nobody pushed {data!r}")
            must(
                sequence not in self._there and sequence not in self._gone, f"sequence {sequence} comes twice"
            )
            self._offered.discard(data)
            self._known[data], self._there[sequence] = sequence, data
            self.settled += 1
        else:
            must(known == sequence, f"{data!r} is item {known}, and item {sequence} too")

    @property
    def there(self) -> int:
        """How many items are in the queue, as far as is known."""
        return len(self._there)

    @property
    def gone(self) -> int:
        """How many items are known to be gone."""
        return len(self._gone)

    def delivered(self, item: pb.Delivery, *, held: bool, gone: bool) -> None:
        """Note that an item was handed out, for long or for good."""
        self._learn(item.data, item.sequence)
        must(item.sequence not in self._gone, f"item {item.sequence} came again after it was acknowledged")
        must(item.sequence not in self._held, f"item {item.sequence} is leased to another")
        if held:
            self._held.add(item.sequence)
        if gone:
            self._end(item.sequence)

    def lent(self, item: pb.Delivery, gone_before: int) -> None:
        """Note that an item was handed out for a moment: by now it may be another's, or gone.

        Args:
            item: Which.
            gone_before: What `gone` was when it was asked for.
        """
        self._learn(item.data, item.sequence)
        place = self._gone.get(item.sequence, gone_before)
        must(place >= gone_before, f"item {item.sequence} came again after it was acknowledged")

    def return_all(self, sequences: Iterable[int]) -> None:
        """Note a Nack that is about to be sent: from now on others may get them."""
        self._held.difference_update(sequences)

    def acked(self, sequences: Iterable[int]) -> None:
        """Note an ack."""
        for sequence in sequences:
            self._end(sequence)

    def _end(self, sequence: int) -> None:
        del self._there[sequence]
        self._held.discard(sequence)
        self._gone[sequence] = len(self._gone)
        self.settled += 1

    def compare(self, found: set[int]) -> None:
        """Compare with the sequences that the queue has now."""
        lost = self._there.keys() - found
        must(not lost, f"acknowledged items are lost: {[self._there[s] for s in sorted(lost)[:5]]}")
        extra = found - self._there.keys()
        must(not extra, f"items that should not be there: {sorted(extra)[:5]}")
        # A push without an answer that is not there now was not applied, and nobody asks again.
        self._offered.clear()

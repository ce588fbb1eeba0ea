"""What is more than one message may have is sent as several, where no promise is broken by that."""

from __future__ import annotations

import pytest

import interlock

KEYS = [f"k{n:04}" for n in range(2500)]


def test_get_many() -> None:
    with interlock.open("local:") as il:
        hits = il.counter("hits")
        for start in range(0, len(KEYS), 1000):
            hits.add_many([(key, 7) for key in KEYS[start : start + 1000]])
        assert hits.get_many(KEYS) == dict.fromkeys(KEYS, 7)
        assert hits.get_many([]) == {}


def test_reset() -> None:
    with interlock.open("local:") as il:
        hits = il.counter("hits")
        for start in range(0, len(KEYS), 1000):
            hits.add_many([(key, 7) for key in KEYS[start : start + 1000]])
        assert hits.reset([]) == 0
        assert hits.reset(KEYS[:-1]) == len(KEYS) - 1
        assert list(hits.list()) == [(KEYS[-1], 7)]


def test_additions_are_not_parted() -> None:
    """All of them are applied or none: two requests could not promise that."""
    with interlock.open("local:") as il:
        hits = il.counter("hits")
        assert len(hits.add_many(dict.fromkeys(KEYS[:1024], 1))) == 1024
        with pytest.raises(
            interlock.Invalid, match="applied or none, so at most 1,024; here are 1,025"
        ) as caught:
            hits.add_many(dict.fromkeys(KEYS[:1025], 1))
        assert caught.value.field == "adds"
        assert hits.get(key=KEYS[0]) == 1


def test_push_and_settle() -> None:
    with interlock.open("local:") as il:
        orders = il.queue("orders")
        assert orders.push_many([b"x"] * 9000).accepted == 9000
        items: list[interlock.Delivery] = []
        while len(items) < 9000:
            items.extend(orders.pop_many(9000, lease=60.0))
        receipts = [item.receipt for item in items]
        assert orders.extend_many(receipts, 60.0) == (9000, frozenset())
        assert orders.nack_many(receipts[:4500]) == (4500, frozenset())
        assert orders.ack_many(receipts) == (4500, frozenset(receipts[:4500]))
        assert orders.stats().depth == 4500

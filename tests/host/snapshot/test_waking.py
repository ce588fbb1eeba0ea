"""What was asleep answers as what was not: every module, with calls parked and timers running."""

from __future__ import annotations

import os

import pytest

from tests.host import guests
from tests.host.latch import Latch, Script
from tests.host.snapshot.waking import SleepyLatch, Step, Story
from tests.host.test_guests import built

STEPS = 500 if os.environ.get("INTERLOCK_SOAK") else 100
MS = 1_000_000


def push(count: int, size: int, **fields: object) -> Step:
    return "Push", {"items": [{"data": bytes([n % 256]) * size} for n in range(count)], **fields}


def topics(partitions: int) -> list[dict[str, object]]:
    return [{"name": "t", "partitions": partitions}]


STORIES: dict[str, list[Step]] = {
    "counter": [
        ("Wait", {"key": "a", "at_least": 3, "wait_ms": 50}),
        ("Wait", {"key": "a", "at_least": 2, "wait_ms": 90}),
        ("Wait", {"key": "b", "at_least": 1, "wait_ms": 20}),
        ("Add", {"adds": [{"key": "a", "delta": 2, "once": "x"}]}),
        25,
        ("Add", {"adds": [{"key": f"key/{n:04}", "delta": n} for n in range(1_000)]}),
        ("Add", {"adds": [{"key": f"more/{n:04}", "delta": -n} for n in range(1_000)]}),
        ("Add", {"adds": [{"key": "a", "delta": 2, "once": "x"}, {"key": "a", "delta": 1}]}),
        ("List", {"prefix": "key/", "page_size": 100}),
        40,
        ("Reset", {"keys": ["a"]}),
        ("CompareAndSet", {"key": "a", "expected": 0, "value": 9}),
        ("Get", {"keys": ["a", "b", "key/0999"]}),
    ],
    "queue": [
        ("Configure", {"capacity_bytes": 4 << 20, "lease_ms": 30, "max_deliveries": 2}),
        ("Pop", {"max_items": 2, "wait_ms": 40}),
        ("Pop", {"max_items": 1, "wait_ms": 10}),
        10,
        ("Push", {"items": [{"data": b"late", "delay_ms": 15}, {"data": b"now", "id": "n"}]}),
        ("Subscribe", {"credit": 3, "lease_ms": 20}),
        20,
        push(300, 10_000),
        25,
        ("Push", {"items": [{"data": b"now", "id": "n"}]}),
        push(200, 10_000, wait_ms=60),
        ("Pop", {"max_items": 5, "lease_ms": 25}),
        30,
        ("Pop", {"max_items": 200}),
        ("Stats", {}),
        40,
        ("Pop", {"max_items": 10, "dead_letters": True}),
        ("Close", {}),
    ],
    "rebalance": [
        ("Watch", {}),
        ("Join", {"member": "a", "topics": topics(6), "session_ms": 500, "rebalance_ms": 50}),
        60,
        ("Join", {"member": "b", "topics": topics(6), "session_ms": 300, "rebalance_ms": 50}),
        ("Heartbeat", {"member": "a", "generation": 1}),
        ("Join", {"member": "a", "topics": topics(6), "session_ms": 500, "rebalance_ms": 50}),
        60,
        ("Describe", {}),
        290,
        ("Describe", {}),
        ("Backoff", {"member": "a", "retry": 3}),
        600,
        ("Describe", {}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("module", STORIES)
def test_stories(module: str) -> None:
    sleepless, sleepy = Story(module), Story(module)
    lines = sleepless.tell(STORIES[module])
    assert sleepy.tell(STORIES[module], sleepless=False) == lines
    calls = sum(not isinstance(step, int) for step in STORIES[module])
    assert {line[0] for line in lines} == set(range(1, calls + 1)), "a call without a record tests little"


def test_grown_memory() -> None:
    """The story of the queue is told in memory that has grown, and leaves most of it zero."""
    story = Story("queue")
    story.tell(STORIES["queue"])
    (instance,) = story.engine.instances()
    assert instance.memory_bytes > instance.module.packed.memory.minimum * 65536 + (2 << 20)


@pytest.mark.parametrize("language", guests.TOOLS)
@pytest.mark.parametrize("seed", range(2))
def test_guests(language: str, seed: int) -> None:
    packed = built(language)
    assert Script(SleepyLatch(packed), seed).run(STEPS) == Script(Latch(packed), seed).run(STEPS)

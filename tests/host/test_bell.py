"""A bell wakes one thread, and forgets no ring."""

from __future__ import annotations

import threading

from interlock_host.bell import Bell


def test_a_ring_before_the_wait_is_heard() -> None:
    bell = Bell()
    bell.ring()
    assert bell.wait()


def test_one_wait_hears_all_rings() -> None:
    bell = Bell()
    for _ in range(1_000):
        bell.ring()
    assert bell.wait()
    assert not bell.wait(0.0)


def test_silence_ends_with_the_time() -> None:
    assert not Bell().wait(0.001)


def test_no_ring_is_lost_among_threads() -> None:
    """Whoever rings after it changed something is heard by a wait that sees the change."""
    bell, noted, seen = Bell(), [0] * 4, 0

    def work(thread: int) -> None:
        for _ in range(2_000):
            noted[thread] += 1
            bell.ring()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while seen < 8_000:
        assert bell.wait(30)
        seen = sum(noted)
    for thread in threads:
        thread.join()

"""runtime/heap.c against a plain model: blocks never overlap and keep what was written."""

import ctypes

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from runtime_native import PAGE, fresh

SIZES = st.one_of(st.integers(0, 300), st.integers(0, 5000), st.integers(0, 200_000))
LIMIT = 32 * PAGE


class HeapAgainstModel(RuleBasedStateMachine):
    @initialize(size=st.integers(0, 2 * PAGE))
    def begin(self, size: int) -> None:
        self.lib = fresh(size, LIMIT)
        self.blocks: dict[int, bytes] = {}  # address -> what it must hold
        self.stamp = 0

    def _fill(self, address: int, size: int) -> None:
        self.stamp = self.stamp % 255 + 1
        self.blocks[address] = bytes([self.stamp]) * size
        ctypes.memset(address, self.stamp, size)

    def _pick(self, at: int) -> int:
        return sorted(self.blocks)[at % len(self.blocks)]

    @rule(size=SIZES)
    def alloc(self, size: int) -> None:
        address = self.lib.heap_alloc(size)
        if address is None:
            assert self.lib.heap_used() + size > LIMIT // 4, "refused with most of memory free"
            return
        assert address % 8 == 0
        self._fill(address, size)

    @rule(size=SIZES)
    def zalloc(self, size: int) -> None:
        address = self.lib.heap_zalloc(size)
        if address is not None:
            assert ctypes.string_at(address, size) == bytes(size)
            self._fill(address, size)

    @rule(at=st.integers(0, 1000))
    def free(self, at: int) -> None:
        if self.blocks:
            address = self._pick(at)
            del self.blocks[address]
            self.lib.heap_free(address)

    @rule(at=st.integers(0, 1000), size=SIZES)
    def resize(self, at: int, size: int) -> None:
        if not self.blocks:
            return
        old = self._pick(at)
        moved = self.lib.heap_resize(old, size)
        if moved is None:
            return
        kept = self.blocks.pop(old)[:size]
        assert ctypes.string_at(moved, len(kept)) == kept
        self._fill(moved, size)

    @invariant()
    def sound(self) -> None:
        assert self.lib.native_heap_fault() is None
        end = 0
        for address, content in sorted(self.blocks.items()):
            assert address >= end
            assert ctypes.string_at(address, len(content)) == content
            end = address + len(content)


HeapAgainstModel.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestHeap = HeapAgainstModel.TestCase


def test_freed_memory_is_whole_again() -> None:
    lib = fresh(limit=16 * PAGE)
    blocks = []
    while (block := lib.heap_alloc(1000)) is not None:
        blocks.append(block)
    assert len(blocks) > 16 * PAGE * 9 // 10 // 1008
    for block in blocks[::2] + blocks[1::2]:
        lib.heap_free(block)
    assert lib.heap_used() == 0
    assert lib.heap_alloc(16 * PAGE * 9 // 10) is not None


def test_grows_by_need() -> None:
    lib = fresh()
    assert lib.memory_size() == 0
    lib.heap_alloc(1)
    assert lib.memory_size() == PAGE
    lib.heap_alloc(10 * PAGE)
    assert lib.memory_size() <= 12 * PAGE


def test_same_size_is_taken_again() -> None:
    lib = fresh(limit=70 * PAGE)
    sizes = (4128768, 130_001, 65_537, 1_000, 9)
    for size in sizes:
        first = lib.heap_alloc(size)
        guard = lib.heap_alloc(8)
        lib.heap_free(first)
        assert lib.heap_alloc(size) == first
        assert guard is not None


def test_refusals_change_nothing() -> None:
    lib = fresh(limit=2 * PAGE)
    block = lib.heap_alloc(100)
    used = lib.heap_used()
    for size in (3 * PAGE, 2**30, 2**30 + 1, 2**31, 2**32 - 1, 2**40):
        assert lib.heap_alloc(size) is None
        assert lib.heap_resize(block, size) is None
    assert lib.heap_used() == used
    assert lib.native_heap_fault() is None

"""runtime/map.c against a dict."""

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_native import PAGE, Map, fresh

KEYS = st.binary(max_size=3).filter(lambda key: 0 not in key)
OPERATIONS = st.lists(st.tuples(st.sampled_from(["put", "take", "get"]), KEYS), max_size=200)
NUMBERS = st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1))
NUMBER_OPERATIONS = st.lists(st.tuples(st.sampled_from(["put", "take", "get"]), NUMBERS), max_size=200)


def _walk(lib: ctypes.CDLL, m: Map) -> list[int]:
    at, found = ctypes.c_uint32(0), []
    while (value := lib.map_next(m, ctypes.byref(at))) is not None:
        found.append(value)
    return found


@settings(max_examples=150, deadline=None)
@given(OPERATIONS)
def test_texts(operations: list[tuple[str, bytes]]) -> None:
    lib, m, model = fresh(), Map(), dict[bytes, ctypes.Array[ctypes.c_char]]()
    lib.native_map_init(m)
    for what, key in operations:
        held = ctypes.addressof(model[key]) if key in model else None
        if what == "put" and held is None:
            model[key] = ctypes.create_string_buffer(key)
            assert lib.map_put(m, key, len(key), ctypes.addressof(model[key]))
        elif what == "take":
            assert lib.map_take(m, key, len(key)) == held
            model.pop(key, None)
        else:
            assert lib.map_get(m, key, len(key)) == held
        assert m.count == len(model)
    assert sorted(_walk(lib, m)) == sorted(map(ctypes.addressof, model.values()))
    lib.map_clear(m)
    assert (m.count, lib.heap_used()) == (0, 0)


@settings(max_examples=150, deadline=None)
@given(NUMBER_OPERATIONS)
def test_numbers(operations: list[tuple[str, int]]) -> None:
    lib, m, model = fresh(), Map(), dict[int, int]()
    for step, (what, key) in enumerate(operations, start=1):
        if what == "put" and key not in model:
            model[key] = step
            assert lib.map_put_u64(m, key, step)
        elif what == "take":
            assert lib.map_take_u64(m, key) == model.pop(key, None)
        else:
            assert lib.map_get_u64(m, key) == model.get(key)
    assert sorted(_walk(lib, m)) == sorted(model.values())


def test_moves_in_parts() -> None:
    lib, m = fresh(), Map()
    for key in range(60_000):
        assert lib.map_put_u64(m, key, key + 1)
        if m.old:
            assert lib.map_get_u64(m, 2**63 + key) is None
        if m.old and m.moved == 16:
            assert all(lib.map_get_u64(m, k) == k + 1 for k in range(0, key, 1 + key // 50))
            gone = key // 2
            assert (lib.map_take_u64(m, gone), lib.map_get_u64(m, gone)) == (gone + 1, None)
            assert len(_walk(lib, m)) == m.count == key
            assert lib.map_put_u64(m, gone, gone + 1)
    assert m.count == 60_000
    assert not m.old, "moved long before it doubles again"


def test_reserve_makes_puts_sure() -> None:
    lib, m = fresh(limit=4 * PAGE), Map()
    count = 4000  # 8,192 slots of 16 bytes
    assert lib.map_reserve(m, count)
    while lib.heap_alloc(64) is not None:
        pass
    assert all(lib.map_put_u64(m, key, key + 1) for key in range(count))
    assert all(lib.map_get_u64(m, key) == key + 1 for key in range(count))


def test_full_memory_refuses_and_keeps() -> None:
    lib, m = fresh(limit=2 * PAGE), Map()
    count = 0
    while lib.map_put_u64(m, count, count + 1):
        count += 1
    assert count > 1000
    assert m.count == count
    assert [lib.map_get_u64(m, key) for key in range(count + 1)] == [*range(1, count + 1), None]
    assert not lib.map_reserve(m, 2**32 - 1)

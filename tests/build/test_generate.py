"""What `make check-generated` finds."""

from generate import ROOT, differences, generated_files


def test_finds_each_kind() -> None:
    committed = {"same": b"1", "edited": b"1", "left": b"1"}
    fresh = {"same": b"1", "edited": b"2", "new": b"1"}
    assert differences(committed, fresh) == [
        "differs: edited",
        "missing: new",
        "not generated any more: left",
    ]


def test_looks_at_all_kinds_of_output() -> None:
    found = generated_files(ROOT)
    for name in [
        "bindings/python/interlock/v1/error_pb2.py",
        "bindings/python/interlock/queue/v1/queue_pb2.pyi",
        "wasm_modules/gen/interlock.h",
        "wasm_modules/queue/gen/queue.c",
    ]:
        assert name in found

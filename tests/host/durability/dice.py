"""A module that cheats: `Do` answers what was random, and how often `Look`, a read, was called."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import descriptor_pb2

from interlock_host.pack import pack
from tests.host import wat

SERVICE = "/test.v1.TestService/"
_RANDOM = '(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))'
_CONTROL = """
(func (export "interlock_control") (result i32)
  (i64.store (i32.const 64) (i64.const 0x7fffffffffffffff))
  (i32.store (i32.const 72) (i32.const 4096))
  (i32.store (i32.const 80) (i32.const 1024))
  (i32.store (i32.const 84) (i32.const 1024))
  i32.const 64)
"""
_ANSWER = """
(func $answer (param $call i64)
  (i64.store (i32.const 4096) (local.get $call))
  (i32.store (i32.const 4104) (i32.const 16))
  (i32.store (i32.const 4108) (i32.const 0x30000))
  (i32.store (i32.const 4120) (i32.load (i32.const 128)))
  (i32.store (i32.const 76) (i32.const 32)))
"""
_DO = """
(func (export "Do") (param $call i64) (param i32) (param i64)
  (drop (call $random_get (i32.const 4112) (i32.const 8)))
  (call $answer (local.get $call)))
"""
_LOOK = """
(func (export "Look") (param $call i64) (param i32) (param i64)
  (i32.store (i32.const 128) (i32.add (i32.load (i32.const 128)) (i32.const 1)))
  (call $answer (local.get $call)))
"""
REQUEST = b"\x0a\x01a"


def _look(file: descriptor_pb2.FileDescriptorProto) -> None:
    method = file.service[0].method.add(
        name="Look", input_type=".test.v1.Request", output_type=".test.v1.Request"
    )
    method.options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


def build(folder: Path) -> Path:
    """Pack it into `folder/dice.wasm`."""
    compiled = wat.compiled(_ANSWER, _LOOK, first=_RANDOM, control=_CONTROL, method=_DO)
    out = folder / "dice.wasm"
    out.write_bytes(pack(compiled, wat.descriptors(_look), wat.contract()))
    return out

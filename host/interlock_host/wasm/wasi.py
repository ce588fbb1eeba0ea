"""A virtual `wasi_snapshot_preview1`: deterministic, and without I/O.

Time is the entry's, randomness is a stream that begins at the instance's seed,
standard output and error become lines of log. There are no folders: runtimes
ask for them one by one as they start, until EBADF says that there are no more,
and give up at any other error. Every other function answers ENOSYS, so that a
runtime which only probes for them still starts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import wasmtime
from wasmtime import FuncType, ValType

if TYPE_CHECKING:
    from interlock_host.wasm.machine import Machine

MODULE = "wasi_snapshot_preview1"

_ERRNO_SUCCESS, _ERRNO_BADF, _ERRNO_FAULT, _ERRNO_NOSYS = 0, 8, 21, 52
_STDOUT, _STDERR = 1, 2
_MAX_LINE_BYTES = 64 * 1024
_U32 = 0xFFFFFFFF  # wasmtime hands an i32 over signed; an address is not

_i, _I = "i", "I"  # i32, i64

# Parameters of every preview 1 function; all but proc_exit return an errno.
SIGNATURES = {
    "args_get": "ii", "args_sizes_get": "ii", "environ_get": "ii", "environ_sizes_get": "ii",
    "clock_res_get": "ii", "clock_time_get": "iIi", "fd_advise": "iIIi", "fd_allocate": "iII",
    "fd_close": "i", "fd_datasync": "i", "fd_fdstat_get": "ii", "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "iII", "fd_filestat_get": "ii", "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi", "fd_pread": "iiiIi", "fd_prestat_get": "ii",
    "fd_prestat_dir_name": "iii", "fd_pwrite": "iiiIi", "fd_read": "iiii", "fd_readdir": "iiiIi",
    "fd_renumber": "ii", "fd_seek": "iIii", "fd_sync": "i", "fd_tell": "ii", "fd_write": "iiii",
    "path_create_directory": "iii", "path_filestat_get": "iiiii", "path_filestat_set_times": "iiiiIIi",
    "path_link": "iiiiiii", "path_open": "iiiiiIIii", "path_readlink": "iiiiii",
    "path_remove_directory": "iii", "path_rename": "iiiiii", "path_symlink": "iiiii",
    "path_unlink_file": "iii", "poll_oneoff": "iiii", "proc_exit": "i", "proc_raise": "i",
    "sched_yield": "", "random_get": "ii", "sock_accept": "iii", "sock_recv": "iiiiii",
    "sock_send": "iiiii", "sock_shutdown": "ii",
}  # fmt: skip

_current = threading.local()


def enter(machine: Machine) -> None:
    """Make `machine` the one that this thread's WASI calls speak for."""
    _current.machine = machine


class Ended(Exception):
    """The module asked for what ends it, `proc_exit` say: a trap."""


class SplitMix64:
    """Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014."""

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def next(self) -> int:
        """Return the next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def bytes(self, size: int) -> bytes:
        """Return `size` bytes of the stream; a part of a word left over is dropped."""
        words = b"".join(self.next().to_bytes(8, "little") for _ in range((size + 7) // 8))
        return words[:size]


_MASK = (1 << 64) - 1


def define(linker: wasmtime.Linker) -> None:
    """Define every preview 1 function in the linker."""
    types = {_i: ValType.i32(), _I: ValType.i64()}
    for name, parameters in SIGNATURES.items():
        results = [] if name == "proc_exit" else [ValType.i32()]
        kind = FuncType([types[p] for p in parameters], results)
        linker.define_func(MODULE, name, kind, _GIVEN.get(name, _nosys))


def _nosys(*_: int) -> int:
    return _ERRNO_NOSYS


def _sizes_none(count: int, size: int) -> int:
    machine: Machine = _current.machine
    return _write(machine, count, bytes(4)) or _write(machine, size, bytes(4))


def _nothing(*_: int) -> int:
    return _ERRNO_SUCCESS


def _clock_time_get(_clock: int, _precision: int, out: int) -> int:
    machine: Machine = _current.machine
    return _write(machine, out, machine.now.to_bytes(8, "little", signed=True))


def _random_get(out: int, size: int) -> int:
    machine: Machine = _current.machine
    if machine.reading:  # it is not journaled, so a replay would draw this for somebody else
        raise Ended("a read drew randomness")
    size &= _U32
    if not machine.in_bounds(out & _U32, size):
        return _ERRNO_FAULT
    return _write(machine, out, machine.random.bytes(size))


def _fd_write(fd: int, vectors: int, count: int, out: int) -> int:
    if fd not in (_STDOUT, _STDERR):
        return _ERRNO_BADF
    machine: Machine = _current.machine
    text = bytearray()
    total = 0
    for index in range(count & 0xFFFF):
        head = machine.read((vectors & _U32) + 8 * index, 8)
        if head is None:
            return _ERRNO_FAULT
        size = int.from_bytes(head[4:], "little")
        part = machine.read(int.from_bytes(head[:4], "little"), size)
        if part is None:
            return _ERRNO_FAULT
        total += size
        text += part[: max(0, _MAX_LINE_BYTES - len(text))]
    machine.output += text
    return _write(machine, out, total.to_bytes(4, "little"))


def _no_folder(*_: int) -> int:
    return _ERRNO_BADF


def _poll_oneoff(_subscriptions: int, _events: int, _count: int, out: int) -> int:
    return _write(_current.machine, out, bytes(4))


def _proc_exit(code: int) -> None:
    raise Ended(f"the module called proc_exit({code})")


def _write(machine: Machine, address: int, data: bytes) -> int:
    return _ERRNO_SUCCESS if machine.write(address & _U32, data) else _ERRNO_FAULT


_GIVEN: dict[str, Callable[..., int | None]] = {
    "args_sizes_get": _sizes_none,
    "environ_sizes_get": _sizes_none,
    "args_get": _nothing,
    "environ_get": _nothing,
    "clock_time_get": _clock_time_get,
    "random_get": _random_get,
    "fd_prestat_get": _no_folder,
    "fd_write": _fd_write,
    "poll_oneoff": _poll_oneoff,
    "proc_exit": _proc_exit,
}

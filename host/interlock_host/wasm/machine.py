"""A machine: one instantiation of a module, entered through its ABI exports."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence

from wasmtime import _ffi
from wasmtime._func import maybe_raise_last_exn

from interlock_host.wasm import raw, wasi
from interlock_host.wasm.frame import FRAMES, WORDS, new_frame
from interlock_host.wasm.program import Program, StartFailed

_CONTROL = struct.Struct("<qIIQ8x")  # the inbox's address and size in one word
_HEAD = struct.Struct("<QIHH")
_HEAD_BYTES = _HEAD.size
_THREE = raw.size_argument(3)
_TABLE_ELEMENTS = 100_000
_KNOWN_FLAGS = 7
_LAST_CODE = 16
NEVER = (1 << 63) - 1
"""The deadline of a module that wants no tick."""
CUT = 1 << 15
"""The flags of a record that did not fit its outbox; it carries nothing."""


class Trapped(Exception):
    """The machine faulted. It must never be entered again."""


Emitted = tuple[int, int, int, bytes]
"""One record as it stands in the outbox: call, status, flags, payload. A plain
tuple, because every entry makes one."""


class Machine:
    """One instantiation. Not thread-safe: its owner holds a lock around each entry.

    Args:
        program: What to instantiate.
        max_memory: The most bytes of linear memory; growth past it fails in the module.
        budget_ms: How long one entry may run, see `budget`; 0 lifts the budget.
        seed: Where the stream of `random_get` begins.
        now: The time of the entry that makes the machine, in ns since the epoch.

    Raises:
        StartFailed: The module does not fit its limits, or traps as it starts.
    """

    __slots__ = (
        "_context", "_control", "_funcs", "_inbox", "_instance", "_keep", "_program", "_size", "_store",
        "_ticker", "_view", "budget", "deadline", "memory", "now", "output", "overrun", "random", "reading",
    )  # fmt: skip

    def __init__(self, program: Program, max_memory: int, budget_ms: int, seed: int, now: int) -> None:
        self._program = program
        self._ticker = program.compiler.ticker
        self.budget = program.budget(budget_ms)
        self.overrun = 0
        """The thread's processor time at the first deadline of this entry, in ns; 0 before it."""
        self._funcs: dict[str, raw.Argument] = {}
        self._keep: list[object] = []
        self.random = wasi.SplitMix64(seed)
        self.output = b""
        """What was written to standard output and error, not handed on yet."""
        self.now = now
        self.reading = False
        """Whether what is entered is a read."""
        self.deadline = NEVER
        self._store = raw.STORE_NEW(program.compiler.engine_address, None, None)
        self._context = raw.pointer_argument(raw.STORE_CONTEXT(self._store))
        self.budget.judge(self, self._store)
        raw.STORE_LIMITER(self._store, max_memory, _TABLE_ELEMENTS, 1, 16, 1)
        self._instantiate()
        self._map_memory(max_memory)
        self._control = 0
        self._inbox = program.inbox(0)

    def __del__(self, _delete: Callable[[int], None] = raw.STORE_DELETE) -> None:
        if getattr(self, "_store", None):
            _delete(self._store)

    def limit(self, budget_ms: int) -> None:
        """Set how long each entry to come may run; 0 lifts the budget."""
        self.budget = self._program.budget(budget_ms)

    def _instantiate(self) -> None:
        self._instance = _ffi.wasmtime_instance_t()
        trap = ctypes.c_void_p()
        self._arm()
        error = raw.INSTANTIATE(
            self._program.pre, self._context, ctypes.addressof(self._instance), ctypes.byref(trap)
        )
        if error:
            raise StartFailed(_take_error(error))
        if trap:
            raise StartFailed(_take_trap(trap))

    def _map_memory(self, max_memory: int) -> None:
        extern = self._extern("memory")
        if extern is None or int(extern.kind) != raw.EXTERN_MEMORY:
            raise StartFailed("the module exports no memory")
        self._keep.append(extern)
        self.memory = ctypes.addressof(extern.of)
        base = raw.MEMORY_DATA(self._context, self.memory)
        self._size = self._program.size(raw.MEMORY_DATA_SIZE(self._context, self.memory))
        # The view reaches to where memory may grow; what lies behind its size
        # now is not mapped, so every access checks `_size` first.
        span = (ctypes.c_uint8 * max(max_memory, self._size)).from_address(base)
        self._view = memoryview(span).cast("B")

    def _extern(self, name: str) -> _ffi.wasmtime_extern | None:
        extern = raw.Extern()
        text = name.encode()
        found = raw.EXPORT_GET(
            self._context, ctypes.addressof(self._instance), text, len(text), ctypes.addressof(extern)
        )
        return extern if found else None

    def has(self, name: str) -> bool:
        """Tell whether the module exports a function of this name."""
        return self._func(name) is not None

    def _func(self, name: str) -> raw.Argument | None:
        # Looked up at first use: most instances use few of their exports.
        if name not in self._funcs:
            extern = self._extern(name)
            if extern is None or int(extern.kind) != raw.EXTERN_FUNC:
                return None
            self._funcs[name] = ctypes.byref(extern.of)
        return self._funcs[name]

    def _arm(self) -> None:
        """Give what is entered now its whole budget."""
        ticker = self._ticker
        ticker.entered = True
        if not ticker.awake:
            ticker.wake()
        self.overrun = 0
        raw.SET_EPOCH_DEADLINE(self._context, self.budget.epochs)
        if self._program.uses_wasi:
            wasi.enter(self)

    def call(self, name: str, first: int = 0, second: int = 0, third: int = 0) -> int:
        """Call an export with up to three integers; return its result as 64 bits.

        Raises:
            Trapped: The module trapped, or ran past its budget.
        """
        function = self._funcs.get(name) or self._func(name)
        if function is None:
            raise Trapped(f"the module does not export {name}")
        try:
            frame = FRAMES.pop()
        except IndexError:
            frame = new_frame()
        words, words_at, trap, trap_at = frame
        WORDS.pack_into(words, 0, first, second, third)
        self._arm()
        error = raw.CALL(self._context, function, words_at, _THREE, trap_at)
        if error or trap:
            raise Trapped(_take_error(error) if error else _take_trap(trap))
        result: int = words[0]
        FRAMES.append(frame)  # from here on it is another thread's
        return result

    def enter(self, name: str, first: int = 0, second: int = 0, third: int = 0) -> Sequence[Emitted]:
        """Call an export, read the control block, and return the records that it left in the outbox.

        Raises:
            Trapped: The module trapped, ran past its budget, or left an outbox that does not parse.
        """
        self.call(name, first, second, third)
        view = self._view
        deadline, at, size, word = _CONTROL.unpack_from(view, self._control)
        self.deadline = deadline if deadline != NEVER else NEVER  # one object for all
        if word != self._inbox.word:
            self._inbox = self._program.inbox(word)
        if not size:
            return ()
        end, body = at + size, at + _HEAD_BYTES
        if end > self._size and not self.in_bounds(at, size):
            raise Trapped("the outbox lies outside of memory")
        if body <= end:  # nearly every entry leaves one record
            call, size, status, flags = _HEAD.unpack_from(view, at)
            if body + (size + 7 & -8) == end and status <= _LAST_CODE and flags <= _KNOWN_FLAGS:
                return ((call, status, flags, view[body : body + size].tobytes()),)
        return self._take(at, end)

    def begin(self) -> None:
        """Ask for the control block, and read it. Once, after `_initialize`."""
        self.resume(self.call("interlock_control") & 0xFFFFFFFF)

    def resume(self, control: int) -> None:
        """Read the control block at this address, which an earlier `begin` was told."""
        self._control = control
        if not self.in_bounds(self._control, _CONTROL.size):
            raise Trapped("the control block lies outside of memory")
        self.read_control()

    def read_control(self) -> None:
        """Read the control block, as a host does after every entry."""
        self.deadline, _, _, word = _CONTROL.unpack_from(self._view, self._control)
        self._inbox = self._program.inbox(word)

    def in_bounds(self, address: int, size: int) -> bool:
        """Tell whether these bytes are memory now, asking wasmtime only if they were not before."""
        if 0 <= address <= address + size <= self._size:
            return True
        self._size = raw.MEMORY_DATA_SIZE(self._context, self.memory)
        return bool(0 <= address <= address + size <= min(self._size, len(self._view)))

    def read(self, address: int, size: int) -> bytes | None:
        """Return a copy of memory, or None where it does not reach."""
        return bytes(self._view[address : address + size]) if self.in_bounds(address, size) else None

    def write(self, address: int, data: bytes) -> bool:
        """Write to memory; False where it does not reach."""
        if not self.in_bounds(address, len(data)):
            return False
        self._view[address : address + len(data)] = data
        return True

    def post(self, message: bytes) -> bool:
        """Put a message where the next entry finds it; False if the module refuses its size.

        Raises:
            Trapped: The module named a place outside of its memory.
        """
        _, address, room = self._inbox
        size = len(message)
        if size > room:
            address = self.call("interlock_buffer", size) & 0xFFFFFFFF if self.has("interlock_buffer") else 0
            if not address:
                return False
        if address + size > self._size and not self.in_bounds(address, size):
            raise Trapped("the inbox lies outside of memory")
        self._view[address : address + size] = message
        return True

    def _take(self, at: int, end: int) -> list[Emitted]:
        records: list[Emitted] = []
        view = self._view
        while at < end:
            if at + _HEAD_BYTES > end:
                raise Trapped("the outbox ends within the head of a record")
            call, size, status, flags = _HEAD.unpack_from(view, at)
            at += _HEAD_BYTES
            if status > _LAST_CODE or flags & ~_KNOWN_FLAGS:
                raise Trapped(f"the outbox holds a record with status {status} and flags {flags}")
            if at + size > end:  # it is dropped, and with it whatever it hid
                records.append((call, 0, CUT, b""))
                break
            records.append((call, status, flags, bytes(view[at : at + size])))
            at += size + (-size & 7)
        return records

    @property
    def memory_bytes(self) -> int:
        """The size of linear memory now."""
        size: int = raw.MEMORY_DATA_SIZE(self._context, self.memory)
        return size


def _take_trap(trap: ctypes.c_void_p) -> str:
    text = raw.take_trap(trap.value or 0)
    trap.value = None
    return text.splitlines()[-1].strip() if text else "trap"


def _take_error(error: raw.Address) -> str:
    """Return why a host function ended the call; wasmtime-py keeps its exception aside."""
    text = raw.take_error(error)
    try:
        maybe_raise_last_exn()
    except wasi.Ended as ended:
        return str(ended)
    return text.splitlines()[-1].strip() if text else "error"

"""The few wasmtime C functions that every entry needs, bound for speed.

wasmtime-py's own `Func.__call__` converts each argument through a class and
costs 16 to 35 microseconds; the same function called unchecked, with addresses
that were computed once, costs less than one. `CALL` releases the GIL, so that
the epoch ticker and other threads run while a module does; the accessors, which
return at once, keep it, because taking it again costs more than they do.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import _ffi

_RELEASED = ctypes.CDLL(str(_ffi.filename))
_HELD = ctypes.PyDLL(str(_ffi.filename))

Address = int


def _bind(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = library[name]  # a fresh object: wasmtime-py's own has other types
    function.restype = result
    function.argtypes = arguments
    return function


def _bind_bare(library: ctypes.CDLL, name: str, result: Any) -> Any:
    """Bind a function whose every argument must be an `Argument`: a plain integer would be cut to 32 bits."""
    function = library[name]
    function.restype = result
    return function


_P = ctypes.c_void_p
Argument = Any
"""What ctypes passes as it stands: `byref(x)`, or one of the two below. Made once, it spares
each call the conversion of an integer."""


def pointer_argument(address: Address) -> Argument:
    """Return an address as an argument."""
    return ctypes.byref(ctypes.c_char.from_address(address))


def size_argument(size: int) -> Argument:
    """Return a `size_t` as an argument, for the functions that convert none."""
    return ctypes.c_size_t.from_param(size)


_SIZE = ctypes.c_size_t

# (context, func, args_and_results, length, trap_out) -> error or NULL
CALL = _bind_bare(_RELEASED, "wasmtime_func_call_unchecked", _P)
INSTANTIATE = _bind(_HELD, "wasmtime_instance_pre_instantiate", _P, _P, _P, _P, _P)
INSTANCE_PRE = _bind(_HELD, "wasmtime_linker_instantiate_pre", _P, _P, _P, _P)
INSTANCE_PRE_DELETE = _bind(_HELD, "wasmtime_instance_pre_delete", None, _P)
EXPORT_GET = _bind(_HELD, "wasmtime_instance_export_get", ctypes.c_bool, _P, _P, ctypes.c_char_p, _SIZE, _P)
STORE_NEW = _bind(_HELD, "wasmtime_store_new", _P, _P, _P, _P)
STORE_CONTEXT = _bind(_HELD, "wasmtime_store_context", _P, _P)
STORE_DELETE = _bind(_HELD, "wasmtime_store_delete", None, _P)
_I64 = ctypes.c_int64
STORE_LIMITER = _bind(_HELD, "wasmtime_store_limiter", None, _P, _I64, _I64, _I64, _I64, _I64)
# (context, ticks beyond the current epoch)
SET_EPOCH_DEADLINE = _bind_bare(_HELD, "wasmtime_context_set_epoch_deadline", None)
# (context, data, epochs_out, kind_out) -> error or NULL. It takes the GIL itself.
EpochDeadline = ctypes.CFUNCTYPE(
    _SIZE, _P, _P, ctypes.POINTER(ctypes.c_uint64), ctypes.POINTER(ctypes.c_uint8)
)
ON_EPOCH_DEADLINE = _bind(_HELD, "wasmtime_store_epoch_deadline_callback", None, _P, EpochDeadline, _P, _P)
MEMORY_DATA = _bind(_HELD, "wasmtime_memory_data", _P, _P, _P)
MEMORY_DATA_SIZE = _bind(_HELD, "wasmtime_memory_data_size", _SIZE, _P, _P)
# (context, memory, pages to add, pages before) -> error or NULL
MEMORY_GROW = _bind(_HELD, "wasmtime_memory_grow", _P, _P, _P, ctypes.c_uint64, _P)
# (context, global, value)
GLOBAL_GET = _bind(_HELD, "wasmtime_global_get", None, _P, _P, _P)
GLOBAL_SET = _bind(_HELD, "wasmtime_global_set", _P, _P, _P, _P)
_TRAP_MESSAGE = _bind(_HELD, "wasm_trap_message", None, _P, _P)
_TRAP_DELETE = _bind(_HELD, "wasm_trap_delete", None, _P)
ERROR_NEW = _bind(_HELD, "wasmtime_error_new", _P, ctypes.c_char_p)
_ERROR_MESSAGE = _bind(_HELD, "wasmtime_error_message", None, _P, _P)
_ERROR_DELETE = _bind(_HELD, "wasmtime_error_delete", None, _P)

# Where other libraries can call it without the GIL.
INCREMENT_EPOCH_ADDRESS: Address = ctypes.cast(_RELEASED.wasmtime_engine_increment_epoch, _P).value or 0
INCREMENT_EPOCH = _bind(_HELD, "wasmtime_engine_increment_epoch", None, _P)

Extern = _ffi.wasmtime_extern
EXTERN_FUNC = 0
EXTERN_GLOBAL = 1
EXTERN_MEMORY = 3
Value = _ffi.wasmtime_val
VALUE_BYTES = (4, 8, 4, 8, 16)
"""The sizes of i32, i64, f32, f64 and v128, by the kind of a value."""


def address_of(pointer: Any) -> Address:
    """Return the address that a ctypes pointer holds."""
    address = ctypes.cast(pointer, _P).value
    if address is None:
        raise ValueError("a NULL pointer")
    return address


def _take_text(read: Any, pointer: Address) -> str:
    vector = _ffi.wasm_byte_vec_t()
    read(pointer, ctypes.byref(vector))
    text = bytes(_ffi.to_bytes(vector)).rstrip(b"\0").decode("utf-8", "replace")
    _ffi.wasm_byte_vec_delete(ctypes.byref(vector))
    return text


def take_error(error: Address) -> str:
    """Return the text of a `wasmtime_error_t` and free it."""
    text = _take_text(_ERROR_MESSAGE, error)
    _ERROR_DELETE(error)
    return text


def take_trap(trap: Address) -> str:
    """Return the text of a `wasm_trap_t` and free it."""
    text = _take_text(_TRAP_MESSAGE, trap)
    _TRAP_DELETE(trap)
    return text

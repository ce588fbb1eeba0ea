"""The C runtime of the modules as a shared library of this machine, through ctypes."""

import ctypes
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("runtime_native.c")
PAGE = 65536
ARENA_PAGES = 1024
NEVER = 2**63 - 1


class Map(ctypes.Structure):
    _fields_ = (
        ("slots", ctypes.c_void_p),
        ("mask", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
        ("equals", ctypes.c_void_p),
        ("old", ctypes.c_void_p),
        ("old_mask", ctypes.c_uint32),
        ("moved", ctypes.c_uint32),
    )


class Timer(ctypes.Structure):
    _fields_ = (
        ("due", ctypes.c_int64),
        ("order", ctypes.c_uint64),
        ("place", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
    )


_MAP, _TIMER, _VOID, _SIZE, _U32, _U64, _I64 = (
    ctypes.POINTER(Map),
    ctypes.POINTER(Timer),
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_uint32,
    ctypes.c_uint64,
    ctypes.c_int64,
)

_SIGNATURES = {
    "native_reset": (None, _SIZE, _SIZE),
    "native_heap_fault": (ctypes.c_char_p,),
    "native_map_init": (None, _MAP),
    "memory_size": (_SIZE,),
    "heap_alloc": (_VOID, _SIZE),
    "heap_zalloc": (_VOID, _SIZE),
    "heap_free": (None, _VOID),
    "heap_resize": (_VOID, _VOID, _SIZE),
    "heap_used": (_SIZE,),
    "map_get": (_VOID, _MAP, ctypes.c_char_p, _SIZE),
    "map_put": (ctypes.c_bool, _MAP, ctypes.c_char_p, _SIZE, _VOID),
    "map_take": (_VOID, _MAP, ctypes.c_char_p, _SIZE),
    "map_reserve": (ctypes.c_bool, _MAP, _U32),
    "map_next": (_VOID, _MAP, ctypes.POINTER(_U32)),
    "map_clear": (None, _MAP),
    "map_get_u64": (_VOID, _MAP, _U64),
    "map_put_u64": (ctypes.c_bool, _MAP, _U64, _VOID),
    "map_take_u64": (_VOID, _MAP, _U64),
    "timer_set": (ctypes.c_bool, _TIMER, _I64),
    "timer_cancel": (None, _TIMER),
    "timer_take_due": (_TIMER, _I64),
    "timer_next": (_I64,),
    "timer_reserve": (ctypes.c_bool, _U32),
}


@cache
def runtime() -> ctypes.CDLL:
    """Compiles once a test run; undefined behaviour traps."""
    folder = tempfile.TemporaryDirectory(prefix="interlock-runtime-")
    library = Path(folder.name) / "runtime.so"
    flags = ["-std=c11", "-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    sanitize = ["-fsanitize=undefined", "-fsanitize-trap=undefined"]
    command = [sys.executable, "-m", "ziglang", "cc", *flags, *sanitize, str(SOURCE), "-o", str(library)]
    subprocess.run(command, check=True, timeout=300)
    lib = ctypes.CDLL(str(library))
    folder.cleanup()
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def fresh(size: int = 0, limit: int = ARENA_PAGES * PAGE) -> ctypes.CDLL:
    """The library with empty memory of `size` bytes, which may grow to `limit`."""
    lib = runtime()
    lib.native_reset(size, limit)
    return lib

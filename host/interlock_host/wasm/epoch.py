"""The clock that asks whether a module ran past its entry budget; `budget` answers.

wasmtime compares a counter of its engine, the epoch, with each store's
deadline. Something must advance the counter while a module runs, and it must
not need the GIL: another thread may hold that for longer than any budget. On
Linux a POSIX timer does it (`timer_create` with SIGEV_THREAD), whose thread
calls wasmtime's own function and no Python. Elsewhere a Python thread does.

The ticker rests while no module is entered, so an idle process wakes nobody.
"""

from __future__ import annotations

import ctypes
import math
import sys
import threading
from typing import Protocol

from interlock_host.wasm import raw

TICK_SECONDS = 0.005
"""How far apart two epochs are."""

_REST_AFTER_SECONDS = 1.0


def ticks(budget_ms: int) -> int:
    """Return how many epochs make up a budget, never cutting it short."""
    return math.ceil(budget_ms / 1000 / TICK_SECONDS) + 1


class _Source(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


class _TimeSpec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _TimerSpec(ctypes.Structure):
    _fields_ = [("interval", _TimeSpec), ("value", _TimeSpec)]


class _SigEvent(ctypes.Structure):
    """`struct sigevent` of Linux, 64 bytes, with the members SIGEV_THREAD uses."""

    _fields_ = [
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("function", ctypes.c_void_p),
        ("attributes", ctypes.c_void_p),
        ("padding", ctypes.c_char * 32),
    ]


class _PosixTimer:
    _CLOCK_MONOTONIC = 1
    _SIGEV_THREAD = 2

    def __init__(self, engine: raw.Address) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._id = ctypes.c_void_p()
        # `void notify(union sigval)` receives its word as the first argument,
        # just as `void increment_epoch(engine *)` does.
        event = _SigEvent(value=engine, notify=self._SIGEV_THREAD, function=raw.INCREMENT_EPOCH_ADDRESS)
        if self._libc.timer_create(self._CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(self._id)):
            raise OSError(ctypes.get_errno(), "timer_create")

    def start(self) -> None:
        self._set(int(TICK_SECONDS * 1e9))

    def stop(self) -> None:
        self._set(0)

    def _set(self, nanoseconds: int) -> None:
        every = _TimeSpec(0, nanoseconds)
        spec = _TimerSpec(every, every)
        if self._libc.timer_settime(self._id, 0, ctypes.byref(spec), None):
            raise OSError(ctypes.get_errno(), "timer_settime")


class _Thread:
    def __init__(self, engine: raw.Address) -> None:
        self._engine = engine
        self._stop = threading.Event()

    def start(self) -> None:
        self._stop = threading.Event()
        threading.Thread(target=self._run, args=(self._stop,), name="interlock-epoch", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(TICK_SECONDS):
            raw.INCREMENT_EPOCH(self._engine)


def _source(engine: raw.Address) -> _Source:
    if sys.platform == "linux":
        try:
            return _PosixTimer(engine)
        except OSError:  # RLIMIT_SIGPENDING is used up
            pass
    return _Thread(engine)


class EpochTicker:
    """Advances an engine's epoch while modules are being entered."""

    def __init__(self, engine: raw.Address) -> None:
        self._source = _source(engine)
        self._lock = threading.Lock()
        self.awake = False
        self.entered = False
        """Set by each entry; cleared by the watch, which rests when it stays so."""
        self.longest_ms = 0
        """The largest budget of any machine. An entry sets `entered` only when it begins."""

    def wake(self) -> None:
        """Begin to tick. Called by an entry that finds the ticker at rest."""
        with self._lock:
            if not self.awake:
                self._source.start()
                self.awake = True
                threading.Thread(target=self._watch, name="interlock-epoch-watch", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            self.entered = False
            pause.wait(_REST_AFTER_SECONDS + 2 * self.longest_ms / 1000)
            with self._lock:
                if not self.entered:
                    self._source.stop()
                    self.awake = False
                    return

"""How long an entry may run: by the processor's time, not by the clock's.

The epoch tells how long ago an entry began. On a busy machine that says
little: a thread that waits 20 ms for a processor would lose its instance to a
neighbour's load. So at the epoch's deadline the thread's own processor time
decides: an entry that spends its budget again, after that deadline, is ended.
(Asking for that time when an entry begins would cost as much as the entry.)
"""

from __future__ import annotations

import ctypes
import time
from typing import Any, Protocol

from interlock_host.wasm import raw
from interlock_host.wasm.epoch import EpochTicker, ticks

EXCEEDED = "the module ran past its entry budget"

_UNLIMITED_TICKS = 1 << 40
_CONTINUE = 0


class Runner(Protocol):
    """What is entered: a machine. It lives as long as its store."""

    budget: Budget
    overrun: int
    """The thread's processor time at the first deadline of this entry, in ns; 0 before it."""


class Budget:
    """How long each entry of the machines that share it may run.

    Args:
        ticker: What advances the epoch.
        budget_ms: Of one entry; 0 lifts the budget.
    """

    __slots__ = ("_nanoseconds", "_ticker", "epochs", "ticks")

    def __init__(self, ticker: EpochTicker, budget_ms: int) -> None:
        self._ticker = ticker
        ticker.longest_ms = max(ticker.longest_ms, budget_ms)
        self._nanoseconds = budget_ms * 1_000_000
        self.ticks = ticks(budget_ms) if budget_ms else _UNLIMITED_TICKS
        """From an entry's beginning to its first deadline, and from one deadline to the next."""
        self.epochs = raw.size_argument(self.ticks)
        """The same, for `raw.SET_EPOCH_DEADLINE`."""

    def judge(self, runner: Runner, store: raw.Address) -> None:
        """Decide at each deadline of the runner's store."""
        raw.ON_EPOCH_DEADLINE(store, _ON_DEADLINE, id(runner), None)

    def spent(self, runner: Runner) -> bool:
        """Whether the entry whose deadline came has had its budget; called on its thread."""
        self._ticker.entered = True  # as an entry that begins: the ticker must not rest yet
        now = time.thread_time_ns()
        runner.overrun = runner.overrun or now
        return now - runner.overrun > self._nanoseconds


def _on_deadline(_context: int, data: int, epochs: Any, kind: Any) -> int:
    # The runner is being entered, so it is alive.
    runner: Runner = ctypes.cast(data, ctypes.py_object).value
    if runner.budget.spent(runner):
        error: int = raw.ERROR_NEW(EXCEEDED.encode())
        return error
    epochs[0] = runner.budget.ticks
    kind[0] = _CONTINUE
    return 0


# wasmtime keeps its address: it must outlive every store.
_ON_DEADLINE = raw.EpochDeadline(_on_deadline)

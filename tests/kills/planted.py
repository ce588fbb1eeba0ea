"""`interlock` with a disk of its own, and perhaps with a bug: python -m tests.kills.planted WHAT serve …

WHAT is names of `PLANTS`, with commas between them, `step=N` to die at a step of
the disk, and `slow` for one whose syncs take their time. Nothing of this is in the product.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from interlock_host.answers import Answers
from interlock_host.calls import Call, Record
from interlock_host.cli.main import main
from interlock_host.durability import store
from interlock_host.durability.barrier import Barrier
from interlock_host.durability.transaction import Transaction
from tests.kills.forgetful import Fate, ForgetfulDisk, ForgetfulFile

SLOW_SECONDS = 0.01


def early_answer() -> None:
    """Answers as soon as the entry is in memory."""

    def hold(self: Barrier, lsn: int, deliveries: Iterable[tuple[Call, Record]]) -> None:
        with self.lock:
            for call, record in deliveries:
                call.deliver(record)

    Barrier.hold = hold  # type: ignore[method-assign]


def leaky_read() -> None:
    """Answers calls when they are durable, and reads at once."""
    release = Transaction._release

    def leak(self: Transaction) -> None:
        held, self._held = self._held, []
        for call, record in held:
            if call.method.read:
                call.deliver(record)
            else:
                self._held.append((call, record))
        release(self)

    Transaction._release = leak  # type: ignore[method-assign]


def double_apply() -> None:
    """Takes a retry for a new call."""
    Answers.kept = lambda self, identity, request: None  # type: ignore[method-assign]
    Answers.rider = lambda self, identity, request, rider: False  # type: ignore[method-assign]


def lazy_sync() -> None:
    """Syncs what was written before the last sync: a sync that returns too early."""
    sync = ForgetfulFile.sync

    def lag(self: ForgetfulFile) -> None:
        late = self.__dict__.get("late", b"")
        self.__dict__["late"], self.unsynced = self.unsynced, late
        sync(self)

    ForgetfulFile.sync = lag  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    "early_answer": early_answer,
    "leaky_read": leaky_read,
    "double_apply": double_apply,
    "lazy_sync": lazy_sync,
}


def plant(names: Iterable[str]) -> None:
    """Change the host in this process."""
    setattr(store, "RealDisk", ForgetfulDisk)  # noqa: B010 - not exported, and that is right
    step, seconds = 0, 0.0
    for name in names:
        if name in PLANTS:
            PLANTS[name]()
        elif name.startswith("step="):
            step = int(name.removeprefix("step="))
        else:
            assert name == "slow", name
            seconds = SLOW_SECONDS
    ForgetfulDisk.fate = Fate(step, seconds)


def program(*names: str) -> tuple[str, ...]:
    """Return what Python runs for a host with these plants."""
    return ("-m", "tests.kills.planted", ",".join(names))


if __name__ == "__main__":
    plant(name for name in sys.argv.pop(1).split(",") if name)
    main()

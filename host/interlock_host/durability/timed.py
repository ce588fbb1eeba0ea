"""A journal that says how long its syncs take."""

from __future__ import annotations

import time
from collections.abc import Callable

from interlock_host.journal.journal import Journal


def _nobody(seconds: float) -> None:
    pass


class TimedJournal(Journal):
    """Counts what became durable."""

    synced_entries = 0
    synced_bytes = 0
    on_sync: Callable[[float], None] = staticmethod(_nobody)
    """Told of each sync, in seconds, on the thread that made it."""

    def flush(self) -> bool:
        """Write and sync what was appended; see `Journal.flush`."""
        before, size, began = self.durable_lsn, self.pending_bytes, time.perf_counter()
        flushed = super().flush()
        if flushed:
            self.synced_entries += self.durable_lsn - before
            self.synced_bytes += size
            self.on_sync(time.perf_counter() - began)
        return flushed

"""The thread that makes a journal durable while others append to it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from interlock_host.journal.failures import JournalFailed
from interlock_host.journal.journal import Journal

RESUME_SECONDS = 1.0


def _nothing() -> None:
    pass


class Committer:
    """Flushes a journal when woken: at once where somebody waits for it, else a little later.

    The callbacks run on the committer's thread, one at a time, and must not raise.
    """

    def __init__(
        self,
        journal: Journal,
        on_durable: Callable[[int], None],
        on_failed: Callable[[JournalFailed], None],
        on_resumed: Callable[[], None] = _nothing,
        *,
        async_seconds: float = 0.05,
        gather_seconds: float = 0.0,
        resume_seconds: float = RESUME_SECONDS,
    ) -> None:
        """Start the thread.

        Args:
            on_durable: Called with `durable_lsn` after each flush.
            on_failed: Called when the journal fails; what was not durable is discarded by then. Called
                again if it turns out, while it is tried again, that the failure is final.
            on_resumed: Called once appends are taken again.
            async_seconds: How long entries may lie that nobody waits for.
            gather_seconds: How long a flush waits for more, where the last one had several: a quick disk
                would have the threads spend their time on handing small batches over. As commit_delay
                and commit_siblings of PostgreSQL.
            resume_seconds: How often a failed journal is tried again.
        """
        self._journal = journal
        self._on_durable = on_durable
        self._on_failed = on_failed
        self._on_resumed = on_resumed
        self._async_seconds = async_seconds
        self._gather_seconds = gather_seconds
        self._resume_seconds = resume_seconds
        # Who enters a condition itself may leave it locked for ever, if KeyboardInterrupt comes just then.
        self._lock, self._flushed_lock = threading.RLock(), threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._flushed = threading.Condition(self._flushed_lock)
        self._asked = False
        self._urgent = False
        self._crowd = 0
        self._closed = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="interlock-committer", daemon=True)
        self._thread.start()

    def wake(self, urgent: bool) -> None:
        """Something was appended. Cheap where the thread was woken already.

        Args:
            urgent: Somebody waits for it.
        """
        if self._urgent or (self._asked and not urgent):
            return
        with self._lock:
            self._changed.notify()  # first: KeyboardInterrupt must not leave it asked and asleep
            self._asked = True
            self._urgent = self._urgent or urgent

    def wait(self, lsn: int, timeout: float | None = None, epoch: int | None = None) -> bool:
        """Wait until an entry is durable; False if the journal fails first, or the seconds are over.

        An LSN that the journal no longer has was discarded before the wait began.

        Args:
            epoch: `Journal.epoch` from before the append, where it may have failed since;
                None takes the one of now.
        """
        journal = self._journal
        if epoch is None:
            epoch = journal.epoch

        def settled() -> bool:
            if journal.durable_lsn >= lsn or journal.epoch != epoch or self._ended:
                return True
            return lsn > journal.last_lsn

        self.wake(True)
        with self._flushed_lock:
            self._flushed.wait_for(settled, timeout)
        return journal.epoch == epoch and journal.durable_lsn >= lsn

    def close(self) -> None:
        """Flush what is there, and end the thread. The journal stays open."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while self._sleep():
            self._flush()
        self._flush()
        with self._flushed:
            self._ended = True
            self._flushed.notify_all()

    def _sleep(self) -> bool:
        """Wait for work; False to end."""
        if self._journal.failure is not None:
            return self._outwait()
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._closed)
            if not self._urgent:
                self._changed.wait_for(lambda: self._urgent or self._closed, self._async_seconds)
            if self._crowd > 1 and self._gather_seconds:
                self._changed.wait_for(lambda: self._closed, self._gather_seconds)
            self._asked = self._urgent = False
            return not self._closed

    def _outwait(self) -> bool:
        """Try a failed journal again now and then, until it goes on."""
        with self._changed:
            pause = None if self._journal.failure and self._journal.failure.final else self._resume_seconds
            self._changed.wait_for(lambda: self._closed, pause)
            if self._closed:
                return False
        if self._journal.resume():
            self._on_resumed()
        elif self._journal.failure is not None and self._journal.failure.final:
            self._on_failed(self._journal.failure)
        return True

    def _flush(self) -> None:
        if self._journal.failure is not None:
            return
        failed: JournalFailed | None = None
        try:
            before = self._journal.durable_lsn
            flushed = self._journal.flush()
            self._crowd = self._journal.durable_lsn - before
        except JournalFailed as failure:
            failed, flushed = failure, True
        if not flushed:
            return
        # Who waits goes on first: it may hold what the callbacks want.
        with self._flushed:
            self._flushed.notify_all()
        if failed is not None:
            self._on_failed(failed)
        else:
            self._on_durable(self._journal.durable_lsn)

"""The thread that makes a journal durable while others append to it."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable

from interlock_host.bell import Bell
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
        self._bell = Bell()
        self._latches: collections.deque[threading.Lock] = collections.deque()
        """Of the threads in `wait`, each locked twice."""
        self._hurry = False
        """Whether somebody waits for what the bell was rung for."""
        self._asked = self._urgent = False
        """Whether the thread will flush without being woken: soon; at once."""
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
        if urgent:
            self._hurry = True
        self._bell.ring()

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

        over = None if timeout is None else time.monotonic() + timeout
        while not settled():
            latch = threading.Lock()
            latch.acquire()
            self._latches.append(latch)
            self.wake(True)
            if settled():  # before it was seen that somebody waits
                break
            if not latch.acquire(timeout=-1 if over is None else max(0.0, over - time.monotonic())):
                break
        return journal.epoch == epoch and journal.durable_lsn >= lsn

    def close(self) -> None:
        """Flush what is there, and end the thread. The journal stays open."""
        self._closed = True
        self._bell.ring()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while self._sleep():
            self._flush()
        self._flush()
        self._ended = True
        self._unlatch()

    def _sleep(self) -> bool:
        """Wait for work; False to end."""
        if self._journal.failure is not None:
            return self._outwait()
        if not self._closed:
            self._bell.wait()
        self._asked = True
        self._listen(self._async_seconds, lambda: self._hurry)
        self._urgent = True
        if self._crowd > 1 and self._gather_seconds:
            self._listen(self._gather_seconds)
        # Before the flush takes them: who appended and was not heard is in it.
        self._asked = self._urgent = self._hurry = False
        return not self._closed

    def _listen(self, seconds: float | None, enough: Callable[[], bool] = lambda: False) -> None:
        """Wait for `seconds`, or until it is enough, or closed."""
        over = None if seconds is None else time.monotonic() + seconds
        while not (self._closed or enough()):
            if not self._bell.wait(None if over is None else max(0.0, over - time.monotonic())):
                return

    def _outwait(self) -> bool:
        """Try a failed journal again now and then, until it goes on."""
        final = self._journal.failure is not None and self._journal.failure.final
        self._listen(None if final else self._resume_seconds)
        if self._closed:
            return False
        if self._journal.resume():
            self._on_resumed()
        elif self._journal.failure is not None and self._journal.failure.final:
            self._on_failed(self._journal.failure)
        return True

    def _unlatch(self) -> None:
        for _ in range(len(self._latches)):
            self._latches.popleft().release()

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
        self._unlatch()
        if failed is not None:
            self._on_failed(failed)
        else:
            self._on_durable(self._journal.durable_lsn)

"""Running the job: the same for every placement."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from demo.board import Board
from demo.crew import Crew
from demo.failure import DemoFailed
from demo.job import GROUP, PARTITIONS, close_queues, make_queues, queue_name, read_totals
from demo.screen import Screen
from demo.words import Totals
from interlock import Client, Error, GroupState

POLL = 0.2
"""Seconds between two looks at the job."""
MOST_SECONDS = 240.0
"""Of one job: then it is given up."""


class Job:
    """One run of the job.

    Args:
        client: The place.
        metrics: Says what /metrics says.
        crew: Who works.
        board: Where it is shown.
        screen: Who shows it.
    """

    def __init__(
        self, client: Client, metrics: Callable[[], str], crew: Crew, board: Board, screen: Screen
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._crew = crew
        self._board = board
        self._screen = screen

    def run(self) -> Totals:
        """Do the job and return the totals.

        Raises:
            DemoFailed: It cannot be done.
        """
        make_queues(self._client)
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self._crew.start_consumers()
            self._until(self._is_complete)
            self._board.began = time.monotonic()
            self._crew.start_producers()
            self._until(lambda: not self._crew.producing())
            close_queues(self._client)
            self._until(lambda: not any(self._board.waiting))
            self._board.ended = time.monotonic()
        except BaseException:
            self._crew.abandon()
            raise
        self._crew.stop()
        self._look()
        return read_totals(self._client)

    def _watch(self) -> None:
        # The stream ends with the client, by an error that tells nothing new.
        with contextlib.suppress(Error):
            for view in self._client.rebalance(GROUP).watch():
                self._board.see(view)

    def _is_complete(self) -> bool:
        view = self._client.rebalance(GROUP).describe()
        return view.state is GroupState.STABLE and len(view.members) == len(self._crew.consumers)

    def _until(self, reached: Callable[[], bool]) -> None:
        give_up = time.monotonic() + MOST_SECONDS
        while True:
            self._crew.step()
            self._look()
            if reached():
                return
            if time.monotonic() > give_up:
                raise DemoFailed(f"the job did not get on for {MOST_SECONDS:.0f} s")
            time.sleep(POLL)

    def _look(self) -> None:
        self._board.measure(self._metrics(), [self._held(partition) for partition in range(PARTITIONS)])
        self._screen.show(self._board)

    def _held(self, partition: int) -> int:
        stats = self._client.queue(queue_name(partition)).stats()
        return stats.depth + stats.leased + stats.delayed

"""Who does the work of a job: what processes and threads have in common."""

from __future__ import annotations

from typing import Any, Protocol

from demo.board import Board
from demo.job import queue_name


class Crew(Protocol):
    """Producers and consumers."""

    consumers: list[str]
    """The names of those that will join the group."""

    def start_consumers(self) -> None: ...

    def start_producers(self) -> None: ...

    def producing(self) -> bool:
        """Whether a producer has work left."""

    def step(self) -> None:
        """See to what happened since the last call.

        Raises:
            DemoFailed: One of them ended before it should.
        """

    def abandon(self) -> None:
        """End everybody at once: the job has failed."""

    def stop(self) -> None:
        """Let consumers finish what they have in hand, leave the group, and end.

        Raises:
            DemoFailed: One of them did not end well.
        """


def hear(board: Board, name: str, what: dict[str, Any]) -> None:
    """Note what a worker says."""
    if what["event"] == "again":
        board.again += what["items"]
        board.known += what["known"]
        board.say(
            f"{what['items']} items of {queue_name(what['partition'])} came back, to {name}:"
            f" {what['known']:,} additions known already"
        )
    elif what["event"] == "produced":
        board.say(f"{name} is done: {what['items']:,} items pushed")

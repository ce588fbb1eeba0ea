"""How a journal says no."""

from __future__ import annotations


class Fenced(Exception):
    """An append named another entry as its instance's last than the journal knows: somebody else wrote."""

    def __init__(self, instance: int, previous: int, head: int | None) -> None:
        known = "none" if head is None else str(head)
        super().__init__(f"instance {instance}: the last entry is {known}, not {previous}")
        self.instance = instance
        self.previous = previous
        self.head = head


class JournalFailed(Exception):
    """The disk refused, so nothing is appended until `resume`; what was not durable is discarded.

    Attributes:
        final: No resume in this process. After a failed sync the system may show data
            that the disk does not have, and a second sync may say that all is well.
        error: What the system said.
    """

    def __init__(self, doing: str, error: OSError, *, final: bool) -> None:
        end = "; only a restart goes on" if final else ""
        super().__init__(f"the journal failed to {doing}: {error.strerror or error}{end}")
        self.doing = doing
        self.error = error
        self.final = final

    def again(self) -> JournalFailed:
        """Return a copy to raise. One that is raised again and again would keep every traceback."""
        return JournalFailed(self.doing, self.error, final=self.final)

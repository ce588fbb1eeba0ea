"""What a simulation tells: the states that were reached, and one last line."""

from __future__ import annotations

import dataclasses
from collections import Counter

from tests.simulation import counter_reference, durable, group_reference, queue_reference
from tests.simulation.actor import Seen

STATES = {
    "queue": queue_reference.STATES,
    "counter": counter_reference.STATES,
    "rebalance": group_reference.STATES,
    "disk": durable.STATES,
    "retries": ("answered again", "waits too"),
}
_COLUMNS = 3


@dataclasses.dataclass
class Outcome:
    """What came of some seeds."""

    steps: int = 0
    seeds: int = 0
    violations: int = 0
    seconds: float = 0
    """Of one process each, added up."""
    seen: Seen = dataclasses.field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        """Take another's numbers in."""
        self.steps += other.steps
        self.seeds += other.seeds
        self.violations += other.violations
        self.seconds += other.seconds
        for part, seen in other.seen.items():
            self.seen.setdefault(part, Counter()).update(seen)

    def missing(self) -> list[str]:
        """Return the states that nothing reached."""
        return [f"{part}: {s}" for part, states in STATES.items() for s in states if not self._times(part, s)]

    def _times(self, part: str, state: str) -> int:
        return self.seen.get(part, Counter())[state]

    def table(self) -> str:
        """Return how often each state was reached."""
        lines = []
        for part, states in STATES.items():
            reached = sum(1 for state in states if self._times(part, state))
            lines.append(f"{part}: {reached} of {len(states)} states reached")
            cells = [f"{state:<24}{self._times(part, state) or 'never':>11}" for state in states]
            lines += ["  " + "   ".join(cells[i : i + _COLUMNS]) for i in range(0, len(cells), _COLUMNS)]
        return "\n".join(lines)

    def last_line(self, wall_seconds: float) -> str:
        """Return the line that scripts read."""
        rate = self.steps / wall_seconds if wall_seconds else 0
        return (
            f"steps={self.steps} seeds={self.seeds} violations={self.violations} steps_per_second={rate:.0f}"
        )

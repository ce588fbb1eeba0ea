"""What the references of all modules have in common: time, timers, and what they say.

A reference is a module in plain Python, written from its proto and its README.
It is entered as the module is: a call at a time, with the time; what is due
happens before. What it says is compared with what the module answers.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from typing import NamedTuple

MS = 1_000_000
NEVER = (1 << 63) - 1
ANSWERS_KEPT_MS = 600_000

OK = 0
INVALID_ARGUMENT = 3
NOT_FOUND = 5
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11


class Refusal(NamedTuple):
    """An error, without its sentence."""

    code: int
    reason: str
    """Of `interlock.v1.Reason`, without its prefix."""
    field: str = ""


class Said(NamedTuple):
    """One record that the module must emit."""

    call: int
    final: bool
    value: object
    """What the reply says, as plain values; a `Refusal`; None for a stream's end."""


class Answered(NamedTuple):
    """The first answer of a call with a request id."""

    request: bytes
    value: object
    now: int


Once = tuple[bytes, bytes]
"""A request id, and the request that came with it."""
NOT_ONCE: Once = (b"", b"")


class Timed:
    """Whatever waits for a time."""

    __slots__ = ("timer",)

    def __init__(self) -> None:
        self.timer: tuple[int, int] | None = None
        """When it is due, in ns, and the order of setting, which breaks ties."""


class Reference:
    """Time and timers; `enter`, `cancel` and `tick` are the module's.

    Args:
        name: The instance's.
        now: When it is made, in ns.
        seen: Counts the states that were reached, by name.
    """

    def __init__(self, name: str, now: int, seen: Counter[str]) -> None:
        self.name = name
        self.now = now
        self.seen = seen
        self.said: list[Said] = []
        """In order; whoever compares takes them out."""
        self.identified: dict[int, tuple[bytes, bytes]] = {}
        """Calls that came with a request id and have no answer: the id, and the request."""
        self.answered: OrderedDict[bytes, Answered] = OrderedDict()
        """What a retry gets, by request id; the oldest first."""
        self._heap: list[tuple[int, int, Timed]] = []
        self._order = 0

    def enter(self, call: int, method: str, request: tuple[object, ...], once: Once = NOT_ONCE) -> None:
        """Make a call at `now`; its number is above those before."""
        if once[0]:
            self.identified[call] = once
        getattr(self, method)(call, *request)

    def leave(self, call: int) -> bool:
        """Take a parked call from the module; whether it was answered on the way."""
        answered = self.cancel(call)
        self.identified.pop(call, None)
        return answered

    def cancel(self, call: int) -> bool:
        """Do what the module does; see `leave`."""
        raise NotImplementedError

    def metrics(self) -> dict[str, int]:
        """Return what `interlock_metrics` says."""
        raise NotImplementedError

    def tick(self) -> None:
        """Do what is due at `now`."""
        raise NotImplementedError

    def __getstate__(self) -> dict[str, object]:
        """A copy counts for itself and asks nobody."""
        return {key: value for key, value in self.__dict__.items() if key not in {"seen", "choose"}} | {
            "seen": Counter()
        }

    # What it says

    def reply(self, call: int, value: object) -> None:
        """Answer a unary call."""
        self._final(Said(call, True, value))

    def message(self, call: int, value: object) -> None:
        """Send a message of a stream."""
        self.said.append(Said(call, False, value))

    def refuse(self, call: int, code: int, reason: str, field: str = "") -> None:
        """Answer with an error."""
        self._final(Said(call, True, Refusal(code, reason, field)))

    def _final(self, said: Said) -> None:
        self.said.append(said)
        if said.call in self.identified:
            identity, request = self.identified.pop(said.call)
            self.answered.pop(identity, None)  # it is the newest now
            self.answered[identity] = Answered(request, said.value, self.now)
            while next(iter(self.answered.values())).now + ANSWERS_KEPT_MS * MS < self.now:
                self.answered.popitem(last=False)

    # Time

    def set_timer(self, owner: Timed, due: int) -> None:
        """Set or move a timer; one that is moved goes behind those with its new time."""
        self._order += 1
        owner.timer = (due, self._order)
        heapq.heappush(self._heap, (due, self._order, owner))

    def next_due(self) -> int:
        """When the next timer is due, or NEVER."""
        heap = self._heap
        while heap and heap[0][2].timer != heap[0][:2]:
            heapq.heappop(heap)
        return heap[0][0] if heap else NEVER

    def take_due(self) -> Timed | None:
        """Take the timer that is due next, if that is by now."""
        if self.next_due() > self.now:
            return None
        owner = heapq.heappop(self._heap)[2]
        owner.timer = None
        return owner

    def advance(self, now: int) -> None:
        """Let time pass, as a host settles: a tick at each time at which something is due."""
        while (due := self.next_due()) <= now:
            self.now = max(due, self.now)
            self.tick()
        self.now = max(now, self.now)

"""A counter in plain Python: what the module must be equal to."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence

from tests.simulation.reference import INVALID_ARGUMENT, MS, OUT_OF_RANGE, Reference, Timed

LEAST, MOST = -(1 << 63), (1 << 63) - 1
ONCE_MS = 600_000
PAGE = 1_000
STATES = (
    "overflow", "once applied", "once known", "once forgotten", "swapped", "not swapped",
    "compared with absent", "reset", "reset all", "parked wait", "woken", "wait over",
    "impossible bounds", "page", "wait cancelled", "trapped",
)  # fmt: skip


class Parked(Timed):
    """A parked Wait."""

    __slots__ = ("call", "key", "least", "most")

    def __init__(self, call: int, key: str, least: int, most: int) -> None:
        super().__init__()
        self.call, self.key, self.least, self.most = call, key, least, most


class Once(Timed):
    """An id that is known."""

    __slots__ = ("id",)

    def __init__(self, id_: str) -> None:
        super().__init__()
        self.id = id_


class Counters(Reference):
    """A dict of numbers."""

    def __init__(self, name: str, now: int, seen: Tally[str]) -> None:
        super().__init__(name, now, seen)
        self.values: dict[str, int] = {}
        self.once: dict[str, Once] = {}
        self.waits: dict[int, Parked] = {}

    def Add(self, call: int, adds: Sequence[tuple[str, int, str]]) -> None:
        values, once = dict(self.values), list[str]()
        reply = []
        for place, (key, delta, id_) in enumerate(adds):
            known = bool(id_) and (id_ in self.once or id_ in once)
            self.seen["once known"] += known
            if not known:
                total = values.get(key, 0) + delta
                if not LEAST <= total <= MOST:
                    self.seen["overflow"] += 1
                    self.refuse(call, OUT_OF_RANGE, "OVERFLOW", f"adds[{place}].key")
                    return
                values[key] = total
                if id_:
                    once.append(id_)
            reply.append((key, values.get(key, 0), not known))
        self.values = values
        for id_ in once:
            self.seen["once applied"] += 1
            self.once[id_] = Once(id_)
            self.set_timer(self.once[id_], self.now + ONCE_MS * MS)
        self.reply(call, reply)
        self._wake()

    def Get(self, call: int, keys: Sequence[str]) -> None:
        self.reply(call, [(key, self.values.get(key, 0)) for key in keys])

    def CompareAndSet(self, call: int, key: str, expected: int, value: int) -> None:
        self.seen["compared with absent"] += key not in self.values
        swapped = self.values.get(key, 0) == expected
        self.seen["swapped" if swapped else "not swapped"] += 1
        if swapped:
            self.values[key] = value
        self.reply(call, (swapped, self.values.get(key, 0)))
        self._wake()

    def Reset(self, call: int, keys: Sequence[str]) -> None:
        self.seen["reset" if keys else "reset all"] += 1
        gone = {key for key in keys or self.values if key in self.values}
        for key in gone:
            del self.values[key]
        self.reply(call, (len(gone),))
        self._wake()

    def List(self, call: int, prefix: str, page_size: int, after: str | None) -> None:
        """`after` is the last key of the page before, which its token stands for."""
        keys = sorted(key for key in self.values if key.startswith(prefix) and (after is None or key > after))
        page = keys[: page_size or PAGE]
        more = len(page) < len(keys)
        self.seen["page"] += more
        self.reply(call, ([(key, self.values[key]) for key in page], more))

    def Wait(self, call: int, key: str, least: int | None, most: int | None, wait_ms: int) -> None:
        wait = Parked(call, key, LEAST if least is None else least, MOST if most is None else most)
        value = self.values.get(key, 0)
        if wait.least > wait.most:
            self.seen["impossible bounds"] += 1
            self.refuse(call, INVALID_ARGUMENT, "INVALID_PROTO", "at_most")
        elif wait.least <= value <= wait.most or not wait_ms:
            self.reply(call, (value, wait.least <= value <= wait.most))
        else:
            self.seen["parked wait"] += 1
            self.waits[call] = wait
            self.set_timer(wait, self.now + wait_ms * MS)

    def _wake(self) -> None:
        for call, wait in list(self.waits.items()):
            value = self.values.get(wait.key, 0)
            if wait.least <= value <= wait.most:
                self.seen["woken"] += 1
                self._answer(self.waits[call], value, True)

    def _answer(self, wait: Parked, value: int, reached: bool) -> None:
        wait.timer = None
        del self.waits[wait.call]
        self.reply(wait.call, (value, reached))

    def cancel(self, call: int) -> bool:
        self.seen["wait cancelled"] += 1
        self.waits.pop(call).timer = None
        return False

    def metrics(self) -> dict[str, int]:
        return {"keys": len(self.values), "waiters": len(self.waits), "once_ids": len(self.once)}

    def tick(self) -> None:
        while (owner := self.take_due()) is not None:
            if isinstance(owner, Parked):
                self.seen["wait over"] += 1
                self._answer(owner, self.values.get(owner.key, 0), False)
            elif isinstance(owner, Once):
                self.seen["once forgotten"] += 1
                del self.once[owner.id]

"""What is heard, beside what the reference says."""

from __future__ import annotations

from collections.abc import Sequence

from interlock_host.calls import Record
from tests.simulation.actor import Open, Violation
from tests.simulation.clients import refusal_of
from tests.simulation.reference import Said


class Hearing:
    """The open calls of a world, and the comparison of what they hear."""

    def __init__(self) -> None:
        self.open: dict[int, Open] = {}
        """By the number of the call, which rises."""

    def expected(self, said: Sequence[Said]) -> list[Said]:
        """Return what must be heard where a reference said this: retries hear what their call does."""
        if len(said) == 1:
            opened = self.open.get(said[0].call)
            if opened is not None and not opened.riders and not opened.left:
                return list(said)
        heard = []
        for one in said:
            opened = self.open.get(one.call)
            if opened is None:
                continue  # its caller is gone, with a process that was killed
            if not opened.left:
                heard.append(one)
            heard += [Said(rider, one.final, one.value) for rider in opened.riders]
            if opened.left and one.final:
                del self.open[one.call]
        return heard

    def same(self, number: int, record: Record, expected: Said) -> None:
        """Compare one record with what must be heard."""
        if number != expected.call:
            first = self.tell(expected.call, f"hears {expected.value}")
            raise Violation(self.tell(number, f"hears {self.value(number, record)} before {first}"))
        value = self.value(number, record, expected.value)
        if value != expected.value or record.final != expected.final:
            raise Violation(self.tell(number, f"hears {value}; it should {expected.value}"))
        if record.final:
            del self.open[number]

    def value(self, number: int, record: Record, expected: object = None) -> object:
        """Read a record."""
        opened = self.open.get(number)
        if opened is None:
            return f"{record}, behind its end"
        if record.status:
            return refusal_of(record)
        if not record.is_message:
            return None
        return opened.actor.clients.hear(opened.method, opened.plain, record.payload, expected)

    def tell(self, number: int, text: str) -> str:
        """Say of which call something is true."""
        opened = self.open.get(number)
        if opened is None:
            return f"call {number} {text}"
        return f"call {number}, {opened.actor.name}.{opened.method}{opened.plain}, {text}"

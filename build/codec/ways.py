"""Repeated fields inside singular sub-messages (codec_repeated.way).

The parts of a singular sub-message merge, and the members of a oneof take each
other's place. A cursor follows the first, but not the second: a repeated field
behind a oneof must come in one part, and the decoder says so.
"""

from dataclasses import dataclass, replace

from codec.load import WAY_MAX
from codec.names import case_member, number_macro
from codec.schema import Field, Message, Unit, Unsupported


@dataclass(frozen=True)
class Way:
    path: str = ""  # from the outer message in C: "sub.inner.items"
    tags: tuple[int, ...] = ()  # of the sub-messages along it
    conditions: tuple[str, ...] = ()  # in C: that the oneof members along it are set

    def constant(self, message: Message) -> str:
        return f"{message.c_name}_way_{'_'.join(map(str, self.tags))}"


def ways_through(message: Message, field: Field, unit: Unit) -> list[Way]:
    """The ways from a message, through one of its singular sub-messages, to
    all repeated fields below."""
    return _ways(message, field, unit, Way())


def _ways(message: Message, field: Field, unit: Unit, outer: Way) -> list[Way]:
    """The ways that go on from `outer`, which leads to `message`, through a field of it."""
    conditions = outer.conditions
    if field.oneof:
        condition = f"out->{outer.path}{case_member(field.oneof)} == {number_macro(message, field)}"
        conditions = (*conditions, condition)
    here = Way(f"{outer.path}{field.c_name}.", (*outer.tags, field.tag(2)), conditions)
    held = unit.message(field.type_name)
    ways = [replace(here, path=here.path + inner.c_name) for inner in held.fields if inner.repeated]
    if ways and len(here.tags) > WAY_MAX:
        raise Unsupported(
            f"{message.c_name}.{field.name}: a repeated field is more than {WAY_MAX} sub-messages deep"
        )
    for inner, _ in unit.held_by_value(held):
        ways += _ways(held, inner, unit, here)
    return ways

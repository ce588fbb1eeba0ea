"""Scripts: the steps of one run, as JSON that is kept and replayed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.simulation.actor import Step, Violation
from tests.simulation.clients import CLIENTS
from tests.simulation.durable import DurableWorld
from tests.simulation.world import World

POWER_LOST: Step = ("crash", 0, 0, 0)
_LEFT_OUT = 8
SCRIPTS = Path(__file__).parent / "scripts"


def first_violation(steps: Iterable[Step], world: World | None = None) -> tuple[int, Violation] | None:
    """Run steps in a new world; return the place of the one that went wrong, and how."""
    world = world or World()
    at = -1
    try:
        for place, step in enumerate(steps):
            at = place
            world.step(step)
    except Violation as violation:
        return at, violation
    finally:
        world.close()
    return None


def shrink(steps: list[Step], world: Callable[[], World] = World, most_runs: int = 2_000) -> list[Step]:
    """Return as few of the steps as still go wrong: no step of them can be left out.

    A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing
    input", 2002, without its search among subsets: steps name receipts, calls
    and members by place, so any part of a script is a script.
    """
    found = first_violation(steps, world())
    assert found is not None, "this script goes well"
    steps = _without_instances(_plainer(steps[: found[0] + 1], world), world)
    size = len(steps) // 2
    while size and most_runs > 0:
        at = len(steps)
        before = len(steps)
        while at > 0 and most_runs > 0:
            at -= size
            fewer = steps[: max(at, 0)] + steps[max(at, 0) + size :]
            most_runs -= 1
            found = first_violation(fewer, world())
            if found is not None:
                steps = fewer[: found[0] + 1]
                at = min(at, len(steps))
        size = size if size == 1 and len(steps) < before else size // 2
    return steps


def _plainer(steps: list[Step], world: Callable[[], World]) -> list[Step]:
    """Let nothing befall the disk but losses of power between operations, if that shows it too."""
    if not any(step[0] in {"power", "fault"} for step in steps):
        return steps
    plain = [step for step in steps if step[0] not in {"power", "fault"}]
    tries = [[*plain[: len(plain) - left_out], POWER_LOST] for left_out in range(_LEFT_OUT)]
    tries.append([POWER_LOST if step[0] == "power" else step for step in steps if step[0] != "fault"])
    for fewer in tries:
        found = first_violation(fewer, world())
        if found is not None:
            return fewer[: found[0] + 1]
    return steps


def _without_instances(steps: list[Step], world: Callable[[], World]) -> list[Step]:
    """Leave out all steps of an instance where that shows it too."""
    instances = {step[step.index(module) + 1] for step in steps for module in CLIENTS if module in step}
    for instance in sorted(instances):
        fewer = [step for step in steps if instance not in step]
        found = first_violation(fewer, world())
        if found is not None:
            steps = fewer[: found[0] + 1]
    return steps


def save(path: Path, world: type[World], why: str, steps: list[Step]) -> None:
    """Write a script, a step a line."""
    lines = ",\n".join(f"  {json.dumps(step)}" for step in steps)
    head = f'"world": {json.dumps(world.__name__)}, "why": {json.dumps(why)}'
    path.write_text(f'{{{head}, "steps": [\n{lines}\n]}}\n')


def load(path: Path) -> tuple[type[World], list[Step]]:
    """Read a script, and what it runs in."""
    read = json.loads(path.read_text())
    world = {"World": World, "DurableWorld": DurableWorld}[read["world"]]
    return world, [_tuples(step) for step in read["steps"]]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value

"""Limits that the host grants hold for instances from before too, and for the modules of those."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from interlock.v1 import contract_pb2
from interlock_host.module import CAPS, Limits
from tests.host import puppet
from tests.host.durability.world import World
from tests.host.puppet import answer


def caps_of(name: str) -> Limits:
    return dataclasses.replace(CAPS, entry_budget_ms=7 if name == "puppet" else 10)


def test_of_an_older_module(tmp_path: Path, puppet_folder: Path) -> None:
    world = World(puppet_folder, standard=False)
    world.config = dataclasses.replace(world.config, caps_of=caps_of)
    world.restart()
    assert world.engine.modules["puppet"].limits.entry_budget_ms == 7
    world.do(answer())
    world.sync()
    world.crash()
    instance = world.instance("puppet")
    assert instance.machine is not None and instance.machine.budget is instance.module.program.budget(7)
    puppet.build(tmp_path, contract_pb2.Limits(max_parked_calls=3))
    world.serve(tmp_path)
    world.crash()
    instance = world.instance("puppet")
    assert instance.module is not world.engine.modules["puppet"]
    assert instance.module.limits.entry_budget_ms == 7

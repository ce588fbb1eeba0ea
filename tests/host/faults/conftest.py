"""Fixtures: a daemon whose disk does as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.host.durability.child import Child
from tests.host.faults.shim import Faults, compiled


class Faulty(NamedTuple):
    """A daemon, and the faults of its disk."""

    child: Child
    faults: Faults


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def faulty(tmp_path: Path, library: Path) -> Iterator[Faulty]:
    """A daemon with a counter c that is ephemeral, z that is async, and all others durable."""
    config = tmp_path / "config.toml"
    config.write_text(
        "snapshot_entries = 20\n"
        '[[instances]]\nmodule = "counter"\nname = "c"\ndurability = "ephemeral"\n'
        '[[instances]]\nmodule = "counter"\nname = "z"\ndurability = "async"\n'
    )
    faults = Faults(tmp_path / "faults", library, tmp_path / "data")
    with Child(tmp_path, tmp_path / "data", "--config", config, environment=faults.environment) as child:
        yield Faulty(child, faults)

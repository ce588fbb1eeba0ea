"""The generators of wire bytes stand beside the codec's tests."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "wasm_modules"))

from tests.stress.bystander import Bystander
from tests.stress.daemon import Daemon

Report = Callable[[str], None]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Prints a line past pytest's capture: these numbers are for people."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", end="")

    return line


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon for the attacks of one file, with a virtual clock."""
    folder = tmp_path_factory.mktemp("daemon")
    folder.chmod(0o700)
    daemon = Daemon("--clock", "virtual", "--listen", f"unix:{folder}/s", log=folder / "log")
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.fixture(scope="module")
def bystander(daemon: Daemon) -> Iterator[Bystander]:
    """The client whom no attack may disturb."""
    bystander = Bystander(daemon)
    yield bystander
    bystander.close()

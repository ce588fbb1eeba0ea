"""wasm_modules/queue/ring.c under real threads that die, compiled for the machine that runs the tests.

x86 hides most missing orders: a load is never seen before an earlier load here.
What each order is for stands beside it in ring.c; this finds what goes wrong
between the steps, not between two loads.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import interlock_host

SOURCE = Path(__file__).with_name("queue_ring_stress.c")
ITEMS = 20_000
CMPXCHG = b"\xfe\x49\x03"
"""i64.atomic.rmw.cmpxchg, aligned to 8."""


@pytest.fixture(scope="module")
def stress(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("ring") / "queue_ring_stress"
    command = [
        sys.executable, "-m", "ziglang", "cc", "-O2", "-std=c11", "-Wall", "-Wextra", "-Werror",
        "-o", str(program), str(SOURCE), "-lpthread",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return program


@pytest.mark.parametrize(
    ("producers", "consumers", "ring_bytes"),
    [(1, 1, 4096), (4, 1, 4096), (4, 3, 4096), (8, 2, 65536), (2, 4, 1 << 20)],
    ids=["spsc", "mpsc", "takeover", "many", "roomy"],
)
def test_threads(stress: Path, producers: int, consumers: int, ring_bytes: int) -> None:
    numbers = [str(number) for number in (producers, consumers, ITEMS, ring_bytes)]
    ran = subprocess.run([str(stress), *numbers], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{producers * ITEMS} popped")


def test_atomics_are_atomic() -> None:
    """A compiler without the feature turns them into plain loads and stores, silently."""
    packed = Path(interlock_host.__file__).parent / "modules" / "queue.wasm"
    assert packed.read_bytes().count(CMPXCHG) >= 4

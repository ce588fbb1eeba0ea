"""wasm_modules/queue/ring.c under real threads that die, compiled for the machine that runs the tests.

x86 hides most missing orders: a load is never seen before an earlier load here.
What each order is for stands beside it in ring.c, and the soak runs under
ThreadSanitizer, which goes by the orders that are written and not by the
machine's: without the release in ring_push or ring_commit, or the acquire in
ring_peek or room_behind, it reports a race.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import interlock_host

SOURCE = Path(__file__).with_name("queue_ring_stress.c")
ITEMS = 20_000
CMPXCHG = b"\xfe\x49\x03"
"""i64.atomic.rmw.cmpxchg, aligned to 8."""


def build(program: Path, *options: str) -> Path:
    command = [
        sys.executable, "-m", "ziglang", "cc", *options, "-std=c11", "-Wall", "-Wextra", "-Werror",
        "-o", str(program), str(SOURCE), "-lpthread",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return program


def run(program: Path, *numbers: int) -> str:
    ran = subprocess.run([program, *map(str, numbers)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def stress(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("ring") / "stress", "-O2")


@pytest.mark.parametrize(
    ("producers", "consumers", "ring_bytes"),
    [(1, 1, 4096), (4, 1, 4096), (4, 3, 4096), (8, 2, 65536), (2, 4, 1 << 20)],
    ids=["spsc", "mpsc", "takeover", "many", "roomy"],
)
def test_threads(stress: Path, producers: int, consumers: int, ring_bytes: int) -> None:
    said = run(stress, producers, consumers, ITEMS, ring_bytes)
    assert said.startswith(f"{producers * ITEMS} popped")


@pytest.mark.skipif("INTERLOCK_SOAK" not in os.environ, reason="takes a minute to build the first time")
@pytest.mark.timeout(600)
def test_orders(tmp_path: Path) -> None:
    run(build(tmp_path / "stress", "-O1", "-g", "-fsanitize=thread"), 4, 3, 5000, 4096)


def test_atomics_are_atomic() -> None:
    """A compiler without the feature turns them into plain loads and stores, silently."""
    packed = Path(interlock_host.__file__).parent / "modules" / "queue.wasm"
    assert packed.read_bytes().count(CMPXCHG) >= 4

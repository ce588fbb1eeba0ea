"""The protos keep buf's rules, and break nobody who uses the released ones."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from modules import ROOT
from tests.toolchain import require

BUF = ROOT / "build" / "buf" / "node_modules" / ".bin" / "buf"
RELEASED = ROOT / "build" / "buf" / "released.json"


@pytest.fixture(autouse=True)
def need_buf() -> None:
    require(BUF, get="make buf")


def buf(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """No network: proxies that answer nobody."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    environment = os.environ | nowhere
    return subprocess.run(
        [BUF, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def breaking(root: Path) -> subprocess.CompletedProcess[str]:
    # The imports are files that buf carries, in another form with each release of buf.
    return buf(root, "breaking", "--exclude-imports", "--against", str(RELEASED))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def replace(tree: Path, old: str, new: str) -> None:
    proto = tree / "protos" / "interlock" / "queue" / "v1" / "queue.proto"
    text = proto.read_text()
    assert text.count(old) == 1
    proto.write_text(text.replace(old, new))


def test_lint() -> None:
    done = buf(ROOT, "lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_finds(tree: Path) -> None:
    replace(tree, "service QueueService {", "service Queues {")
    assert "should be suffixed" in buf(tree, "lint").stdout


def test_breaks_nobody() -> None:
    done = breaking(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("uint32 duplicates = 2;", "uint32 duplicates = 7;", 'field "2" with name "duplicates"'),
        ("uint32 duplicates = 2;", "string duplicates = 2;", "changed type"),
        ("rpc Purge(PurgeRequest) returns (PurgeResponse);", "", '"Purge"'),
    ],
    ids=["renumbered", "retyped", "removed"],
)
def test_break(tree: Path, old: str, new: str, said: str) -> None:
    replace(tree, old, new)
    done = breaking(tree)
    assert done.returncode == 100, done.stderr
    assert said in done.stdout


def test_growth(tree: Path) -> None:
    """A new field breaks nobody."""
    replace(tree, "uint32 duplicates = 2;", "uint32 duplicates = 2;\n  uint32 novel = 9;")
    assert breaking(tree).returncode == 0

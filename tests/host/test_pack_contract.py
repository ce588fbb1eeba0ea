"""Contract files: what they may say, and what is refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.v1 import contract_pb2
from interlock_host.pack import DEFAULTS, PackError, effective_limits, load_contract

WHOLE = """\
abi: 1
package: acme.gate.v1
service: GateService
summary: A gate
limits:
  max_memory: 67_108_864
  max_message_bytes: 1024
  max_parked_calls: 0
  max_parked_bytes: 5_000_000_000
  entry_budget_ms: 20
  stream_window: 16
durability: durable
direct: [Open, Close]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contract.yaml"


def test_whole(path: Path) -> None:
    path.write_text(WHOLE)
    assert load_contract(path) == contract_pb2.Contract(
        abi=1,
        package="acme.gate.v1",
        service="GateService",
        summary="A gate",
        limits=contract_pb2.Limits(
            max_memory=67_108_864,
            max_message_bytes=1024,
            max_parked_bytes=5_000_000_000,
            entry_budget_ms=20,
            stream_window=16,
        ),
        durability=contract_pb2.DURABILITY_DURABLE,
        direct=["Open", "Close"],
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "limits: {}"])
def test_empty(path: Path, text: str) -> None:
    path.write_text(text)
    assert effective_limits(load_contract(path).limits) == contract_pb2.Limits(**DEFAULTS)


@pytest.mark.parametrize("name", ["async", "DURABILITY_ASYNC"])
def test_durability(path: Path, name: str) -> None:
    path.write_text(f"durability: {name}")
    assert load_contract(path).durability == contract_pb2.DURABILITY_ASYNC


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("sumary: x", 1, "unknown key 'sumary'; the contract has: abi, package, service"),
        ("summary: x\nlimits:\n  max_mem: 5", 3, "unknown key 'max_mem'; limits has: max_memory"),
        ("limits:\n  max_memory: lots", 2, "max_memory: expected a whole number, not str"),
        ("limits:\n  max_memory: 1.5", 2, "max_memory: expected a whole number, not float"),
        ("limits:\n  max_memory: true", 2, "max_memory: expected a whole number, not bool"),
        ("limits:\n  max_memory: -1", 2, "max_memory: -1 is not within 0 and"),
        ("limits:\n  entry_budget_ms: 4294967296", 2, "entry_budget_ms: 4294967296 is not within"),
        ("limits:\n  entry_budget_ms: [1]", 2, "entry_budget_ms: expected a whole number, not seq"),
        ("limits:\n  entry_budget_ms:", 2, "entry_budget_ms: expected a whole number, not null"),
        ("limits: 5", 1, "limits: expected keys and values"),
        ("summary: 5", 1, "summary: expected text, not int (quote it)"),
        ("summary: [a]", 1, "summary: expected text, not seq"),
        ("direct: Open", 1, "direct: expected a list"),
        ("direct: [5]", 1, "direct: expected text, not int"),
        ("durability: forever", 1, "durability: 'forever' is none of"),
        ("summary: a\nsummary: b", 2, "summary: given twice"),
        ("- summary", 1, "the contract: expected keys and values"),
        ("summary: [", 1, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("summary: !!python/object:os.system x", 1, "summary: expected text"),
        ("? [a]\n: b", 1, "unknown key"),
        ("limits: &a\n  max_memory: *a", 1, "max_memory: expected a whole number, not map"),
    ],
)
def test_refused(path: Path, text: str, line: int, named: str) -> None:
    path.write_text(text)
    with pytest.raises(PackError) as error:
        load_contract(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert named in str(error.value)


def test_unreadable(path: Path) -> None:
    with pytest.raises(PackError, match="cannot be read: No such file"):
        load_contract(path)
    path.write_bytes(b"summary: \xff")
    with pytest.raises(PackError, match="not UTF-8"):
        load_contract(path)
    path.write_bytes(b"summary: \x00")
    with pytest.raises(PackError, match="not YAML"):
        load_contract(path)
    path.write_text("[" * 2_000)
    with pytest.raises(PackError, match="not YAML"):
        load_contract(path)

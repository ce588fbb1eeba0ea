"""`interlock pack` and `interlock inspect`, as a module's author meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interlock_host.cli.inspect import inspect
from interlock_host.cli.pack import pack
from interlock_host.pack import read_packed
from tests.host.wat import compiled

PROTO = """
syntax = "proto3";
package acme.test.v1;
import "interlock/v1/options.proto";
import "google/protobuf/empty.proto";

service TestService {
  rpc Do(DoRequest) returns (google.protobuf.Empty);
}

message DoRequest {
  string instance = 1 [(interlock.v1.rules) = {required: true, format: FORMAT_NAME}];
}
"""


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody who has compiled a module; the working directory."""
    proto = tmp_path / "protos" / "acme" / "test" / "v1" / "test.proto"
    proto.parent.mkdir(parents=True)
    proto.write_text(PROTO)
    (tmp_path / "test.wasm").write_bytes(compiled())
    (tmp_path / "contract.yaml").write_text(
        "summary: A test\nlimits:\n  max_memory: 1048576\ndurability: async\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, proto: str = "protos/acme/test/v1/test.proto") -> Result:
    return CliRunner().invoke(pack, ["test.wasm", "--proto", proto, "-o", "out.wasm", *arguments])


def failure(*arguments: str, **options: str) -> str:
    result = run(*arguments, **options)
    assert result.exit_code == 1, result.output
    assert not Path("out.wasm").exists()
    return result.output


def test_pack(author: Path) -> None:
    result = run("--contract", "contract.yaml")
    assert result.exit_code == 0, result.output
    said = read_packed((author / "out.wasm").read_bytes())
    assert said.digest in result.output and "acme.test.v1.TestService, 1 methods" in result.output
    assert said.contract.limits.max_memory == 1 << 20


def test_root_found_by_package(author: Path) -> None:
    """Names in the descriptors are import paths, whether or not the author names the root."""
    assert run().exit_code == 0
    without = (author / "out.wasm").read_bytes()
    assert run("--proto-path", "protos").exit_code == 0
    assert (author / "out.wasm").read_bytes() == without
    assert read_packed(without).service.file.name == "acme/test/v1/test.proto"
    assert str(author).encode() not in without


def test_proto_outside_of_its_package(author: Path) -> None:
    (author / "other.proto").write_text(PROTO)
    assert run(proto="other.proto").exit_code == 0


def test_in_place(author: Path) -> None:
    run()
    once = (author / "out.wasm").read_bytes()
    arguments = ["out.wasm", "--proto", "protos/acme/test/v1/test.proto", "-o", "out.wasm"]
    assert CliRunner().invoke(pack, arguments).exit_code == 0
    assert (author / "out.wasm").read_bytes() == once


def test_proto_does_not_compile(author: Path) -> None:
    (author / "bad.proto").write_text('syntax = "proto3"; message {')
    assert "bad.proto:1:28: Expected message name." in failure(proto="bad.proto")


def test_bad_module(author: Path) -> None:
    (author / "test.wasm").write_bytes(compiled(method=""))
    assert failure() == "Error: test.wasm: export Do is missing; its type is (i64, i32, i64) -> ()\n"


def test_bad_contract(author: Path) -> None:
    (author / "contract.yaml").write_text("durable: yes\n")
    assert "Error: contract.yaml:1: unknown key 'durable'" in failure("--contract", "contract.yaml")


def test_out_cannot_be_written(author: Path) -> None:
    (author / "taken").touch()
    assert "taken/out.wasm: cannot be written: File exists" in failure("-o", "taken/out.wasm")


def test_usage(author: Path) -> None:
    assert CliRunner().invoke(pack, ["test.wasm", "-o", "out.wasm"]).exit_code == 2
    assert run(proto="absent.proto").exit_code == 2


def test_inspect_json(author: Path) -> None:
    run("--contract", "contract.yaml")
    facts = json.loads(CliRunner().invoke(inspect, ["out.wasm", "--output", "json"]).stdout)
    assert facts["service"] == "acme.test.v1.TestService"
    assert facts["methods"] == [{"name": "Do", "kind": "unary"}]
    assert (facts["durability"], facts["summary"]) == ("async", "A test")
    assert (facts["limits"]["max_memory"], facts["limits"]["entry_budget_ms"]) == (1 << 20, 10)
    assert facts["memory"] == {"initial_bytes": 65536, "maximum_bytes": None}
    assert facts["bytes"] == 8 + sum(section["bytes"] for section in facts["sections"])


def test_inspect_text(author: Path) -> None:
    run("--contract", "contract.yaml")
    text = CliRunner().invoke(inspect, ["out.wasm"]).stdout
    assert "service     acme.test.v1.TestService\n" in text
    assert "methods     Do                      unary\n" in text
    assert read_packed((author / "out.wasm").read_bytes()).digest in text


def test_inspect_unpacked(author: Path) -> None:
    result = CliRunner().invoke(inspect, ["test.wasm"])
    assert result.exit_code == 1
    assert result.output == "Error: test.wasm: not packed: run `interlock pack` on the compiled file first\n"

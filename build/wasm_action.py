"""What the rules of wasm.bzl run: builds one module from the files it is given, or validates one.

Bazel says where everything is, relative to the working folder. A module gets
the bytes that modules.py gives it: the same flags, the same order of sources.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from atomics import EXPECTED, check_atomics
from descriptors import compile_descriptors
from interlock_host.pack import load_contract, pack, read_packed
from modules import FEATURES, compile_sources, validate

# Beside this file's folder, under the name that Bazel gave: links are not followed out of its sandbox.
PROTOS = Path(__file__).parent.parent / "protos"


def build(name: str, sources: list[str], contract_file: Path, proto: Path) -> bytes:
    contract = load_contract(contract_file)
    with tempfile.TemporaryDirectory() as scratch:
        out, cache = Path(scratch) / "compiled.wasm", Path(scratch) / "zig"
        compiled = compile_sources(sorted(sources), Path(), out, cache, FEATURES)
    check_atomics(compiled, (*EXPECTED.get(name, ()), *contract.direct))
    descriptors = compile_descriptors(proto, contract.package, PROTOS)
    return pack(compiled, descriptors, contract)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build")
    builder.add_argument("--name", required=True)
    builder.add_argument("--contract", type=Path, required=True)
    builder.add_argument("--proto", type=Path, required=True)
    builder.add_argument("--out", type=Path, required=True)
    builder.add_argument("sources", nargs="+")
    validator = commands.add_parser("validate")
    validator.add_argument("module", type=Path)
    given = parser.parse_args()
    if given.command == "build":
        given.out.write_bytes(build(given.name, given.sources, given.contract, given.proto))
    else:
        wasm = given.module.read_bytes()
        read_packed(wasm)
        validate(wasm, strict=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

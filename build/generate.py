"""Writes all generated code: protobuf Python classes, the C codec of each module, the demo's stubs.

    python build/generate.py             into the source tree
    python build/generate.py --check     into a scratch folder, compared with the source tree

What is generated lives in places of its own (`OUTPUTS`), is committed, and is
never edited. The stubs of the demo's Go and TypeScript clients need Go and Node.js;
without them they are left, and not compared.
"""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from codec import Unsupported, load_unit, write_unit
from generate_go import OUTPUT as GO_OUTPUT
from generate_go import generate_go, has_go
from generate_typescript import OUTPUT as TYPESCRIPT_OUTPUT
from generate_typescript import generate_typescript, has_node

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
MODULES = ROOT / "wasm_modules"
OUTPUTS = (
    "bindings/python/interlock/**/*_pb2.py",
    "bindings/python/interlock/**/*_pb2.pyi",
    "wasm_modules/gen/*",
    "wasm_modules/*/gen/*",
    *([GO_OUTPUT] if has_go() else []),
    *([TYPESCRIPT_OUTPUT] if has_node() else []),
)
# What all modules share, and the host reads: one unit of C for all of them.
SHARED = ["interlock/v1/contract.proto", "interlock/v1/error.proto"]


def proto_files() -> list[str]:
    """The project's protos, as protoc names them: relative, with slashes, sorted."""
    return sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.rglob("*.proto"))


def run_protoc(*arguments: str, include: tuple[Path, ...] = (PROTOS,)) -> None:
    folders = [*include, Path(str(files("grpc_tools") / "_proto"))]
    status = protoc.main(["protoc", *(f"-I{folder}" for folder in folders), *arguments])
    if status != 0:
        raise SystemExit(f"protoc failed with status {status}")


def descriptor_set(names: list[str], *include: Path) -> FileDescriptorSet:
    """The descriptors of these protos and of all that they import, imports first.

    `include` are the folders to find them in, where that is not protos/.
    """
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "set.binpb"
        run_protoc(f"--descriptor_set_out={out}", "--include_imports", *names, include=include or (PROTOS,))
        return FileDescriptorSet.FromString(out.read_bytes())


def generate_python(root: Path) -> None:
    out = root / "bindings" / "python"
    out.mkdir(parents=True, exist_ok=True)
    run_protoc(f"--python_out={out}", f"--pyi_out={out}", *proto_files())


def module_protos() -> dict[str, str]:
    """The proto of each module that is written in C here, by the module's name."""
    protos = {name.split("/")[1]: name for name in proto_files() if name.count("/") == 3}
    return {module: name for module, name in protos.items() if (MODULES / module).is_dir()}


def generate_c(root: Path) -> None:
    descriptors = descriptor_set(proto_files())
    out = root / "wasm_modules"
    write_c(out / "gen", write_unit(load_unit(descriptors, SHARED, "interlock"), "../runtime", "."))
    for module, name in module_protos().items():
        unit = load_unit(descriptors, [name], module)
        write_c(out / module / "gen", write_unit(unit, "../../runtime", "../../gen"))


def write_c(folder: Path, sources: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def generate(root: Path) -> None:
    generate_python(root)
    generate_c(root)
    generate_stubs(root)


def generate_stubs(root: Path) -> None:
    if has_go():
        generate_go(root, run_protoc)
    else:
        print("without Go: the stubs in demo/go/gen are left as they are", file=sys.stderr)
    if has_node():
        generate_typescript(root, run_protoc, PROTOS)
    else:
        print("without Node.js: the stubs in demo/typescript/gen are left as they are", file=sys.stderr)


def generated_files(root: Path) -> dict[str, bytes]:
    """All generated files under a root, by their path from it."""
    found = (path for pattern in OUTPUTS for path in root.glob(pattern))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def differences(committed: dict[str, bytes], fresh: dict[str, bytes]) -> list[str]:
    """One line for each generated file that is not as it would be generated now."""
    lines = [f"missing: {name}" for name in fresh.keys() - committed.keys()]
    lines += [f"not generated any more: {name}" for name in committed.keys() - fresh.keys()]
    both = committed.keys() & fresh.keys()
    lines += [f"differs: {name}" for name in both if committed[name] != fresh[name]]
    return sorted(lines)


def check() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        lines = differences(generated_files(ROOT), generated_files(Path(scratch)))
    for line in lines:
        print(line, file=sys.stderr)
    if lines:
        print("generated code is stale: run `make generate` and commit the result", file=sys.stderr)
    return 1 if lines else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if parser.parse_args().check:
        return check()
    try:
        generate(ROOT)
    except Unsupported as error:
        raise SystemExit(str(error)) from error
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Compiles a module's proto with the protoc that grpcio-tools carries."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from interlock_host.pack.errors import PackError

_HOST = Path(__file__).resolve().parents[1]
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)


def interlock_protos() -> Path:
    """The folder that holds `interlock/v1/*.proto`: in a wheel beside the host, in a checkout at its root."""
    for folder in (_HOST / "protos", _HOST.parents[1] / "protos"):
        if (folder / "interlock" / "v1" / "options.proto").is_file():
            return folder
    raise PackError("the protos of Interlock are not installed: install the package anew")


def compile_proto(proto: Path, proto_paths: Sequence[Path] = ()) -> bytes:
    """A serialised FileDescriptorSet of `proto` and its imports, the file itself last.

    Without a path that holds it, the root is read off its package: `acme.gate.v1` lies in `acme/gate/v1`.
    """
    if find_spec("grpc_tools") is None:
        raise PackError("protoc is missing: pip install grpcio-tools")
    proto = proto.resolve()
    roots = [path.resolve() for path in proto_paths]
    if not any(proto.is_relative_to(root) for root in roots):
        roots.append(_root(proto))
    roots.append(interlock_protos())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "descriptors"
        includes = [f"-I{root}" for root in dict.fromkeys(roots)]
        arguments = [*includes, "--include_imports", f"--descriptor_set_out={out}", str(proto)]
        # In a process of its own: protoc writes what it finds straight to standard error.
        command = [sys.executable, "-m", "grpc_tools.protoc", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PackError(f"{proto.name} does not compile:\n{done.stderr.strip()}")
        return out.read_bytes()


def _root(proto: Path) -> Path:
    try:
        found = _PACKAGE.search(proto.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{proto}: cannot be read: {error}") from error
    folders = found.group(1).split(".") if found else []
    if folders and list(proto.parent.parts[-len(folders) :]) == folders:
        return proto.parents[len(folders)]
    return proto.parent

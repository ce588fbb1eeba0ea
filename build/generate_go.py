"""Go stubs for the demo's plain client, from protos/: what any Go program would generate.

The plugins are pinned in demo/go/go.mod as tools, so they come through the Go
client and go.sum like every other module. Without Go nothing is generated.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GO_MODULE = ROOT / "demo" / "go"
IMPORT_PATH = "interlock.dev/demo"
OUTPUT = "demo/go/gen/**/*.pb.go"
PLUGINS = (
    "google.golang.org/protobuf/cmd/protoc-gen-go",
    "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
)
# What the demo calls, and what those import.
PROTOS = (
    "interlock/v1/options.proto",
    "interlock/queue/v1/queue.proto",
    "interlock/counter/v1/counter.proto",
    "interlock/rebalance/v1/rebalance.proto",
)


def has_go() -> bool:
    return shutil.which("go") is not None


def generate_go(root: Path, run_protoc: Callable[..., None]) -> None:
    """Write the stubs under `root`; run_protoc gets protoc's arguments."""
    out = root / "demo" / "go"
    out.mkdir(parents=True, exist_ok=True)
    arguments = [argument for plugin in PLUGINS for argument in _arguments(plugin, out)]
    run_protoc(*arguments, *PROTOS)


def _arguments(plugin: str, out: Path) -> list[str]:
    name = plugin.rpartition("/")[2]
    language = name.removeprefix("protoc-gen-")
    # The protos name a Go module of their own; here they become packages of the demo's.
    mapped = [f"--{language}_opt=M{proto}={_package(proto)}" for proto in PROTOS]
    return [
        f"--plugin={name}={_built(name)}",
        f"--{language}_out={out}",
        f"--{language}_opt=module={IMPORT_PATH}",
        *mapped,
    ]


def _package(proto: str) -> str:
    """interlock/queue/v1/queue.proto -> interlock.dev/demo/gen/interlock/queue/v1;queuev1"""
    folder = proto.rpartition("/")[0]
    *_, module, version = folder.split("/")
    return f"{IMPORT_PATH}/gen/{folder};{module}{version}"


def _built(tool: str) -> str:
    """The path of a plugin, built by Go in its own cache."""
    found = subprocess.run(
        ["go", "tool", "-n", tool], cwd=GO_MODULE, check=True, capture_output=True, text=True
    )
    return found.stdout.strip()

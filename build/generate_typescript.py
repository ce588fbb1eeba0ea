"""TypeScript stubs for the demo's plain client, from protos/: what any program with grpc-js would generate.

The generator, ts-proto, is pinned in demo/typescript/package-lock.json. Without
Node.js nothing is generated.
"""

import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "demo" / "typescript"
OUTPUT = "demo/typescript/gen/**/*.ts"
OPTIONS = (
    "outputServices=grpc-js",
    "forceLong=bigint",  # a receipt and a counter have 64 bits, a number 53
    "outputClientImpl=false",
    "env=node",
    "importSuffix=.js",
    "outputJsonMethods=false",
    "emitImportedFiles=false",
    "exportCommonSymbols=false",
)
# What the demo calls, and how a refusal tells its reason.
PROTOS = (
    "interlock/queue/v1/queue.proto",
    "interlock/counter/v1/counter.proto",
    "interlock/rebalance/v1/rebalance.proto",
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
    "google/protobuf/any.proto",
    "google/protobuf/duration.proto",
)


def has_node() -> bool:
    return shutil.which("node") is not None and shutil.which("npm") is not None


def generate_typescript(root: Path, run_protoc: Callable[..., None], protos: Path) -> None:
    """Write the stubs under `root`; run_protoc gets protoc's arguments, and where protos are."""
    install()
    out = root / "demo" / "typescript" / "gen"
    out.mkdir(parents=True, exist_ok=True)
    run_protoc(
        f"--plugin=protoc-gen-ts_proto={PACKAGE / 'node_modules/.bin/protoc-gen-ts_proto'}",
        f"--ts_proto_out={out}",
        *(f"--ts_proto_opt={option}" for option in OPTIONS),
        *PROTOS,
        include=(protos, Path(str(files("google.rpc") / "status.proto")).parents[2]),
    )


def install() -> None:
    """Fetch what package-lock.json pins, unless it is here: npm keeps a copy of what it installed."""
    lock, installed = PACKAGE / "package-lock.json", PACKAGE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent"], cwd=PACKAGE, stdin=subprocess.DEVNULL, check=True)

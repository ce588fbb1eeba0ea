"""Hatchling's hook: builds the modules, and puts them and the protos into a wheel."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        sys.path[:0] = [str(root / folder) for folder in ("build", "host", "bindings/python")]
        from modules import build_all, module_names  # noqa: PLC0415  only importable now

        build_all(module_names())
        if version == "standard":
            build_data["force_include"][str(root / "protos")] = "interlock_host/protos"

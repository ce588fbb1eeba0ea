"""Documents whose blocks are tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from tests.docs.console import Console, evaluate

HERE = Path(__file__).parent


def _enter(namespace: dict[str, Any]) -> None:
    folder = tempfile.TemporaryDirectory()
    namespace["folder"] = folder
    namespace["console"] = Console(Path(folder.name))
    os.chdir(folder.name)


def _leave(namespace: dict[str, Any]) -> None:
    os.chdir(HERE)
    namespace["console"].close()
    namespace["folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser(language="console", evaluator=evaluate)],
    patterns=["README.md"],
    excludes=["*/*/**", "bindings/**", "wasm_modules/**", "demo/**"],
    setup=_enter,
    teardown=_leave,
).pytest()

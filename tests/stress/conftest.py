"""The generators of wire bytes stand beside the codec's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "wasm_modules"))

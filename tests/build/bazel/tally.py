"""Says what the module that came with it serves, and how often each word was given."""

import os
import sys
from collections import Counter
from pathlib import Path

from interlock_host.pack import read_packed

passed_over = Path(__file__).with_name("passed_over.txt").read_text().split()
for path in sorted(Path(os.environ["WASM_MODULES"]).glob("*.wasm")):
    print(read_packed(path.read_bytes()).service.full_name)
for word, count in sorted(Counter(sys.argv[1:]).items()):
    if word not in passed_over:
        print(word, count)

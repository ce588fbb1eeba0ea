"""The command line: one file a command."""

import os

# grpc reads it when it is imported, which the commands do. What it says below an error, they say better.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

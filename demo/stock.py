"""The consumers made of stubs generated from protos/, in the languages that this machine has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from demo import go_client, typescript_client
from demo.failure import ClientMissing, DemoFailed

EACH = 2
"""Consumers of a language."""


def build_stock(console: Console, folder: Path, required: bool) -> dict[str, list[str]]:
    """Build the stock consumers, and say what is left out.

    Args:
        console: Where it is said.
        folder: For what is built; lasts as long as the consumers.
        required: Whether a missing language is a failure.

    Returns:
        The command of each consumer by its name.

    Raises:
        DemoFailed: A language is required, and missing.
    """
    builders: dict[str, tuple[str, Callable[[], list[str]]]] = {
        "go": ("Go", lambda: go_client.build_consumer(folder)),
        "ts": ("TypeScript", lambda: typescript_client.build_consumer(console.print)),
    }
    commands: dict[str, list[str]] = {}
    for prefix, (language, build) in builders.items():
        try:
            with console.status(f"building the {language} consumer (the first time takes up to a minute)"):
                command = build()
        except ClientMissing as missing:
            if required:
                raise DemoFailed(str(missing)) from missing
            console.print(f"[bold yellow]Left out: the {language} consumers.[/] {missing}.")
            continue
        commands |= {f"{prefix}-{number}": command for number in range(1, EACH + 1)}
    return commands

"""How one value of the configuration is read: typed, as a TOML file has it, or text, as the environment does.

Each function returns the value as `HostConfig` holds it, or raises a ValueError that says what
is wrong with it; where it stands is for the caller to say.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DAY = 86_400.0
_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def text(value: Any) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    if not value:
        raise ValueError("it is empty")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts; in one text, commas part them."""
    return tuple(map(text, _items(value, ",")))


def path(value: Any) -> Path:
    """Read a path; `~` is a home folder."""
    try:
        return Path(value if isinstance(value, Path) else text(value)).expanduser()
    except RuntimeError:
        raise ValueError(f"{str(value)!r} begins with the home folder of nobody") from None


def paths(value: Any) -> tuple[Path, ...]:
    """Read a list of paths; in one text, colons part them."""
    return tuple(map(path, _items(value, os.pathsep)))


def _items(value: Any, separator: str) -> Any:
    if isinstance(value, str):
        return value.split(separator)
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a text, nor a list of texts")
    return value


def whole(value: Any) -> int:
    """Read a whole number from 0."""
    try:
        number = None if isinstance(value, bool | float) else int(value)
    except (TypeError, ValueError):
        number = None
    if number is None:
        raise ValueError(f"{value!r} is not a whole number")
    if number < 0:
        raise ValueError(f"{number} is below 0")
    return number


def at_least_one(value: Any) -> int:
    """Read a whole number from 1."""
    number = whole(value)
    if number < 1:
        raise ValueError(f"{number} is below 1")
    return number


def seconds(value: Any) -> float:
    """Read a number of seconds, up to a day."""
    try:
        number = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None:
        raise ValueError(f"{value!r} is not a number of seconds")
    if not 0 <= number <= _DAY:
        raise ValueError(f"{number} is not within 0 and {_DAY:,.0f} seconds")
    return number


def flag(value: Any) -> bool:
    """Read a yes or a no."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in _TRUTH:
        raise ValueError(f"{value!r} is not true or false")
    return _TRUTH[value]


def one_of(*choices: str) -> Callable[[Any], str]:
    """Return what reads one of these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
        return str(value)

    return read

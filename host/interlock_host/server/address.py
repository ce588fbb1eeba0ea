"""Where a host listens, and where a client finds it."""

from __future__ import annotations

import dataclasses
import ipaddress
import warnings
from pathlib import Path

import platformdirs

from interlock_host.config import DEFAULT_PORT, ConfigError

_LONGEST_PATH = 107
"""Bytes that fit `sun_path` of a Unix socket's address."""


@dataclasses.dataclass(frozen=True)
class Address:
    """A Unix socket's path, or a host and a port."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def private(self) -> bool:
        """Whether only this machine can reach it."""
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, `unix:PATH`, `unix:///PATH` or `grpc://HOST:PORT`.

    Raises:
        ConfigError: It is none of these.
    """
    if text.startswith("unix:"):
        return _unix(text.removeprefix("unix:"), text)
    host, colon, port = text.removeprefix("grpc://").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or int(port) > 65_535:
        raise ConfigError(f"{text!r} is not an address; write HOST:PORT or unix:PATH")
    return Address(host=host, port=int(port))


def _unix(path: str, text: str) -> Address:
    if path.startswith("//"):
        path = path.removeprefix("//")
        if not path.startswith("/"):
            raise ConfigError(f"{text!r}: a URL names an absolute path, as in unix:///run/interlock.sock")
    if not path:
        raise ConfigError(f"{text!r} names no path")
    absolute = Path(path).expanduser().absolute()
    if len(str(absolute).encode()) > _LONGEST_PATH:
        raise ConfigError(f"{text!r}: a Unix socket's path has at most {_LONGEST_PATH} bytes")
    return Address(path=absolute)


def default_socket() -> Address:
    """Return the user's own socket, under the runtime directory."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it is a folder under /tmp, of which platformdirs warns: a host
        # checks who may write there before it takes a path.
        warnings.simplefilter("ignore")
        folder = platformdirs.user_runtime_dir("interlock")
    return Address(path=Path(folder) / "interlock.sock")


def default_addresses() -> tuple[Address, ...]:
    """Return where a host listens that was told nothing: the user's socket, and loopback."""
    return (default_socket(), Address(host="127.0.0.1", port=DEFAULT_PORT))
